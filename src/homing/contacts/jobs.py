"""Many operations on contacts as one job: the same chunks, journal and resume as an import, in the order in which they came."""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any, NamedTuple

from homing.contacts.checking import Checker, Finding
from homing.contacts.objects import Objects
from homing.contacts.options import Options
from homing.contacts.work import Work
from homing.model.errors import HomingError
from homing.model.imports import State
from homing.store import batch_ops
from homing.store.chunks import ChunkResult
from homing.store.database import Transaction
from homing.store.import_work import Step
from homing.store.imports import Import
from homing.store.matching import Candidate, Remark

OPERATIONS = ("upsert", "update", "remove", "addToList", "removeFromList")
_OWN = frozenset({"op", "contact", "list", "id"})


class Operation(NamedTuple):
    """One of them, understood: whom it concerns (`row`, or the contact's `uid`) and the list it names."""

    number: int
    op: str
    list_name: str
    row: Candidate
    uid: str


class BatchWork(Work):
    """Works a job off. Its source is `{"operations": [...]}`; nothing is compared before it is done."""

    def _check(self) -> None:
        total = self._read_options("operations")
        self._checked({"total": total, "valid": total, "checked": True})

    def _apply(self) -> None:
        size = self._options.chunk_for(int(self._of.found["valid"]))
        with self._folder.source.open("rb") as file:
            numbered = enumerate(Objects(file, ("operations",)), 1)
            rest = islice(numbered, self._of.cursor, None)
            while chunk := list(islice(rest, size)):
                self._operate(chunk)
        self._of = self._keep_on(lambda: self._work.finish(self._of))

    def _operate(self, chunk: list[tuple[int, Any]]) -> None:
        step = Step(self._of.chunks + 1, self._of.cursor + len(chunk))
        told = self._due()

        def write() -> Import:
            if self._endurance.uncertain and self._work.done(step.seq):
                return self._work.look()
            return self._work.step(step, len(chunk), _doing(self._of, chunk, self._options), told=told)

        self._of = self._keep_on(write)
        if self._of.state is State.RUNNING:
            self._note("writing", rows=self._of.cursor)


def _doing(of: Import, chunk: list[tuple[int, Any]], options: Options) -> Callable[[Transaction, int], ChunkResult]:
    def act(tx: Transaction, now: int) -> ChunkResult:
        refused: list[Remark] = []
        results = []
        understood = list(_understand(chunk, options, refused))
        for (op, list_name), group in groupby(understood, key=lambda each: (each.op, each.list_name)):
            listed = list(group)
            rows, uids = [each.row for each in listed], {each.number: each.uid for each in listed if each.uid}
            results.append(batch_ops.do(tx, of, batch_ops.Group(op, list_name, rows, uids, options.by), now))
        return ChunkResult(
            created=sum(each.created for each in results),
            updated=sum(each.updated for each in results),
            unchanged=sum(each.unchanged for each in results),
            refused=(*refused, *(remark for each in results for remark in each.refused)),
            warned=tuple(remark for each in results for remark in each.warned),
        )

    return act


def _understand(chunk: list[tuple[int, Any]], options: Options, refused: list[Remark]) -> Iterator[Operation]:
    checker = Checker(options)
    for number, given in chunk:
        found = _one(number, given, checker)
        if isinstance(found, Operation):
            yield found
        else:
            refused.append(Remark(number, found.type, found.field or "op", found.value[:80]))


def _one(number: int, given: Any, checker: Checker) -> Operation | Finding:
    if not isinstance(given, Mapping) or given.get("op") not in OPERATIONS:
        named = given.get("op") if isinstance(given, Mapping) else given
        return Finding(number, "unknown_operation", "op", str(named)[:80])
    list_name = given.get("list")
    if given["op"].endswith("List") and not (isinstance(list_name, str) and list_name.strip()):
        return Finding(number, "missing", "list")
    about = given.get("contact")
    fields = about if isinstance(about, Mapping) else {key: value for key, value in given.items() if key not in _OWN}
    uid = given.get("id") or (about if isinstance(about, str) else None) or ""
    if uid and given["op"] not in ("upsert", "update"):
        return Operation(
            number, given["op"], str(list_name or "").strip(), Candidate(number, None, None, "", "{}"), str(uid)
        )
    checker.refused.clear()
    try:
        row = checker.check_object(number, fields)
    except HomingError as error:
        return Finding(number, error.code)
    if row is None:
        return checker.refused[-1]
    return Operation(number, given["op"], str(list_name or "").strip(), row, "")
