"""A storage that refuses writes, as it is told from memory while it cannot be written (L19)."""

from dataclasses import dataclass

TRY_EVERY = 5.0
"""Seconds within which a write is tried again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The storage's own words, since when it refuses, and when a write is tried again at the latest (wall milliseconds)."""

    detail: str
    since: int
    next_at: int

    @property
    def sentence(self) -> str:
        """What happened, what comes next, and what a person can do."""
        return (
            f"Waiting for the storage... {self.detail}. Nothing is sent and nobody is lost meanwhile. "
            f"Free space on the disk (`homing doctor` looks at it); sending goes on by itself, "
            f"a write is tried every {TRY_EVERY:.0f} s"
        )
