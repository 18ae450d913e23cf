"""`cortex lab` and `demo`: Cortex beside a simulated site, until Ctrl-C or the end.

`lab controller` and `lab device` break a lab that runs, from another terminal.
"""

import contextlib
import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from cortex.cli import exits
from cortex.cli.connection import home_option
from cortex.cli.pasting import completed, option
from cortex.fabric.activator.access.tokens import admin_token_file
from cortex.lab import demo, steering
from cortex.lab.homes import lab_home, refuse_real
from cortex.lab.site import Lab, LabOptions, running_lab
from cortex.lab.steering import Fault, Reach
from cortex.settings.places import HOME

_LOOK_S = 0.5
_PATH = click.Path(path_type=Path)
_ASK, _ORDER = 'cortex ask "who is online?"', 'cortex ask "block the iPad"'


@click.group(
    "lab", invoke_without_command=True, short_help="Run Cortex beside a simulated UniFi site."
)
@click.option("--seed", default=1, show_default=True, help="Which site to simulate.")
@click.option("--clients", default=60, show_default=True, help="Clients on it, up to 5000.")
@click.option("--port", default=0, show_default=True, help="Cortex's port; 0 takes any free one.")
@click.option("--simulator-port", default=0, show_default=True, help="The simulator's port.")
@click.option(
    "--speed", default=20.0, show_default=True, help="How many times faster than life restarts run."
)
@click.option(
    "--cooldown",
    default=300.0,
    show_default=True,
    help="Seconds until an idle layer goes to sleep.",
)
@option("--home", type=_PATH, help="The data folder of the lab.")
@click.pass_context
def lab_command(
    context: click.Context, /, home: Path | None, *, cooldown: float, **options: Any
) -> int:
    """Run Cortex beside a simulated UniFi site, with writes allowed, until Ctrl-C.

    Nothing outside this machine is touched. Its devices answer over SSH as well; `controller` and
    `device` break it from another terminal.
    """
    context.obj = home
    if context.invoked_subcommand is not None:
        return exits.DONE
    told = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda _signal, _frame: told.set())
    wanted = LabOptions(
        home=_place(home),
        cooldown=timedelta(seconds=cooldown),
        **options,
    )
    refuse_real(wanted.home)
    with running_lab(wanted, os.environ) as lab:
        _explain(lab)
        while not told.wait(_LOOK_S):
            if gone := _gone(lab):
                click.echo(f"cortex: {gone} ended by itself; see {lab.home / 'logs'}", err=True)
                return exits.FAILED
    return exits.DONE


@lab_command.command("controller", short_help="Take the simulated controller down, or up.")
@click.argument("reach", type=click.Choice(steering.REACHES))
@home_option
@click.pass_obj
def controller_command(named: Path | None, reach: Reach, home: Path | None) -> None:
    """Take the simulated controller of a running lab down and up again; its devices live on.

    `down` refuses connections, `silent` takes them and never answers, `up` answers again.
    """
    with _steered(home or named) as lab:
        lab.controller(reach)
    said = {
        "up": "answers again",
        "down": "refuses connections; its devices live on",
        "silent": "takes connections and says nothing; its devices live on",
    }
    click.echo(f"the simulated controller {said[reach]}")


@lab_command.command("device", short_help="Let a simulated device misbehave over SSH.")
@click.argument("name")
@click.option(
    "--fault",
    required=True,
    type=click.Choice(steering.FAULTS),
    help="Another host key, three seconds of silence, a shut port, commands that do not end.",
)
@home_option
@click.pass_obj
def device_command(named: Path | None, name: str, *, fault: Fault, home: Path | None) -> None:
    """Let a device of a running lab, by name or MAC, misbehave over SSH; `none` ends it.

    Connections that are open already stay as they are.
    """
    with _steered(home or named) as lab:
        called = lab.fault(name, fault)
    said = "misbehaves no more" if fault == "none" else f"has the fault {fault!r} from now on"
    click.echo(f"{called} {said}")


def _steered(home: Path | None) -> "contextlib.closing[steering.Steering]":
    return contextlib.closing(steering.of_lab(_place(home)))


def _place(home: Path | None) -> Path:
    """Name the folder of the lab: the given one, that of the environment, or its usual one."""
    named = home or os.environ.get(HOME)
    return Path(named).absolute() if named else lab_home(os.environ)


@click.command("demo", short_help="Watch Cortex work on a simulated site, in under a minute.")
@click.option("--seed", default=1, show_default=True, help="Which site to simulate.")
def demo_command(seed: int) -> int:
    """Watch Cortex work on a simulated site, and check every answer against what is true.

    Leaves nothing behind. Exit code 0 when everything was as expected.
    """
    # Its children and its folder go with it, whoever ends it.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(128 + signal.SIGTERM))
    tally = demo.run(seed, os.environ, click.echo)
    right = tally.total - len(tally.wrong)
    click.echo("")
    for one in tally.wrong:
        click.echo(f"not as expected: {one}")
    click.echo(f"demo: {right} of {tally.total} as expected")
    return exits.FAILED if tally.wrong else exits.DONE


def _explain(lab: Lab) -> None:
    lines = (
        f"Cortex listens on {lab.activator.url} (process {lab.activator.pid})",
        f"  in front of a simulated UniFi console on {lab.simulator.url}",
        "  writes    allowed; nothing outside this machine is touched",
        f"  token     {admin_token_file(lab.home)}",
        f"  settings  {lab.settings_file}",
        f"  ask it    {completed(_ASK)}",
        f"            {completed(_ORDER)}",
        f"  break it  {completed('cortex lab controller down')}",
        "  stop it   Ctrl-C",
    )
    for line in lines:
        click.echo(line)


def _gone(lab: Lab) -> str:
    return next((one.name for one in (lab.activator, lab.simulator) if one.ended() is not None), "")
