"""What the figures have to reach, in one table."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """`figure` has to be at least, or at most, `bound`."""

    figure: str
    words: str
    bound: float
    least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.least else value <= self.bound

    @property
    def told(self) -> str:
        return f"{self.words} {'>=' if self.least else '<='} {self.bound:g}"


SPINE = (
    Target("ratio", "x smtp-source", 0.5, least=True),
    # 130 us of CPU where smtp-source costs 40-45 us; a slower machine makes both dear, so their ratio is what is held.
    Target("cpu_ratio", "x its CPU", 3.0),
    Target("peak_mb", "peak MB", 150),
)
WATCH = (
    Target("kept", "of the unwatched rate", 0.8, least=True),
    Target("server_mb", "peak MB of the server", 400),
    Target("consistent_s", "s after a restart until all are consistent", 10),
    Target("chains_broken", "broken chains", 0),
)
POSTGRESQL = (
    Target("ratio", "x smtp-source", 0.5, least=True),
    Target("cpu_ratio", "x smtp-source's CPU", 4),  # 160 us in workers and database where smtp-source costs 40
)
IDLE = (Target("idle_cpu", "idle CPU %", 0.5), Target("idle_transactions", "idle transactions/s", 10))
MEMORY = (Target("peak_mb", "peak MB", 150),)


def missed(targets: tuple[Target, ...], figures: Mapping[str, float]) -> list[str]:
    """One line for each target that the figures do not reach."""
    return [f"{t.told}, not {figures[t.figure]:g}" for t in targets if not t.holds(figures[t.figure])]


def owed(mode: str, figures: Mapping[str, float]) -> tuple[Target, ...]:
    """What a row of this mode's figures has to reach. On PostgreSQL: the one that idles, and one worker alone."""
    if mode == "postgresql":
        return IDLE if "idle_cpu" in figures else POSTGRESQL if figures.get("workers") == 1 else ()
    return {"spine": SPINE, "memory": MEMORY}.get(mode, ())
