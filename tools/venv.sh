#!/bin/sh
# Makes the virtual environment DIR with a Python >= 3.11, or says clearly what is missing.
# usage: venv.sh DIR [PYTHON]
set -eu
dir=$1 wanted=${2:-}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

if [ -x "$dir/bin/python" ] && new_enough "$dir/bin/python" && "$dir/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi
python=
for name in ${wanted:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if new_enough "$name"; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    found=$("${wanted:-python3}" --version 2>&1 || true)
    echo "Homing needs Python 3.11 or newer; found: ${found:-none}. Install one, or say: make setup PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    echo "$("$python" --version) came without venv. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
fi
echo "setup: $dir with $("$python" --version)"
"$python" -m venv --clear "$dir"
