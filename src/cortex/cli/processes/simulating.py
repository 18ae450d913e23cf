"""`cortex simulate`: a simulated system on its own, for tests of other programs too.

The options are those of the simulator, one to one, with its own help texts.
"""

import dataclasses
import signal
import sys
import typing
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click

from cortex.cli import exits
from cortex.cli.processes.serving import leave_with_parent
from cortex.errors import Misconfigured
from cortex.simulators.unifi.options import OptionError, SimulatorOptions, help_texts
from cortex.simulators.unifi.serve import serve


@click.group("simulate", short_help="Run a simulated system on its own.")
def simulate_command() -> None:
    """Run a simulated system on its own, without Cortex in front of it."""


def _with_simulator_options(command: Callable[..., Any]) -> Callable[..., Any]:
    texts = help_texts()
    kinds = typing.get_type_hints(SimulatorOptions)
    for one in reversed(dataclasses.fields(SimulatorOptions)):
        command = _option(one, kinds[one.name], texts[one.name])(command)
    return command


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


@simulate_command.command("unifi")
@click.option("--parent-pipe", is_flag=True, help="Leave when standard input reaches its end.")
@_with_simulator_options
def unifi_command(*, parent_pipe: bool, **options: Any) -> None:
    """Run a simulated UniFi console.

    Log in with --username and --password, or send --api-key as X-API-KEY.

    It serves the official integration API, the private v2 API and the legacy API over HTTPS on
    loopback, and under /_sim a control plane to look into its world and to break it.
    """
    # uvicorn raises the signal once more when it is done; by then, leave cleanly.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(exits.DONE))
    if parent_pipe:
        leave_with_parent(partial(signal.raise_signal, signal.SIGTERM))
    try:
        serve(SimulatorOptions(**options))
    except OptionError as error:
        raise Misconfigured(str(error), setting=error.option, source="the command line") from error
    except OSError as error:
        message = f"cannot listen on port {options['port']}: {error.strerror or error}"
        hint = "choose another --port, or 0 for any free one"
        raise Misconfigured(message, setting="port", hint=hint) from error
