"""When a recurring campaign is due: a cron expression, read in a zone (daylight saving as Debian's cron has it)."""

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from homing.model.intent import parse_zone, wrong


def next_due(expression: str, zone: str, after: int) -> int:
    """The first moment later than `after`; both wall milliseconds. Raises Invalid for what is no expression or never comes."""
    here = datetime.fromtimestamp(after / 1000, UTC).astimezone(parse_zone(zone))
    try:
        found = next(CronSim(expression, here))
    except (CronSimError, StopIteration) as error:
        raise wrong(
            "/cron", f"'{expression[:80]}' is no time that comes; write five fields like '0 9 * * 1' (Mondays at 9)"
        ) from error
    return int(found.timestamp() * 1000)
