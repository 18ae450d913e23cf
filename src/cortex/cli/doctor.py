"""`cortex doctor`: look at everything that a first start needs, and say how to mend what is wrong.

Every line is ok, warn or fail. It logs in to the controller once, reads, and changes nothing.
"""

import asyncio
import hashlib
import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import click

from cortex.cli import exits
from cortex.cli.render import lines
from cortex.clients.unifi import (
    CaFile,
    Capabilities,
    Endpoint,
    Insecure,
    Lane,
    Pinned,
    Secret,
    SystemTrust,
    Trust,
    UnifiClient,
)
from cortex.errors import CortexError
from cortex.settings.knobs import Controller
from cortex.settings.loading import Settings, load

_CONNECT_S = 5.0
_LOOKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    verdict: Literal["ok", "warn", "fail"]
    what: str
    found: str
    cure: str = ""


@click.command("doctor", short_help="Check settings, certificate, login and rights.")
@click.option("--config", type=click.Path(path_type=Path), help="The settings file.")
def doctor_command(config: Path | None) -> int:
    """Check the settings, the data folder and the controller; change nothing.

    Exit code 0 when nothing failed (warnings are allowed), else 1.
    """
    failed = False
    for check in look(config):
        label, colour = _LOOKS[check.verdict]
        click.echo(f"{click.style(label, fg=colour)}  {check.what}: {lines(check.found)}")
        if check.cure:
            click.echo("\n".join(f"      {line}" for line in lines(check.cure).split("\n")))
        failed = failed or check.verdict == "fail"
    return exits.FAILED if failed else exits.DONE


def look(config: Path | None) -> Iterator[Check]:
    """Look at one thing after the other; what depends on a failed one is left out."""
    try:
        settings = load(os.environ, file=config)
    except CortexError as error:
        yield Check("fail", "settings", error.message, error.hint)
        return
    file = settings.config_file
    yield Check("ok", "settings", str(file) if file else "no settings file; the defaults hold")
    yield _home(settings.home)
    yield _writes(settings)
    yield from _controller(settings.execution_api.controller)


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


def _controller(controller: Controller) -> Iterator[Check]:
    if not controller.url:
        cure = "set controller.url in the settings file, or CORTEX_CONTROLLER_URL"
        yield Check("fail", "controller", "no address is set", cure)
        return
    reached = _reached(controller.url)
    yield reached
    if reached.verdict == "fail":
        return
    if controller.url.startswith("https:"):
        certificate = _certificate(controller)
        yield certificate
        if certificate.verdict == "fail":
            return
    else:
        yield Check("warn", "certificate", "plain http: the key travels readable")
    yield from _login(controller)


def _reached(url: str) -> Check:
    host, port = _host_and_port(url)
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


def _certificate(controller: Controller) -> Check:
    host, port = _host_and_port(controller.url)
    seen = _fingerprint(host, port)
    if seen is None:
        return Check("fail", "certificate", "no TLS handshake", "is this port really https?")
    trusted = _is_trusted(controller, seen)
    match controller.trust:
        case "insecure":
            return Check("warn", "certificate", f"not checked (trust: insecure); SHA-256 {seen}",
                         f"better: trust: pin, fingerprint: {seen}")  # fmt: skip
        case _ if trusted:
            return Check("ok", "certificate", f"trusted ({controller.trust}); SHA-256 {seen}")
        case _:
            return Check("fail", "certificate", f"not trusted ({controller.trust}); SHA-256 {seen}",
                         _three_ways(seen))  # fmt: skip


def _three_ways(seen: str) -> str:
    return (
        "compare this fingerprint with the one the console shows, then choose one:\n"
        f"  trust: pin       fingerprint: {seen}\n"
        "  trust: ca        ca_file: the PEM of the authority that signed it\n"
        "  trust: insecure  (a laboratory only: anybody between could read the key)"
    )


def _fingerprint(host: str, port: int) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=_CONNECT_S) as line,
            context.wrap_socket(line, server_hostname=host) as tls,
        ):
            shown = tls.getpeercert(binary_form=True) or b""
    except OSError:
        return None
    return hashlib.sha256(shown).hexdigest()


def _is_trusted(controller: Controller, seen: str) -> bool:
    if controller.trust == "pin":
        return controller.fingerprint.replace(":", "").lower() == seen
    host, port = _host_and_port(controller.url)
    authority = str(controller.ca_file) if controller.trust == "ca" else None
    try:
        context = ssl.create_default_context(cafile=authority)
        with (
            socket.create_connection((host, port), timeout=_CONNECT_S) as line,
            context.wrap_socket(line, server_hostname=host),
        ):
            return True
    except OSError:
        return False


def _login(controller: Controller) -> Iterator[Check]:
    try:
        found = asyncio.run(_capabilities(controller))
    except CortexError as error:
        yield Check("fail", "login", error.message, error.hint)
        return
    yield Check("ok", "login", "accepted, with one attempt")
    yield Check("ok", "version", f"UniFi Network {found.version or 'unknown'} ({found.kind})")
    lanes = ", ".join(sorted(str(lane.value) for lane in found.key_lanes)) or "the account's only"
    yield _lanes(controller, found, lanes)
    yield _sites(controller, found)
    yield _rights(found)


async def _capabilities(controller: Controller) -> Capabilities:
    async with UnifiClient(_endpoint(controller)) as unifi:
        return await unifi.connect()


def _endpoint(controller: Controller) -> Endpoint:
    return Endpoint(
        controller.url,
        api_key=Secret(controller.api_key) if controller.api_key else None,
        username=controller.username,
        password=Secret(controller.password) if controller.password else None,
        trust=_trust(controller),
        timeout=controller.timeout,
    )


def _trust(controller: Controller) -> Trust:
    match controller.trust:
        case "pin":
            return Pinned(controller.fingerprint)
        case "ca" if controller.ca_file is not None:
            return CaFile(controller.ca_file)
        case "insecure":
            return Insecure()
        case _:
            return SystemTrust()


def _lanes(controller: Controller, found: Capabilities, lanes: str) -> Check:
    if Lane.LEGACY in found.key_lanes or controller.username:
        return Check("ok", "API lanes", lanes)
    cure = "most tools need a local account beside the key: controller.username and password_file"
    return Check("warn", "API lanes", f"{lanes}; the key opens no private API", cure)


def _sites(controller: Controller, found: Capabilities) -> Check:
    names = [f"{one.display_name or one.short_name} ({one.short_name})" for one in found.sites]
    known = {name for one in found.sites for name in (one.short_name, one.display_name, one.id)}
    if controller.site in known:
        return Check("ok", "sites", ", ".join(names))
    cure = "set controller.site to one of them"
    return Check(
        "fail", "sites", f"no site {controller.site!r}; there are: {', '.join(names)}", cure
    )


def _rights(found: Capabilities) -> Check:
    match found.can_write:
        case True:
            return Check(
                "ok", "rights", "may read and write; Cortex itself stays read-only until told"
            )
        case False:
            return Check("warn", "rights", "may only read: no write will work with this login")
        case None:
            return Check(
                "warn", "rights", "the controller does not tell whether writes are allowed"
            )


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
