"""Uploads in parts: what is said to be safe is safe, whatever is cut, and the sum decides at the end."""

import hashlib

import pytest

from homing.contacts.options import Options
from homing.model.errors import Conflict, Invalid
from homing.model.imports import State
from homing.store.import_undo import ImportUndo
from tests.contacts.bench import Bench
from tests.store.ledger import Saboteur

CONTENT = ("phone,name\n" + "".join(f"+9477{n:07},P{n}\n" for n in range(40))).encode()
SUM = hashlib.sha256(CONTENT).hexdigest()


class Cut(Exception):
    """The line is gone."""


def test_a_file_arrives_in_parts_and_is_mapped_checked_and_run(bench: Bench) -> None:
    of, new = bench.intake.upload(bench.asked(), len(CONTENT), SUM, Options())
    assert (new, of.state, of.upload_offset) == (True, State.UPLOADING, 0)
    for at in range(0, len(CONTENT), 100):
        of = bench.intake.imports.get(of.id)
        assert bench.intake.part(of, at, CONTENT[at : at + 100]) == min(at + 100, len(CONTENT))
    of = bench.intake.imports.get(of.id)
    assert of.state is State.MAPPING
    look = bench.intake.look(of)
    assert look is not None
    assert (look["header"], look["encoding"], len(look["rows"])) == (["phone", "name"], "utf-8", 20)
    of = bench.go_on(bench.intake.map(of, Options(chunk=7)))
    assert (of.stage, of.found["would"]["created"]) == ("checked", 40)
    of = bench.intake.map(of, Options(default_country="LK"))  # another thought: it is checked anew
    of = bench.go_on(bench.intake.start(of))
    assert (of.state, bench.contacts.count(bench.here)) == (State.COMPLETED, 40)


@pytest.mark.parametrize("point", ["import.part.begin", "import.part.appended"])
def test_a_part_that_is_cut_anywhere_is_sent_again_from_the_durable_offset(
    bench: Bench, saboteur: Saboteur, point: str
) -> None:
    of, _ = bench.intake.upload(bench.asked(), len(CONTENT), SUM, Options())
    for at in range(0, len(CONTENT), max(1, len(CONTENT) // 10)):
        of = bench.intake.imports.get(of.id)
        saboteur.once(point, Cut())
        with pytest.raises(Cut):
            bench.intake.part(of, of.upload_offset, CONTENT[of.upload_offset :][: len(CONTENT) // 10])
        again = bench.intake.imports.get(of.id)
        assert again.upload_offset == of.upload_offset == at
        if at < len(CONTENT):
            bench.intake.part(again, at, CONTENT[at:][: len(CONTENT) // 10])
    of = bench.intake.imports.get(of.id)
    assert of.state is State.MAPPING
    assert bench.intake.folder(of).source.read_bytes() == CONTENT


def test_the_same_file_goes_on_where_it_is_and_a_wrong_offset_moves_nothing(bench: Bench) -> None:
    of, _ = bench.intake.upload(bench.asked(), len(CONTENT), SUM, Options())
    bench.intake.part(of, 0, CONTENT[:50])
    same, new = bench.intake.upload(bench.asked(), len(CONTENT), SUM.upper(), Options())
    assert (new, same.id, same.upload_offset) == (False, of.id, 50)
    for offset in (0, 49, 51):
        with pytest.raises(Conflict, match="byte 50"):
            bench.intake.part(same, offset, b"x")
    with pytest.raises(Conflict, match="byte 50"):  # two clients at once, both told of byte 0
        bench.intake.part(of, 0, CONTENT[:50])
    assert bench.intake.folder(of).source.read_bytes() == CONTENT[:50]
    with pytest.raises(Invalid, match="more"):
        bench.intake.part(same, 50, CONTENT)
    assert bench.intake.imports.get(of.id).upload_offset == 50


def test_what_arrived_wrong_is_failed_and_says_so(bench: Bench) -> None:
    of, _ = bench.intake.upload(bench.asked(), len(CONTENT), "0" * 64, Options())
    bench.intake.part(of, 0, CONTENT)
    of = bench.intake.imports.get(of.id)
    assert (of.state, of.reason) == (State.FAILED, "checksum")
    with pytest.raises(Conflict, match="failed: what arrived is not the file"):
        bench.intake.start(of)


def test_a_file_that_is_too_large_is_refused_before_its_first_byte(bench: Bench) -> None:
    for size in (0, (512 << 20) + 1):
        with pytest.raises(Invalid, match="512 MiB"):
            bench.intake.upload(bench.asked(), size, SUM, Options())


def test_an_undo_that_dies_between_two_pages_goes_on(bench: Bench, saboteur: Saboteur) -> None:
    bench.run("phone,name\n" + "".join(f"+9477{n:07},Old\n" for n in range(2_500)))
    of = bench.go_on(bench.begin("phone,name\n" + "".join(f"+9477{n:07},New\n" for n in range(3_000))))
    undo = ImportUndo(bench.database)
    of = undo.begin(of, "tester")
    for _ in range(2):
        undo.page(of.id)
        saboteur.once("import.undo.page", Cut())
        with pytest.raises(Cut):
            undo.page(of.id)
    after = undo.run(bench.intake.imports.get(of.id))
    assert after.undo is not None
    assert [after.undo[name] for name in ("restored", "removed", "kept")] == [2_500, 500, 0]
    assert {name for _, _, name, _ in bench.everybody()} == {"Old"}
