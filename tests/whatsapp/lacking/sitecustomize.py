"""Loaded by every Python process of a test that has this folder in PYTHONPATH: to it, the client library is not installed."""

import sys


class NotInstalled:
    """Finds nothing under the library's name."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "neonize":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return


sys.meta_path.insert(0, NotInstalled())
