#!/bin/sh
# Resolves requirements/*.in for every supported platform into hash-pinned *.txt without any index address.
# UV names the uv program; ARGS (e.g. --upgrade, --upgrade-package NAME) are passed on. Local wheel folders are ignored:
# a pin is a hash of the public index.
set -eu
uv=${UV:-uv}
command -v "$uv" >/dev/null 2>&1 || { echo "make pins needs uv; say UV=/path/to/uv" >&2; exit 1; }
cd "$(dirname "$0")/../requirements"
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL UV_FIND_LINKS
for name in run build whatsapp notify ui test audit; do
    (cd .. && "$uv" --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header "$@" "requirements/$name.in" --output-file "requirements/$name.txt")
    echo "requirements/$name.txt"
done
