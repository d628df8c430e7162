#!/bin/sh
# Builds the page unless it is current. Node comes from a pinned wheel into VENV/node; no Node of the system is asked.
# usage: ui.sh VENV; UI_BUILD=skip leaves it out. Packages out of reach are no failure: Homing then has its status page only.
set -eu
venv=$1
python=$venv/bin/python

if [ "${UI_BUILD:-}" = skip ]; then
    echo "setup: UI_BUILD=skip, so \`homing serve\` shows its built-in status page"
    exit 0
fi
if "$python" hatch_build.py current; then exit 0; fi
echo "setup: the page (ui/, with Node from requirements/ui.txt)"
sh tools/node.sh "$venv" && "$python" hatch_build.py --node "$venv/node" build && exit 0
echo "setup: the page could not be built: is a package registry for Python and one for npm in reach?" >&2
echo "setup: everything else works; \`homing serve\` shows its built-in status page. Again: make ui. Without asking: UI_BUILD=skip" >&2
[ "${HOMING_REQUIRE_ALL:-}" != 1 ]
