"""Writes the pages that tell what the code already says: states and commands. `--check` only compares; exit 1: stale."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code; edit the code. -->\n"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(list(heads))]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def drawing(module: object) -> str:
    """The drawing at the top of a module: its docstring without the opening sentence and the closing remark."""
    lines = (module.__doc__ or "").splitlines()[1:]
    return "```\n" + "\n".join(line for line in lines if not line.startswith("MOVES")).strip("\n") + "\n```\n"


def states() -> str:
    """Both machines: drawing, states, and who may write what."""
    from homing.model import campaign, delivery

    moves: dict[tuple[str, str], list[str]] = {}
    for actor, pairs in delivery.MOVES.items():
        for old, new in pairs:
            moves.setdefault((str(old or "(audience)"), str(new)), []).append(str(actor))
    order = {str(state): place for place, state in enumerate(delivery.State)}
    rows = sorted(moves.items(), key=lambda item: (order.get(item[0][0], -1), order[item[0][1]]))
    rescuable = [reason for reason in campaign.PauseReason if reason in campaign.RESCUABLE]
    after = {old: ", ".join(state for state in campaign.State if state in new) for old, new in campaign.MOVES.items()}
    parts = [
        NOTE,
        "# States\n",
        "What the ledger may hold, and who may write what over what. The same data make the checks of the database.\n",
        "## A delivery\n",
        drawing(delivery),
        f"Open (not decided yet): {', '.join(state for state in delivery.State if state in delivery.OPEN)}.",
        f"Counted as sent: {', '.join(state for state in delivery.State if state in delivery.ACCEPTED)}.\n",
        table(("from", "to", "who may"), ((old, new, ", ".join(sorted(who))) for (old, new), who in rows)),
        "In a cancelled campaign every move to `queued` is a move to `cancelled` instead.\n",
        f"Reasons of `skipped`: {quoted(delivery.SkipReason)}.\n",
        "## A campaign\n",
        drawing(campaign),
        table(("from", "to"), ((str(old), states or "nothing") for old, states in after.items())),
        f"Reasons of `paused`: {quoted(campaign.PauseReason)}.",
        f"Of these `homing resume --stuck` and the cron route resume {quoted(rescuable)}.",
        "A campaign in `too_many_failures` whose last results leave nothing open is `completed`: nothing is left to stop.\n",
        f"Activities while `sending`: {quoted(campaign.Activity)}.\n",
    ]
    return "\n".join(parts)


def quoted(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def commands() -> str:
    """Every command with its options, from the command line's own help."""
    import typer

    from homing.cli.frame import app

    root = typer.main.get_command(app)
    with root.make_context("homing", [], resilient_parsing=True) as context:
        parts = [NOTE, "# Commands\n", "`homing COMMAND --help` says the same.\n", *walk(root, context, "homing")]
    return "\n".join(parts)


def walk(command: Any, context: Any, path: str) -> list[str]:
    """A section for each command that does something, depth first."""
    if not hasattr(command, "list_commands"):
        return [section(command, path)]
    own = [section(command, path)] if command.invoke_without_command else []
    children = [(name, command.get_command(context, name)) for name in sorted(command.list_commands(context))]
    return own + [
        part
        for name, child in children
        if child and not child.hidden
        for part in walk(child, context, f"{path} {name}")
    ]


def section(command: Any, path: str) -> str:
    text = " ".join((command.help or "").split("\f")[0].split("\n\n")[0].split())
    rows = [
        (names_of(param), " ".join((getattr(param, "help", None) or "").split()).replace("|", "\\|"))
        for param in command.params
        if not getattr(param, "hidden", False) and param.name not in ("help", "install_completion", "show_completion")
    ]
    return f"## {path}\n\n{text}\n" + (f"\n{table(('argument', 'meaning'), rows)}" if rows else "")


def names_of(param: Any) -> str:
    if not param.opts[0].startswith("-"):
        return f"`{param.name.upper()}`"
    return ", ".join(f"`{name}`" for name in [*param.opts, *param.secondary_opts])


def description() -> str:
    """The API as OpenAPI, as it serves it itself."""
    from homing.api.server import build

    return json.dumps(build(None).openapi(), indent=1, ensure_ascii=False) + "\n"


def routes() -> str:
    """Every route with what it does, from the same description."""
    from homing.api.server import build

    rows: dict[str, list[tuple[str, str]]] = {}
    for path, methods in build(None).openapi()["paths"].items():
        for method, operation in methods.items():
            words = " ".join(operation["description"].split()).replace("|", "\\|")
            rows.setdefault(operation["tags"][0], []).append((f"`{method.upper()} {path}`", words))
    parts = [
        NOTE,
        "# HTTP API\n",
        "The base is `/api/v1`; bodies and answers are JSON; `Authorization: Bearer hm_...`. On loopback, while no token exists,",
        "the person at this machine needs none. Each route with its fields can be tried at `/api/docs`; the whole description is",
        "[openapi.json](openapi.json).\n",
        "- Errors are `application/problem+json` (RFC 9457) with `code` and, for wrong values, `errors` by JSON pointer.",
        "- `Idempotency-Key` on a POST: the same key and body get the first answer (`Idempotency-Replayed: true`) for 7 days;",
        "  another body is 422, a first request still in flight 409.",
        "- Lists take `limit` and `cursor`; `next` of a page is the cursor of the one after it, null at the end.",
        "- A campaign's `ETag` changes by people's acts, not by progress; `If-Match` with an old one is 412.",
        "- Scopes of tokens: `read`; `write` (contacts, lists, suppressions, drafts); `send` (start, pause, decide); `admin`",
        "  (senders, tokens, workspaces). A body has at most 1 MB.",
        "- `POST /api/whatsapp/campaigns/{id}/send` and `GET /api/cron/resume-campaigns` are the founding documents'",
        "  addresses of the same routes.\n",
    ]
    for tag, listed in sorted(rows.items()):
        parts += [f"## {tag}\n", table(("route", "does"), listed)]
    return "\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "states.md": states,
    "cli.md": commands,
    "api.md": routes,
    "openapi.json": description,
}


def main() -> int:
    stale = []
    for name, write in PAGES.items():
        text = write()
        page = REFERENCE / name
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv:
            stale.append(name)
        else:
            page.write_text(text, encoding="utf-8")
            print(f"docs/reference/{name}")
    if stale:
        print(f"stale: {', '.join(stale)}; run: make docs", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
