"""`cortex notify`: try whether people would be reached."""

import asyncio
import os
from pathlib import Path

import click

from cortex.agents.master.notices import Notice
from cortex.agents.master.notifying import Notifier
from cortex.cli import exits
from cortex.errors import Misconfigured
from cortex.settings.loading import load

_TEST = Notice("test", "test", "Cortex can reach you", "This notice was asked for.")


@click.group("notify", short_help="Try whether people would be reached.")
def notify_command() -> None:
    """Try the addresses that notices go to."""


@notify_command.command("test")
@click.option("--config", type=click.Path(path_type=Path), help="The settings file.")
def test_command(config: Path | None) -> int:
    """Send one notice to every address of notify.urls_file."""
    knobs = load(os.environ, file=config).cortex_master.notify
    if knobs.urls_file is None:
        message = "notify.urls_file: nobody is named who could be told"
        hint = "put one Apprise address a line into a file, chmod 600, and name the file"
        raise Misconfigured(message, setting="notify.urls_file", hint=hint)
    asyncio.run(Notifier(knobs.urls_file).try_each(_TEST))
    click.echo("every address took it")
    if not knobs.kinds:
        click.echo("notify.kinds is empty: nothing else will be told", err=True)
    return exits.DONE
