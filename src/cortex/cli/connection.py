"""Which Cortex a command talks to, and as whom: by option, by environment, or the one that runs."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cortex.cli.pasting import option
from cortex.clients.activator import ActivatorClient
from cortex.errors import Misconfigured, Unreachable
from cortex.fabric.activator.access.tokens import admin_token_file
from cortex.lab.homes import lab_home, lab_settings
from cortex.settings import homes
from cortex.settings.loading import Settings, load
from cortex.settings.places import CONFIG, HOME
from cortex.settings.secret_files import read_secret


@dataclass(frozen=True, slots=True)
class Address:
    """The options that say which Cortex is meant."""

    url: str | None = None
    token_file: Path | None = None
    home: Path | None = None


def address_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which Cortex is meant."""
    path = click.Path(path_type=Path)
    options = (
        option("--url", envvar="CORTEX_URL", help="Its address, if not on this machine."),
        option("--token-file", envvar="CORTEX_TOKEN_FILE", type=path,
               help="The file with the bearer token; with --url."),
        option("--home", type=path, help="The data folder of the one that is meant."),
    )  # fmt: skip
    for each in reversed(options):
        command = each(command)
    return command


def home_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that names a data folder."""
    kind = click.Path(path_type=Path)
    return option("--home", type=kind, help="The data folder, if not the usual one.")(command)


def own_home(home: Path | None) -> Path:
    """Name the data folder that is meant: the given one, or that of the one that runs."""
    if home is not None:
        return home.absolute()
    if found := _alive():
        return found.home
    return load(os.environ).home


def settings_of(home: Path) -> Settings:
    """Read the settings of a data folder: those of its lab, the usual ones, or none.

    Raises:
        Misconfigured: they cannot be used.

    """
    environ = {**os.environ, HOME: str(home)}
    if lab_settings(home).is_file():
        return load(environ, file=lab_settings(home))
    if load(os.environ).home == home:
        return load(os.environ)
    return load({name: one for name, one in environ.items() if name != CONFIG})


def connect(address: Address) -> ActivatorClient:
    """Open a connection to the Cortex that is meant.

    Raises:
        Unreachable: none runs.
        Misconfigured: it is not clear which one, or there is no token for it.

    """
    if address.url:
        if address.token_file is None:
            message = "--url needs a token as well"
            hint = "name its file with --token-file or CORTEX_TOKEN_FILE"
            raise Misconfigured(message, setting="token", source="the command line", hint=hint)
        return ActivatorClient(address.url, _token(address.token_file))
    found = homes.running(address.home.absolute()) if address.home else _alive()
    if found is None:
        where = f" on {address.home}" if address.home else ""
        message = f"no Cortex runs{where}"
        raise Unreachable(message, hint="start it with `cortex up`, or `cortex lab` to try it")
    named = address.token_file
    return ActivatorClient(found.url, _token(named) if named else _admins(found.home))


def connected(options: Mapping[str, Any]) -> ActivatorClient:
    """Open a connection to the Cortex that the `address_options` of a command mean.

    Raises as `connect` does.
    """
    return connect(Address(options["url"], options["token_file"], options["home"]))


def _alive() -> homes.Found | None:
    """Find the Cortex that runs here; two of them are never mixed up."""
    places = {load(os.environ).home, lab_home(os.environ)}
    alive = [found for home in sorted(places) if (found := homes.running(home))]
    if len(alive) > 1:
        listed = " and ".join(str(one.home) for one in alive)
        message = f"two Cortexes run here, on {listed}"
        hint = f"say which one is meant: --home {alive[0].home}"
        raise Misconfigured(message, setting="home", source="the command line", hint=hint)
    return alive[0] if alive else None


def _admins(home: Path) -> str:
    try:
        return _token(admin_token_file(home))
    except Misconfigured as error:
        cure = error.hint or "`cortex tokens rotate admin` makes it anew"
        raise Misconfigured(
            error.message, setting=error.setting, source=error.source, hint=cure
        ) from error


def _token(file: Path) -> str:
    return read_secret(file.absolute(), setting="token", source="the token file")
