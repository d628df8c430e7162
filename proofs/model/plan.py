"""What is searched: configurations that must hold, states that they must reach, and known bugs that must be found."""

from dataclasses import dataclass, field

Flags = dict[str, int | str]


@dataclass(frozen=True, slots=True)
class Configuration:
    """One exhaustive search. `witness` must be reachable in it, else the search would prove nothing."""

    name: str
    flags: Flags
    witness: str
    long: bool = False  # left out by --short


@dataclass(frozen=True, slots=True)
class Mutant:
    """A known bug, and the smallest world in which it shows."""

    name: str
    flags: Flags = field(default_factory=dict)

    @property
    def defines(self) -> Flags:
        return {self.name: 1, **self.flags}


CONFIGURATIONS = (
    Configuration(
        "one row, two workers, two kills",
        {"N": 1, "W": 2, "T": 3, "TAKES": 4, "CRASHES": 2},
        "camp == COMPLETED && st[0] == SENT && att[0] == 3 && crashes == 2",
    ),
    Configuration(
        "two rows, two workers, one kill",
        {"N": 2, "W": 2, "TAKES": 3, "CRASHES": 1},
        "camp == COMPLETED && st[0] == UNCERTAIN && st[1] == FAILED && crashes == 1",
    ),
    Configuration(
        "two rows on two lanes",
        {"N": 2, "W": 2, "L": 2, "TAKES": 4, "CRASHES": 1},
        "epoch[0] == 2 && epoch[1] == 2 && camp == COMPLETED && st[0] == SENT && st[1] == SENT",
    ),
    Configuration(
        "three workers",
        {"N": 1, "W": 3, "T": 3, "TAKES": 4, "CRASHES": 1},
        "epoch[0] == 4 && camp == COMPLETED && st[0] == SENT && AT(0, 1) == NOT",
    ),
    Configuration(
        "two rows and a power loss",
        {"N": 2, "W": 2, "TAKES": 3, "POWER": 1},
        "powers == 1 && camp == COMPLETED && st[0] == UNCERTAIN && TOOK(0, 1) && st[1] == SENT && att[1] == 2",
    ),
    Configuration(
        "power loss, kill and a person's decision",
        {"N": 1, "W": 2, "T": 3, "TAKES": 3, "POWER": 1, "CRASHES": 1, "PERSON": 1},
        "powers == 1 && order[0] == 1 && camp == COMPLETED && TOOK(0, 1) && TOOK(0, 2)",
    ),
    Configuration(
        "the database loses power, the workers live",
        {"N": 1, "W": 2, "T": 3, "TAKES": 3, "POWER": 1, "CRASHES": 1, "PERSON": 1, "ALIVE": 1},
        "powers == 1 && camp == COMPLETED && st[0] == SENT && att[0] == 3",
    ),
    Configuration(
        "planner, pause and cancel",
        {"N": 2, "W": 2, "TAKES": 2, "PLANNERS": 1, "PAUSES": 1, "CANCEL": 1},
        "swept && pauses == 1 && !sealed && planned == 1 && st[0] == SENT",
    ),
    Configuration(
        "two planners and cancel",
        {"N": 2, "W": 2, "TAKES": 2, "PLANNERS": 2, "CANCEL": 1},
        "swept && sealed && st[0] == SENT && st[1] == CANCELLED",
        long=True,
    ),
    Configuration(
        "two decisions of a person, pause and cancel",
        {"N": 1, "W": 2, "T": 3, "TAKES": 3, "PERSON": 2, "PAUSES": 1, "CANCEL": 1},
        "persons == 2 && order[0] == 2 && TOOK(0, 1) && TOOK(0, 2) && TOOK(0, 3) && st[0] == SENT",
    ),
    Configuration(
        "a provider with keys, one row",
        {"N": 1, "W": 2, "T": 3, "TAKES": 3, "CRASHES": 1, "CANCEL": 1, "KEYED": 1},
        "camp == COMPLETED && st[0] == SENT && att[0] == 3 && TOOK(0, 1) && TOOK(0, 3)",
    ),
    Configuration(
        "a provider with keys, two rows",
        {"N": 2, "W": 2, "TAKES": 3, "CRASHES": 1, "KEYED": 1},
        "camp == COMPLETED && st[0] == SENT && st[1] == UNCERTAIN && att[1] == 2",
        long=True,
    ),
)

MUTANTS = (
    Mutant("MUT_CHECKPOINT_AT_FETCH"),  # the claim already counts as sent
    Mutant("MUT_TIME_RESCUE"),  # orphans in `sending` are queued again
    Mutant("MUT_LAZY_INTENT", {"POWER": 1}),  # the intent is committed and not flushed
    Mutant("MUT_NO_FENCE", {"T": 3}),  # results are matched by row, not by attempt
    Mutant("MUT_RETRY_TIMEOUT"),  # no reply is treated as not sent
    Mutant("MUT_NO_TAINT", {"PERSON": 1}),  # a row with an uncertain attempt may become `failed`
    Mutant("MUT_NO_TAINT", {"KEYED": 1}),
    Mutant("MUT_OLDER_PROOF_IGNORED", {"PERSON": 1}),  # proof about an older attempt does not stop the resend
    Mutant(
        "MUT_PROOF_FORGOTTEN", {"PERSON": 1}
    ),  # a newer attempt settles without looking at an older one that was proven
    Mutant("MUT_COMPLETE_UNSEALED", {"N": 2, "PLANNERS": 1}),  # open = 0 is enough to complete
    Mutant("MUT_COMPLETE_OPEN"),  # nothing queued is enough to complete
    Mutant("MUT_PLAN_NO_CURSOR", {"N": 2, "PLANNERS": 2}),  # a planner does not compare the cursor that it read
    Mutant("MUT_PLAN_GOES_ON", {"N": 2, "PLANNERS": 1, "CANCEL": 1}),  # a planner does not look at the cancel
    Mutant("MUT_CANCEL_REQUEUES", {"CANCEL": 1}),  # a cancelled campaign queues what was not sent
    Mutant("MUT_CANCEL_TAINTED", {"CANCEL": 1, "PERSON": 1}),  # the cancel hides a row that may have arrived
    Mutant("MUT_NO_GATE", {"PAUSES": 1}),  # the intent does not look at the campaign
    Mutant("MUT_NO_REOPEN", {"PERSON": 1}),  # a row is queued in a completed campaign
    Mutant("MUT_LAZY_CLAIM", {"POWER": 1, "ALIVE": 1}),  # an attempt number is handed out twice to living workers
)
