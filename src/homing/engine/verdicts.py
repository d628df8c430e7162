"""From an outcome to the news that the ledger is told."""

from homing.engine.tray import Held, Stage
from homing.model.delivery import State, judge
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Unclear
from homing.model.patience import Patience
from homing.store.settlement import Settlement
from homing.world import World


def settlement(held: Held, outcome: Outcome, world: World, patience: Patience) -> Settlement:
    """Judges what came of a held row, if it was not accepted."""
    row = held.row
    now = world.clock.now()
    verdict = judge(
        outcome,
        tries=row.tries,
        first_tried=row.first_tried_at,
        now=now,
        patience=patience,
        fraction=world.chance.fraction(),
    )
    return Settlement(
        row.seq,
        row.attempt,
        verdict.state,
        told(outcome, intended=held.stage in (Stage.INTENDING, Stage.GOING)),
        verdict.reason,
        verdict.words.code,
        verdict.words.text,
        verdict.provider_id,
        now + int(verdict.due_in * 1000) if verdict.due_in else 0,
        verdict.charged,
        isinstance(outcome, NotSent) and outcome.blame is not Blame.SENDER,
        verdict.counted,
        held.line.live.channel if verdict.suppress else None,
    )


def unmade(held: Held, reason: str, variable: str) -> Settlement:
    """The news of a message that could not be rendered: this recipient's failure, and nobody else's."""
    missing = reason == "missing_variable"
    state = State.SKIPPED if missing else State.FAILED
    word = reason if missing else f"render:{reason}"
    return Settlement(held.row.seq, held.row.attempt, state, None, word, words=variable, counted=False)


def told(outcome: Outcome, *, intended: bool) -> str | None:
    """The word for the attempt's own row; None when nothing of it was ever handed over."""
    match outcome:
        case Accepted():
            return "accepted"
        case Refused():
            return "refused"
        case Unclear():
            return "uncertain"
        case NotSent(blame=Blame.SENDER):
            return "withdrawn" if intended else None
        case NotSent():
            return "deferred"
