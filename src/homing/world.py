"""The only door to time, dice and sabotage: Clock, Chance and Faults, swapped as values in tests."""

import random
import time
from dataclasses import dataclass, field
from typing import Protocol

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)


class Clock(Protocol):
    """Two clocks. Wall time is for people and schedules; uptime is for leases and deadlines."""

    def now(self) -> int:
        """Wall time: milliseconds since 1970-01-01 UTC. May jump."""
        ...

    def uptime(self) -> float:
        """Seconds since boot, suspend included (CLOCK_BOOTTIME). Never jumps back within one boot."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def uptime(self) -> float:
        return time.clock_gettime(_BOOTTIME) if _BOOTTIME is not None else time.monotonic()


class Chance(Protocol):
    """Dice: back-off jitter and pacing ask here, so a test can load them."""

    def fraction(self) -> float:
        """A number in [0, 1)."""
        ...


class SystemChance:
    """Fair dice."""

    def __init__(self) -> None:
        self._random = random.Random()

    def fraction(self) -> float:
        return self._random.random()


class Faults(Protocol):
    """Sabotage: code names the point that it reaches; a test's object may kill, stall or raise there."""

    def reach(self, point: str) -> None: ...


class NoFaults:
    """What production runs: reaching a point does nothing, and nothing in the environment can change that."""

    def reach(self, point: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a loop may ask of its surroundings."""

    clock: Clock = field(default_factory=SystemClock)
    chance: Chance = field(default_factory=SystemChance)
    faults: Faults = field(default_factory=NoFaults)
