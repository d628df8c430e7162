"""`homing inbox`: a mail server that keeps everything, for trying things out."""

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.output import Json, print_json, say
from homing.model.errors import Conflict, Invalid
from homing.model.intent import parse_share

if TYPE_CHECKING:
    from homing.inbox import Inbox

app = typer.Typer()
CHAOS = "Chaos"


@app.callback()
def trying() -> None:
    """Trying things out."""


@app.command()
def inbox(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    smtp_port: Annotated[int, typer.Option("--smtp-port", metavar="N", help="For mail; 0: any free one.")] = 2525,
    http_port: Annotated[int, typer.Option("--http-port", metavar="N", help="For the page; 0: any free one.")] = 8025,
    expose: Annotated[
        bool, typer.Option("--expose", help="Allow an address that others reach: they can read every mail.")
    ] = False,
    keep: Annotated[int, typer.Option("--keep", metavar="N", min=1, help="Messages that the page shows.")] = 5000,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", help="Write a line for each message before it is answered."),
    ] = None,
    refuse: Annotated[
        str | None, typer.Option("--refuse", metavar="SHARE", help="Refuse that share, like 5%.", rich_help_panel=CHAOS)
    ] = None,
    code: Annotated[
        int | None, typer.Option("--code", metavar="N", help="With this code (550).", rich_help_panel=CHAOS)
    ] = None,
    at_dot: Annotated[
        bool, typer.Option("--at-dot", help="At the end of the message, not at RCPT.", rich_help_panel=CHAOS)
    ] = False,
    drop: Annotated[
        str | None,
        typer.Option("--drop", metavar="SHARE", help="Accept it, then cut before the reply.", rich_help_panel=CHAOS),
    ] = None,
    greylist: Annotated[
        str | None,
        typer.Option("--greylist", metavar="SHARE", help="450 at the first try of an address.", rich_help_panel=CHAOS),
    ] = None,
    delay: Annotated[
        str | None,
        typer.Option("--delay", metavar="TIME", help="Before each reply, like 200ms.", rich_help_panel=CHAOS),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the built-in catch-all mail server and its page, until Ctrl-C. It delivers nothing to anybody.

    The Chaos switches can be thrown on the page, too, while it runs.
    """
    from homing.inbox import serve
    from homing.model.pacing import parse_duration

    shares = {"refuse": refuse, "drop": drop, "greylist": greylist}
    given: dict[str, Any] = {name: parse_share(text) for name, text in shares.items() if text is not None}
    if code is not None:
        given["code"] = code
    if delay is not None:
        given["delay_ms"] = int(parse_duration(delay) * 1000)
    chaos = _chaos({**given, "at_dot": at_dot})
    for port, flag in ((smtp_port, "--smtp-port"), (http_port, "--http-port")):
        if not 0 <= port <= 65_535:
            raise Invalid(f"{flag}: {port} is no port; 0 to 65535")
    try:
        serve(
            lambda opened: _tell(opened, as_json=as_json),
            host=host, smtp_port=smtp_port, http_port=http_port, expose=expose, keep=keep, record=record, chaos=chaos,
        )  # fmt: skip
    except OSError as error:
        raise Conflict(_why(error, host)) from error


def _chaos(switches: dict[str, Any]) -> Any:
    from homing.inbox import Chaos

    return Chaos().changed(switches)


def _tell(opened: "Inbox", *, as_json: bool) -> None:
    where = f"[{opened.host}]" if ":" in opened.host else opened.host
    if as_json:
        print_json({"smtp": f"{where}:{opened.smtp_port}", "page": opened.url})
        return
    say(f"mail goes to   {where}:{opened.smtp_port}   (no TLS; any user and password are right)")
    say(f"the page is at {opened.url}")
    say("Ctrl-C ends it; what arrived is then gone")


def _why(error: OSError, host: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return "somebody listens on this port already; choose others with --smtp-port and --http-port (0: any free one)"
    return f"the inbox cannot listen on {host}: {error.strerror or error}"
