"""Peak memory of the worker by the size of the audience. `python -m bench memory`, `python -m bench.memory`."""

import sys

from bench.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["memory", *sys.argv[1:]]))
