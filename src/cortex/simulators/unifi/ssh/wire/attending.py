"""Speaks SSH with whoever connects to one device: the login, then one command for each channel.

There is a command line only for whole commands: no terminal, no subsystem, no forwarding.
"""

import asyncio
import contextlib
import socket
from typing import Protocol

import asyncssh
from typing_extensions import override

from cortex.simulators.unifi.ssh.wire.answer import Answer
from cortex.simulators.unifi.ssh.wire.keys import HostKey

_DROPBEAR = "dropbear_2022.83"
_OLD_DROPBEAR = "dropbear_2017.75"
_FLOOD = 64 * 1024
_LOGIN_S = 120


class Visit(Protocol):
    """One connection to a device: what the server asks of it."""

    def lets_in(self, username: str, password: str) -> bool:
        """Tell whether the password is right."""

    def lets_in_by_key(self, username: str, key: str) -> bool:
        """Tell whether the public key, in OpenSSH's notation, is one of those allowed."""

    def run(self, line: str) -> Answer:
        """Return the answer to a command, and journal it."""


class _Login(asyncssh.SSHServer):
    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @override
    def begin_auth(self, username: str) -> bool:
        return True

    @override
    def password_auth_supported(self) -> bool:
        return True

    @override
    def validate_password(self, username: str, password: str) -> bool:
        return self._visit.lets_in(username, password)

    @override
    def public_key_auth_supported(self) -> bool:
        return True

    @override
    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._visit.lets_in_by_key(username, key.export_public_key().decode().strip())


def options(visit: Visit, key: HostKey) -> asyncssh.SSHServerConnectionOptions:
    """Return how a device speaks SSH; an old one offers nothing but an `ssh-rsa` key."""
    (pair,) = asyncssh.load_keypairs([asyncssh.import_private_key(key.openssh)])
    if key.kind == "ssh-rsa":
        pair.host_key_algorithms = (b"ssh-rsa",)
    return asyncssh.SSHServerConnectionOptions(
        server_factory=lambda: _Login(visit),
        server_host_keys=[pair],
        server_version=_OLD_DROPBEAR if key.kind == "ssh-rsa" else _DROPBEAR,
        process_factory=lambda process: _serve(visit, process),
        login_timeout=_LOGIN_S,
        kbdint_auth=False,
        encoding=None,
        allow_pty=False,
        agent_forwarding=False,
        config=None,
    )


async def attend(taken: socket.socket, chosen: asyncssh.SSHServerConnectionOptions) -> None:
    """Serve one connection until it ends; cancel it to cut the line."""
    try:
        connection = await asyncssh.run_server(taken, options=chosen, config=None)
    except (asyncssh.Error, OSError):
        # Whoever came did not get in, or thought better of it.
        taken.close()
        return
    try:
        await connection.wait_closed()
    finally:
        connection.abort()


async def _serve(visit: Visit, process: "asyncssh.SSHServerProcess[bytes]") -> None:
    if process.command is None:
        process.stderr.write(b"only whole commands are taken here\n")
        process.exit(1)
        return
    told = visit.run(process.command)
    # Whoever asked may hang up at any time; what was ordered happens all the same.
    with contextlib.suppress(asyncssh.Error, OSError):
        await _write(process, told)
        await _finish(process, told)
    told.then()


async def _write(process: "asyncssh.SSHServerProcess[bytes]", told: Answer) -> None:
    process.stderr.write(told.error)
    process.stdout.write(told.text)
    await process.stdout.drain()
    line = told.text or b"UniFi# \n"
    while told.floods and not process.is_closing():
        process.stdout.write(line * (_FLOOD // len(line) + 1))
        await process.stdout.drain()
        await asyncio.sleep(0)


async def _finish(process: "asyncssh.SSHServerProcess[bytes]", told: Answer) -> None:
    if not told.ends:
        await process.wait_closed()
    elif told.status is None:
        process.close()
    else:
        process.exit(told.status)
