"""`cortex train`: the head of the classifier from its sentences, or whether it is up to date."""

import os
from pathlib import Path

import click

from cortex.cli import exits
from cortex.cli.processes.lean import frugal
from cortex.errors import Misconfigured
from cortex.settings.loading import load


@click.command("train", short_help="Train the classifier from its sentences.")
@click.option("--output", type=click.Path(path_type=Path), help="Where the head goes.")
@click.option("--check", is_flag=True, help="Write nothing; compare with the head that is there.")
@click.option("--config", type=click.Path(path_type=Path), help="The settings file.")
def train_command(output: Path | None, config: Path | None, *, check: bool) -> int:
    """Train the classifier's head from the labelled sentences that come with Cortex.

    Takes under a minute on one core, and gives the same bytes every time on the same kind of
    processor with the same locked requirements. With --check, exit code 1 says that the head
    that is there is another one.
    """
    settings = load(os.environ, file=config)
    # Before numpy is imported, which reads it: the order of sums depends on the number of threads.
    frugal(os.environ)
    from cortex.fabric.memory.embedding.places import model_folder  # noqa: PLC0415
    from cortex.fabric.reasoning.classifier import head  # noqa: PLC0415
    from cortex.fabric.reasoning.training.building import build  # noqa: PLC0415

    file = output or head.FILE
    _check_place(file)
    chosen = settings.reasoning_classifier.memory.model_folder
    built = build(model_folder(chosen, settings.home))
    for label, count in sorted(built.counts.items()):
        click.echo(f"{label:<28} {count:>4} sentences")
    click.echo()
    for line in built.report:
        click.echo(line)
    click.echo()
    return compared(file, built.content, check=check)


def compared(file: Path, content: bytes, *, check: bool) -> int:
    """Put a head in place, or only tell whether it is there already; return the exit code."""
    there = file.read_bytes() if file.is_file() else b""
    if check:
        same = there == content
        click.echo(f"{file}: {'up to date' if same else 'differs; run `cortex train`'}")
        return exits.DONE if same else exits.FAILED
    _replaced(file, content)
    click.echo(f"{file}: {len(content):,} bytes, {'unchanged' if there == content else 'written'}")
    return exits.DONE


def _check_place(file: Path) -> None:
    """Refuse a place where nothing can be written, before the work is done.

    Raises:
        Misconfigured: its folder is not there.

    """
    if not file.parent.is_dir():
        message = f"there is no folder {str(file.parent)!r}"
        raise Misconfigured(message, setting="--output", hint="make it, or choose another place")


def _replaced(file: Path, content: bytes) -> None:
    """Put a file in place whole, so that whoever has the old one mapped keeps it."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(file)
