"""`cortex up`: the activator in the foreground, for a controller of your own."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from cortex.cli.pasting import completed, means_home, option
from cortex.cli.processes import serving
from cortex.cli.processes.logs import configure_logs
from cortex.errors import Misconfigured
from cortex.fabric.activator.access.tokens import admin_token_file
from cortex.settings import homes
from cortex.settings.loading import Settings, load, prepare_home

_PATH = click.Path(path_type=Path)
_ASK = 'cortex ask "who is online?"'


@click.command("up", short_help="Run Cortex for your own controller.")
@option("--config", type=_PATH, help="The settings file.")
@option("--home", type=_PATH, help="The data folder, instead of the settings'.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes any free one.")
@click.option("--allow-writes", is_flag=True, help="Let the network be changed, this time.")
def up_command(
    config: Path | None, home: Path | None, *, port: int | None, allow_writes: bool
) -> None:
    """Run Cortex for your own controller, in the foreground.

    Read-only unless the settings say `activator.writes: true` or --allow-writes is given.
    `cortex doctor` checks the settings first.
    """
    environ = dict(os.environ)
    if home is not None:
        environ["CORTEX_HOME"] = str(home.absolute())
    settings = load(environ, file=config)
    if not settings.execution_api.controller.url:
        message = "controller.url is not set: there is no network to ask"
        hint = "set it (docs/running.md), or try `cortex lab` without any hardware"
        raise Misconfigured(message, setting="controller.url", hint=hint)
    chosen = replace(
        settings.activator,
        writes=settings.activator.writes or allow_writes,
        port=settings.activator.port if port is None else port,
    )
    settings = replace(settings, activator=chosen)
    prepare_home(settings.home)
    homes.refuse_second(settings.home)
    if config is not None:
        means_home(settings.home)
    configure_logs("cortex-activator", file=_log_file(settings.home))

    def announce(url: str) -> None:
        _welcome(settings, url)

    serving.serve(
        serving.ACTIVATOR, chosen, home=settings.home, announce=announce, parent_pipe=False
    )


def _log_file(home: Path) -> Path | None:
    """Keep the log out of a terminal; a service's goes to its journal."""
    return home / "logs" / "cortex-activator.log" if sys.stderr.isatty() else None


def _welcome(settings: Settings, url: str) -> None:
    chosen, controller = settings.activator, settings.execution_api.controller
    writes = "allowed" if chosen.writes else "off (read-only); --allow-writes allows them"
    lines = (
        f"Cortex listens on {url} for {controller.url}",
        f"  writes    {writes}",
        f"  token     {admin_token_file(settings.home)}",
        f"  home      {settings.home}",
        f"  ask it    {completed(_ASK)}",
        "  stop it   Ctrl-C",
    )
    for line in lines:
        click.echo(line)
