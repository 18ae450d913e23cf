"""`cortex lab` and `demo`: Cortex beside a simulated site, until Ctrl-C or the end."""

import os
import shlex
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from cortex.cli import exits
from cortex.fabric.activator.access.tokens import admin_token_file
from cortex.lab import demo
from cortex.lab.homes import lab_home
from cortex.lab.site import Lab, LabOptions, running_lab

_LOOK_S = 0.5
_PATH = click.Path(path_type=Path)


@click.command("lab", short_help="Run Cortex beside a simulated UniFi site.")
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
@click.option("--home", type=_PATH, help="The data folder of the lab.")
def lab_command(home: Path | None, *, cooldown: float, **options: Any) -> int:
    """Run Cortex beside a simulated UniFi site, with writes allowed, until Ctrl-C.

    Nothing outside this machine is touched.
    """
    told = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda _signal, _frame: told.set())
    wanted = LabOptions(
        home=home.absolute() if home else lab_home(os.environ),
        cooldown=timedelta(seconds=cooldown),
        **options,
    )
    with running_lab(wanted, os.environ) as lab:
        _explain(lab, named=home is not None)
        while not told.wait(_LOOK_S):
            if gone := _gone(lab):
                click.echo(f"cortex: {gone} ended by itself; see {lab.home / 'logs'}", err=True)
                return exits.FAILED
    return exits.DONE


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


def _explain(lab: Lab, *, named: bool) -> None:
    ask = f"cortex ask --home {shlex.quote(str(lab.home))}" if named else "cortex ask"
    lines = (
        f"Cortex listens on {lab.activator.url} (process {lab.activator.pid})",
        f"  in front of a simulated UniFi console on {lab.simulator.url}",
        "  writes    allowed; nothing outside this machine is touched",
        f"  token     {admin_token_file(lab.home)}",
        f"  settings  {lab.settings_file}",
        f'  ask it    {ask} "who is online?"',
        f'            {ask} "block the iPad"',
        "  stop it   Ctrl-C",
    )
    for line in lines:
        click.echo(line)


def _gone(lab: Lab) -> str:
    return next((one.name for one in (lab.activator, lab.simulator) if one.ended() is not None), "")
