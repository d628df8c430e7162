"""The frame of every command: which module holds it, the options that all have, and what an error means as an exit code.

Exit codes: 0 done; 1 the answer is "no"; 2 wrong use; 3 not found or not possible in this state; 4 database or server out
of reach; 5 it failed; 130 interrupted.
"""

import importlib
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, Exit, TyperException
from typer.main import get_group

from homing.cli.output import say
from homing.model.errors import Conflict, HomingError, Invalid, Misconfigured, NotFound, Unreachable

if TYPE_CHECKING:
    from homing.app import House
    from homing.settings import Settings

NO, WRONG_USE, IMPOSSIBLE, OUT_OF_REACH, FAILED = 1, 2, 3, 4, 5

GROUPS = {
    "config": "configuration",
    "contacts": "contacts",
    "dkim": "dkim",
    "doctor": "doctor",
    "imports": "imports",
    "form": "forms",
    "list": "lists",
    "recurring": "recurring",
    "segment": "segments",
    "sender": "senders",
    "suppressions": "suppressions",
    "token": "tokens",
    "uncertain": "uncertain",
    "user": "users",
    "webhook": "webhooks",
    "workspace": "workspaces",
}
"""Commands with commands of their own, and the module whose `app` they are."""

COMMANDS = {
    "approve": "deciding",
    "audit": "watching",
    "backup": "carrying",
    "cancel": "deciding",
    "copy": "carrying",
    "demo": "demo",
    "drill": "drill",
    "export": "watching",
    "finish": "deciding",
    "importer": "importer",
    "inbox": "inbox",
    "lint": "linting",
    "migrate": "installation",
    "mode": "deciding",
    "pause": "deciding",
    "report": "reporting",
    "restore": "carrying",
    "resume": "deciding",
    "retry": "deciding",
    "send": "sending",
    "serve": "serve",
    "status": "watching",
    "tail": "watching",
    "try-out": "sending",
    "worker": "worker",
}
"""Single commands, and the module whose `app` has them."""

_given: ContextVar[dict[str, str]] = ContextVar("given")


def _keep(name: str) -> Callable[[str | None], str | None]:
    def keep(value: str | None) -> str | None:
        if value is not None:
            _given.get()[name] = value
        return value

    return keep


_shared = typer.Typer()


@_shared.callback()
def _options(
    data: str | None = typer.Option(
        None, "--data", metavar="DIR", callback=_keep("data"), rich_help_panel="Installation",
        help="The data folder (HOMING_DATA).",
    ),
    database: str | None = typer.Option(
        None, "--database", metavar="URL", callback=_keep("database"), rich_help_panel="Installation",
        help="The database (HOMING_DATABASE).",
    ),
    workspace: str | None = typer.Option(
        None, "--workspace", metavar="W", callback=_keep("workspace"), rich_help_panel="Installation",
        help="The business profile (HOMING_WORKSPACE).",
    ),
) -> None:  # fmt: skip
    """What every command takes, before or after its own name."""


@_shared.command(hidden=True)
def nothing() -> None:
    """Makes a group of it."""


def _share_options(command: Any) -> Any:
    """Gives the shared options to a command and to everything below it."""
    if isinstance(command, TyperGroup):
        for below in command.commands.values():
            _share_options(below)
    if not isinstance(command, TyperGroup) or command.invoke_without_command:
        taken = {name for param in command.params for name in param.opts}
        for param in get_group(_shared).params:
            param.expose_value = False
            if not taken & set(param.opts):
                command.params.append(param)
    return command


class Frame(TyperGroup):
    """Loads a command's module when the command is asked for, and turns errors into exit codes."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted([*GROUPS, *COMMANDS])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            module = GROUPS.get(cmd_name) or COMMANDS.get(cmd_name)
            if module is None:
                return None
            group = get_group(importlib.import_module(f"homing.cli.{module}").app)
            command = group if cmd_name in GROUPS else group.commands[cmd_name]
            command.name = cmd_name
            self.commands[cmd_name] = _share_options(command)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        self.get_command(ctx, args[0])
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        _given.set({})
        return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except HomingError as error:
            tell(error)
            raise typer.Exit(code_of(error)) from error
        except (TyperException, Exit, Abort, EOFError, BrokenPipeError):
            raise
        except UnicodeEncodeError as error:
            say("homing: a value has bytes in it that are no UTF-8; write it in UTF-8")
            raise typer.Exit(WRONG_USE) from error
        except Exception as error:
            _tell_bug(error)
            raise typer.Exit(FAILED) from error


def _tell_bug(error: Exception) -> None:
    """Its text may quote addresses, so only its kind and place are told unless the whole was asked for."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""
    say(f"homing: it failed: {type(error).__name__}{place}; HOMING_LOG=debug shows more")
    if _asked_for_more():
        traceback.print_exception(error)


def _asked_for_more() -> bool:
    try:
        return read_settings().log == "debug"
    except HomingError:
        return False


def code_of(error: HomingError) -> int:
    """The exit code of an error that a caller can cause."""
    match error:
        case Invalid():
            return WRONG_USE
        case NotFound() | Conflict():
            return IMPOSSIBLE
        case Unreachable():
            return OUT_OF_REACH
        case Misconfigured():
            return WRONG_USE if error.code == "setting" else IMPOSSIBLE
        case _:
            return FAILED


def tell(error: HomingError) -> None:
    """The error for a person, each fault on its own line."""
    faults = error.faults if isinstance(error, Invalid) else ()
    details = [fault.detail for fault in faults]
    if len(details) < 2 or "; ".join(details) not in error.detail:
        details = [error.detail, *(detail for detail in details if detail not in error.detail)]
    for line in details:
        say(f"homing: {line}")


def read_settings(**flags: str | None) -> "Settings":
    """The settings under the shared flags and those of the command itself. Wrong ones end with exit code 2."""
    from homing import settings

    try:
        return settings.load({**_given.get({}), **flags})
    except Misconfigured as error:
        raise Misconfigured(error.detail, code="setting") from error


def open_house(**flags: str | None) -> "House":
    """The installation that this command speaks of; its parts open when asked for."""
    from homing.app import House

    return House(read_settings(**flags))


app = typer.Typer(
    cls=Frame,
    name="homing",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from homing import __version__

        print(f"homing {__version__}")
        raise typer.Exit


@app.callback()
def homing(
    version: bool = typer.Option(False, "--version", "-V", callback=_version, is_eager=True, help="Print the version."),
    data: str | None = typer.Option(None, "--data", metavar="DIR", callback=_keep("data"), help="The data folder."),
    database: str | None = typer.Option(
        None, "--database", metavar="URL", callback=_keep("database"), help="The database."
    ),
    workspace: str | None = typer.Option(
        None, "--workspace", metavar="W", callback=_keep("workspace"), help="The business profile."
    ),
) -> None:
    """Bulk messages that lose nobody and reach nobody twice, and the proof of what happened to each."""
