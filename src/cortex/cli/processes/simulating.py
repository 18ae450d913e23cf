"""`cortex simulate`: a simulated system on its own, for tests of other programs too.

The options are those of the simulator, one to one, with its own help texts.
"""

import contextlib
import dataclasses
import signal
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click

from cortex.cli import exits
from cortex.cli.processes.serving import leave_with_parent
from cortex.errors import Misconfigured
from cortex.simulators.qdrant import options as qdrant
from cortex.simulators.qdrant.serve import serve as serve_qdrant
from cortex.simulators.unifi import options as unifi
from cortex.simulators.unifi.serve import serve as serve_unifi

_Command = Callable[..., Any]
_HINT_PORT = "choose another --port, or 0 for any free one"


@click.group("simulate", short_help="Run a simulated system on its own.")
def simulate_command() -> None:
    """Run a simulated system on its own, without Cortex in front of it."""


def _with_options(kind: type[Any], texts: Mapping[str, str]) -> Callable[[_Command], _Command]:
    def decorate(command: _Command) -> _Command:
        kinds = typing.get_type_hints(kind)
        for one in reversed(dataclasses.fields(kind)):
            command = _option(one, kinds[one.name], texts[one.name])(command)
        return command

    return decorate


def _option(
    field: "dataclasses.Field[Any]", kind: Any, text: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    name = "--" + field.name.replace("_", "-")
    # Also the password and the key: without them nobody could log in to a console of no secrets.
    shown = field.default is not None
    if kind is bool:
        both = f"{name}/--no-{name.removeprefix('--')}"
        return click.option(both, default=field.default, show_default=True, help=text)
    return click.option(
        name, type=_click_type(kind), default=field.default, show_default=shown, help=text
    )


def _click_type(kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    return click.Path(path_type=Path) if kind == Path | None else kind


_parent_pipe = click.option(
    "--parent-pipe", is_flag=True, help="Leave when standard input reaches its end."
)


@simulate_command.command("unifi")
@_parent_pipe
@_with_options(unifi.SimulatorOptions, unifi.help_texts())
def unifi_command(*, parent_pipe: bool, **options: Any) -> None:
    """Run a simulated UniFi console.

    Log in with --username and --password, or send --api-key as X-API-KEY.

    It serves the official integration API, the private v2 API and the legacy API over HTTPS on
    loopback, and under /_sim a control plane to look into its world and to break it.
    """
    with _running(options["port"], parent_pipe=parent_pipe):
        serve_unifi(unifi.SimulatorOptions(**options))


@simulate_command.command("qdrant")
@_parent_pipe
@_with_options(qdrant.QdrantOptions, qdrant.help_texts())
def qdrant_command(*, parent_pipe: bool, **options: Any) -> None:
    """Run a simulated Qdrant server.

    It serves the part of Qdrant's REST interface that keeps collections and points, over HTTP on
    loopback. It holds everything in memory and forgets it when it ends.
    """
    with _running(options["port"], parent_pipe=parent_pipe):
        serve_qdrant(qdrant.QdrantOptions(**options))


@contextlib.contextmanager
def _running(port: int, *, parent_pipe: bool) -> Iterator[None]:
    """Leave cleanly when told to, and say what is wrong with the options."""
    # uvicorn raises the signal once more when it is done; by then, leave cleanly.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(exits.DONE))
    if parent_pipe:
        leave_with_parent(partial(signal.raise_signal, signal.SIGTERM))
    try:
        yield
    except (unifi.OptionError, qdrant.OptionError) as error:
        raise Misconfigured(str(error), setting=error.option, source="the command line") from error
    except OSError as error:
        message = f"cannot listen on port {port}: {error.strerror or error}"
        raise Misconfigured(message, setting="port", hint=_HINT_PORT) from error
