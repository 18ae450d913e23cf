"""`cortex doctor`: look at everything that a first start needs, and say how to mend what is wrong.

Every line is ok, warn or fail. It logs in to the controller once, reads, and changes nothing.
"""

import asyncio
import hashlib
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from cortex.cli import exits
from cortex.cli.connection import home_option, settings_of
from cortex.cli.devices.readiness import look_at_ssh, meanwhile
from cortex.cli.pasting import means_home, option
from cortex.cli.render import Check, lines
from cortex.clients.unifi import Capabilities, Endpoint, Insecure, Lane, Pinned
from cortex.clients.unifi.trust import tls_context
from cortex.errors import CortexError, Rejected
from cortex.fabric.execution.api.connection import Connection, endpoint_of, refused_login
from cortex.fabric.memory.embedding import manifest
from cortex.fabric.memory.embedding.places import model_folder
from cortex.lab.homes import lab_home, lab_settings
from cortex.settings import homes
from cortex.settings.knobs import Controller, Memory
from cortex.settings.loading import Settings, load
from cortex.settings.places import HOME

_CONNECT_S = 5.0
_LOOKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.command("doctor", short_help="Check settings, certificate, login and rights.")
@option("--config", type=click.Path(path_type=Path), help="The settings file.")
@home_option
def doctor_command(config: Path | None, home: Path | None) -> int:
    """Check the settings, the data folder and the controller; change nothing.

    Where no controller is set and a lab runs, it is about the lab.
    Exit code 0 when nothing failed (warnings are allowed), else 1.
    """
    failed = False
    for check in look(config, home.absolute() if home else None):
        label, colour = _LOOKS[check.verdict]
        click.echo(f"{click.style(label, fg=colour)}  {check.what}: {lines(check.found)}")
        if check.cure:
            click.echo("\n".join(f"      {line}" for line in lines(check.cure).split("\n")))
        failed = failed or check.verdict == "fail"
    return exits.FAILED if failed else exits.DONE


def look(config: Path | None, home: Path | None = None) -> Iterator[Check]:
    """Look at one thing after the other; what depends on a failed one is left out."""
    try:
        settings = _meant(config, home)
        if config is not None:
            means_home(settings.home)
        elif home is not None and (lab := _lab_on(home)):
            yield Check("ok", "lab", f"one runs at {lab.url}, on {home}: this is about it")
        elif home is None and (lab := _lab_that_runs(settings.home)):
            own = bool(settings.execution_api.controller.url)
            yield _lab(lab, own=own)
            settings = settings if own else _lab_settings(lab.home)
    except CortexError as error:
        yield Check("fail", "settings", error.message, error.hint)
        return
    file = settings.config_file
    yield Check("ok", "settings", str(file) if file else "no settings file; the defaults hold")
    yield _home(settings.home)
    yield _writes(settings)
    yield _model(settings.activator.memory, settings.home)
    yield from _controller(settings)
    yield from look_at_ssh(settings)


def _meant(config: Path | None, home: Path | None) -> Settings:
    """Read the settings of a file, of a data folder, or the usual ones.

    Raises:
        Misconfigured: they cannot be used.

    """
    if home is None:
        return load(os.environ, file=config)
    if config is not None:
        return load({**os.environ, HOME: str(home)}, file=config)
    return _lab_settings(home) if lab_settings(home).is_file() else settings_of(home)


def _lab_that_runs(home: Path) -> homes.Found | None:
    """Find the lab at its usual place, or on the data folder that the environment names."""
    return homes.running(lab_home(os.environ)) or _lab_on(home)


def _lab_on(home: Path) -> homes.Found | None:
    return homes.running(home) if lab_settings(home).is_file() else None


def _lab(lab: homes.Found, *, own: bool) -> Check:
    """Say whether the rest is about a lab that runs, or about the controller that was set."""
    if own:
        found = f"one runs at {lab.url}; this is about your own settings, not about it"
    else:
        found = (
            f"one runs at {lab.url}, and no controller of your own is set: this is about the lab"
        )
    return Check("ok", "lab", found)


