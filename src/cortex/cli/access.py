"""`cortex tokens` and `cortex writes`: who may ask, and whether anything may be changed.

Both work on the data folder directly, so that they also work when the activator does not answer;
a running one notices at once.
"""

import contextlib
import difflib
import getpass
import os
import shlex
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from cortex.cli import render
from cortex.cli.connection import Address, connect, home_option, own_home
from cortex.cli.pasting import pasted
from cortex.errors import Conflict, CortexError, Unavailable
from cortex.fabric.activator.access import kill_switch, tokens
from cortex.fabric.activator.access.principal import SCOPES
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.messages.grants import WRITES_STOPPED
from cortex.settings import homes
from cortex.settings.loading import load, prepare_home


@click.group("tokens", short_help="Create, list, rotate and revoke tokens.")
def tokens_command() -> None:
    """Create, list, rotate and revoke the tokens that let programs ask."""


_TARGET = (
    "Only this MAC or id, or the name of anything but a client (a client chooses its own name); "
    "repeatable."
)


def _known_tools(
    _context: click.Context, option: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse a tool that there is not: a token limited to it could never be used."""
    for name in names:
        if name not in TOOLS:
            near = difflib.get_close_matches(name, TOOLS, n=3, cutoff=0.4)
            cure = f"near are {', '.join(near)}" if near else pasted("`cortex tools` lists them")
            message = f"there is no tool {name!r}; {cure}"
            raise click.BadParameter(message, param=option)
    return names


@tokens_command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=("read",),
    show_default=True,
    help="What it may do; repeat for several.",
)
@click.option(
    "--tool",
    "tools",
    multiple=True,
    callback=_known_tools,
    help="Only this tool; repeat for several.",
)
@click.option("--target", "targets", multiple=True, help=_TARGET)
@home_option
def create_command(
    name: str, *, scopes: tuple[str, ...], tools: tuple[str, ...], targets: tuple[str, ...],
    home: Path | None,
) -> None:  # fmt: skip
    """Create a token and print its secret, once."""
    place = own_home(home)
    prepare_home(place)
    with _in_words(place):
        secret = tokens.create(
            place, name, scopes=scopes, now=time.time(), tools=tools, targets=targets
        )
    click.echo("keep it in a file of mode 600; it is not shown again:", err=True)
    click.echo(secret)


@tokens_command.command("list")
@home_option
def list_command(home: Path | None) -> None:
    """List the tokens, without their secrets."""
    columns = [(key, key) for key in ("name", "scopes", "tools", "targets", "created", "revoked")]
    rows = (
        {"name": one.name, "scopes": one.scopes, "tools": one.tools or "all",
         "targets": one.targets or "all", "created": _day(one.created),
         "revoked": _day(one.revoked) if one.revoked else ""}
        for one in tokens.listed(own_home(home))
    )  # fmt: skip
    render.show_table(columns, rows)


@tokens_command.command("rotate")
@click.argument("name")
@home_option
def rotate_command(name: str, home: Path | None) -> None:
    """Give a token a new secret; the old one is void at once.

    For admin, the token that this command line uses, also when it was revoked or lost.
    """
    place = own_home(home)
    prepare_home(place)
    with _in_words(place):
        secret = tokens.rotate(place, name, now=time.time())
    click.echo(secret)


@tokens_command.command("revoke")
@click.argument("name")
@click.option("--force", is_flag=True, help="Also the one that this command line itself uses.")
@home_option
def revoke_command(name: str, *, force: bool, home: Path | None) -> None:
    """Make a token void at once."""
    place = own_home(home)
    prepare_home(place)
    if tokens.is_owners(place, name) and not force:
        message = f"{name!r} is the token that this command line uses itself"
        hint = f"`cortex tokens rotate {name}` makes the old secret void; --force revokes it"
        raise Conflict(message, hint=hint)
    with _in_words(place):
        tokens.revoke(place, name, now=time.time())
    click.echo(f"{name} is void")


@contextlib.contextmanager
def _in_words(home: Path) -> Iterator[None]:
    """Say in words that the tokens cannot be changed.

    Raises:
        Unavailable: there is no room for it, or no right to.

    """
    try:
        yield
    except OSError as error:
        file = str(error.filename or home / "tokens.json")
        message = f"nothing was changed: {file!r} cannot be written: {error.strerror}"
        hint = (
            "make room on its disk; `cortex writes stop` keeps every token from changing anything"
        )
        raise Unavailable(message, hint=hint) from error


@click.group("writes", short_help="Stop all changes to the network, or allow them again.")
def writes_command() -> None:
    """Stop all changes to the network at once, or allow them again."""


@writes_command.command("stop", short_help="Stop every write that has not left yet.")
@home_option
def stop_command(home: Path | None) -> None:
    """Stop every write that has not left for the controller yet, also one already confirmed.

    What has left goes on, and is read back as usual. Questions and dry runs are still answered.
    """
    place = own_home(home)
    prepare_home(place)
    try:
        kill_switch.stop_writes(place, by=getpass.getuser())
    except OSError as error:
        message = f"writes are NOT stopped: {str(place)!r} takes no file: {error.strerror}"
        switch = shlex.quote(str(place / WRITES_STOPPED))
        hint = f"`touch {switch}` does the same and needs no room; else end Cortex itself"
        raise CortexError(message, hint=hint) from error
    lifts = pasted("`cortex writes allow` lifts it")
    click.echo(f"writes are stopped on {place}: no further one leaves; {lifts}")


@writes_command.command("allow")
@home_option
def allow_command(home: Path | None) -> None:
    """Lift the stop. Whether writes are on at all stays a setting: `activator.writes`."""
    place = own_home(home)
    kill_switch.allow_writes(place)
    click.echo(f"the stop is lifted on {place}")


@writes_command.command("status", short_help="Tell whether anything may be written.")
@home_option
def status_command(home: Path | None) -> None:
    """Tell whether writes are stopped, and whether the settings allow them."""
    place = own_home(home)
    stopped = kill_switch.writes_stopped(place)
    click.echo(
        f"kill switch on {place}: {'pulled, no further write leaves' if stopped else 'not pulled'}"
    )
    if homes.running(place):
        with connect(Address(home=place)) as client:
            because = client.get("/v1/writes").get("reason") or "nothing stands in the way"
        click.echo(f"the one that runs: {render.lines(str(because))}")
    else:
        allowed = load(os.environ).activator.writes
        said = "true" if allowed else "false (read-only)"
        click.echo(f"none runs; activator.writes in the settings: {said}")


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
