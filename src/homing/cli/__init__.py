"""The command line: parse, assemble, run, exit code. Start-up is quick because each command loads only its own room."""

import sys


def main() -> None:
    """What the command `homing` runs."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from homing import __version__

        print(f"homing {__version__}")
        return
    from homing.cli.frame import app

    app(prog_name="homing")