def _lab_settings(home: Path) -> Settings:
    """Read the settings that the lab of a folder runs on; its own environment holds no others."""
    environ = {name: one for name, one in os.environ.items() if not name.startswith("CORTEX_")}
    return load(environ | {HOME: str(home)}, file=lab_settings(home))


def _home(home: Path) -> Check:
    if not home.exists():
        return Check("ok", "data folder", f"{home} will be made at the first start")
    mode = home.stat().st_mode & 0o777
    if mode & 0o077:
        return Check(
            "fail", "data folder", f"others may enter {home} ({mode:o})", f"chmod 700 {home}"
        )
    if not os.access(home, os.W_OK):
        return Check(
            "fail", "data folder", f"{home} cannot be written", "choose another CORTEX_HOME"
        )
    return Check("ok", "data folder", str(home))


def _writes(settings: Settings) -> Check:
    if settings.activator.writes:
        return Check("warn", "writes", "the network may be changed (activator.writes: true)")
    return Check(
        "ok", "writes", "read-only; `activator.writes: true` or `up --allow-writes` changes that"
    )


def _model(memory: Memory, home: Path) -> Check:
    if not memory.enabled:
        return Check("ok", "model", "not needed (memory.enabled: false)")
    folder = model_folder(memory.model_folder, home)
    try:
        listed = manifest.check(folder, whole=True)
    except CortexError as error:
        return Check("fail", "model", error.message, error.hint)
    return Check("ok", "model", f"{listed.id}, intact, in {folder}")


def _controller(settings: Settings) -> Iterator[Check]:
    controller = settings.execution_api.controller
    try:
        endpoint = _reachable(controller)
    except CortexError as error:
        yield Check("fail", "controller", error.message, error.hint)
        return
    reached = _reached(endpoint)
    if reached.verdict == "fail":
        yield replace(reached, cure=f"{reached.cure}\n{meanwhile(settings)}")
        return
    yield reached
    certificate = asyncio.run(_certificate(endpoint, controller.trust))
    yield certificate
    if certificate.verdict != "fail":
        yield from _login(settings)


def _reachable(controller: Controller) -> Endpoint:
    """Tell where the controller is, before anything must prove who we are."""
    # A handshake sends no credential: one that is missing must not hide the certificate.
    unproven = replace(controller, api_key="none", username=None, password=None)
    return endpoint_of(unproven)


def _reached(endpoint: Endpoint) -> Check:
    host, port = endpoint.host, endpoint.port
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_S):
            return Check("ok", "connection", f"{host}:{port} answers")
    except (socket.gaierror, UnicodeError):
        return Check(
            "fail", "connection", f"no address is known for {host!r}", "check the spelling"
        )
    except OSError as error:
        cure = "check the address, the port (443 on a console, 8443 self-hosted) and any firewall"
        return Check("fail", "connection", f"{host}:{port}: {error.strerror or error}", cure)


async def _certificate(endpoint: Endpoint, trust: str) -> Check:
    if not endpoint.encrypted:
        return Check("warn", "certificate", "plain http: the key travels readable")
    try:
        seen = await _fingerprint(replace(endpoint, trust=Insecure()))
    except OSError:
        return Check("fail", "certificate", "no TLS handshake", "is this port really https?")
    return await _judged(endpoint, trust, seen)


