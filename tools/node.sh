#!/bin/sh
# Unpacks the pinned wheel with Node into VENV/node, once.
# usage: node.sh VENV
set -eu
venv=$1
wanted=$(cksum <requirements/ui.txt)
[ "$(cat "$venv/node/.stamp" 2>/dev/null)" = "$wanted" ] && exit 0
rm -rf "$venv/node"
"$venv/bin/python" -m pip install --quiet --require-hashes --no-deps --target "$venv/node" -r requirements/ui.txt
printf '%s\n' "$wanted" >"$venv/node/.stamp"
