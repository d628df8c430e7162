#!/bin/sh
# Runs pytest for a selection that may be empty: pytest's 5 ("nothing collected") is no failure here, but is said.
# usage: pytest_some.sh PYTHON [PYTEST OPTION...]
python=$1
shift
"$python" -m pytest "$@"
code=$?
if [ "$code" -eq 5 ]; then
    echo "no test is marked so yet"
    exit 0
fi
exit "$code"