async def _judged(endpoint: Endpoint, trust: str, seen: str) -> Check:
    """Hold the certificate that was seen to what the settings trust."""
    if isinstance(endpoint.trust, Insecure):
        return Check("warn", "certificate", f"not checked (trust: insecure); SHA-256 {seen}",
                     f"better: trust: pin, fingerprint: {seen}")  # fmt: skip
    if isinstance(endpoint.trust, Pinned) and seen != endpoint.trust.sha256:
        return Check("fail", "certificate", f"not the pinned one; SHA-256 {seen}",
                     _renewed(seen, endpoint.trust.sha256))  # fmt: skip
    try:
        await _fingerprint(endpoint)
    except OSError:
        return Check("fail", "certificate", f"not trusted ({trust}); SHA-256 {seen}",
                     _three_ways(seen))  # fmt: skip
    except CortexError as error:
        return Check("fail", "certificate", error.message, _three_ways(seen))
    return Check("ok", "certificate", f"trusted ({trust}); SHA-256 {seen}")


def _three_ways(seen: str) -> str:
    return (
        "compare this fingerprint with the one the console shows, then choose one:\n"
        f"  trust: pin       fingerprint: {seen}\n"
        "  trust: ca        ca_file: the PEM of the authority that signed it\n"
        "  trust: insecure  (a laboratory only: anybody between could read the key)"
    )


def _renewed(seen: str, pinned: str) -> str:
    return (
        f"pinned is {pinned}\n"
        "somebody may be in between, or the certificate was renewed; no key was sent.\n"
        "compare what is seen with what the console itself shows on its own network; only if they\n"
        f"are the same:  fingerprint: {seen}"
    )


async def _fingerprint(endpoint: Endpoint) -> str:
    """Shake hands under the judgement that calls are made under, and tell what was shown."""
    context = await tls_context(endpoint)
    async with asyncio.timeout(_CONNECT_S):
        _, line = await asyncio.open_connection(
            endpoint.host, endpoint.port, ssl=context, server_hostname=endpoint.host
        )
    shown = line.get_extra_info("ssl_object").getpeercert(binary_form=True)
    line.transport.abort()
    return hashlib.sha256(shown or b"").hexdigest()


def _login(settings: Settings) -> Iterator[Check]:
    controller = settings.execution_api.controller
    try:
        found, sites = asyncio.run(_look_in(controller))
    except CortexError as error:
        yield Check("fail", "login", error.message, error.hint)
        return
    refused_login(settings.home).forget()
    yield Check("ok", "login", "accepted, with one attempt")
    yield Check("ok", "version", f"UniFi Network {found.version or 'unknown'} ({found.kind})")
    lanes = ", ".join(sorted(str(lane.value) for lane in found.key_lanes)) or "the account's only"
    yield _lanes(controller, found, lanes)
    yield sites
    yield _rights(found, writes=settings.activator.writes)


async def _look_in(controller: Controller) -> tuple[Capabilities, Check]:
    """Log in the way an execution layer does, and look for the site it would use."""
    connection = Connection(controller, None)
    try:
        found = await (await connection.open()).connect()
        return found, await _sites(connection, found)
    finally:
        await connection.aclose()


async def _sites(connection: Connection, found: Capabilities) -> Check:
    try:
        used = await connection.site("")
    except Rejected as error:
        return Check("fail", "sites", error.message, "set controller.site to one of them")
    names = [f"{one.display_name or one.short_name} ({one.short_name})" for one in found.sites]
    return Check("ok", "sites", f"{', '.join(names)}; used: {used.ref.short_name}")


def _lanes(controller: Controller, found: Capabilities, lanes: str) -> Check:
    if Lane.LEGACY in found.key_lanes or controller.username:
        return Check("ok", "API lanes", lanes)
    cure = "most tools need a local account beside the key: controller.username and password_file"
    return Check("warn", "API lanes", f"{lanes}; the key opens no private API", cure)


def _rights(found: Capabilities, *, writes: bool) -> Check:
    match found.can_write:
        case True:
            ours = "may change the network too" if writes else "stays read-only until told"
            return Check("ok", "rights", f"may read and write; Cortex itself {ours}")
        case False:
            return Check("warn", "rights", "may only read: no write will work with this login")
        case None:
            return Check(
                "warn", "rights", "the controller does not tell whether writes are allowed"
            )
