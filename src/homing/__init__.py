"""Homing: bulk messages that get through, and the proof of what happened to each."""

__version__ = "0.1.0"
