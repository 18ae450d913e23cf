"""The client against OpenSSH's own server, where there is one on this machine."""

import asyncio
import getpass
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cortex.clients.ssh import Door, Login
from tests.clients.ssh.devices import MAC, asking, fingerprint, key

pytestmark = pytest.mark.anyio
SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
_SEPARATED = Path("/run/sshd")


def _reason() -> str:
    if SSHD is None:
        return "OpenSSH's server (Debian: openssh-server) is not installed"
    if os.getuid() == 0 and not _SEPARATED.is_dir():
        return f"OpenSSH's server does not run for root without {_SEPARATED}"
    return ""


def _settings(folder: Path) -> list[str]:
    key(which=8).write_private_key(folder / "host")
    (folder / "host").chmod(0o600)
    (folder / "keys").write_bytes(key(which=9).export_public_key())
    settings = folder / "sshd_config"
    settings.write_text(
        f"HostKey {folder / 'host'}\n"
        f"AuthorizedKeysFile {folder / 'keys'}\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\n"
    )
    return ["-i", "-e", "-f", str(settings)]


@asynccontextmanager
async def _sshd(folder: Path) -> AsyncIterator[Door]:
    """Take one connection and hand it to a server, as inetd does."""
    options = _settings(folder)
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)

        async def hand_over() -> int:
            taken, _ = await loop.sock_accept(listening)
            taken.setblocking(True)
            with taken:
                server = await asyncio.create_subprocess_exec(
                    str(SSHD),
                    *options,
                    stdin=taken.fileno(),
                    stdout=taken.fileno(),
                    stderr=asyncio.subprocess.DEVNULL,
                )
            return await server.wait()

        serving = asyncio.create_task(hand_over())
        try:
            yield Door(
                MAC, "127.0.0.1", listening.getsockname()[1], (fingerprint(key(which=8)).md5,)
            )
        finally:
            async with asyncio.timeout(20):
                await serving


@pytest.mark.skipif(bool(_reason()), reason=_reason())
async def test_openssh_answers_commands(tmp_path: Path) -> None:
    (tmp_path / "id").touch(0o600)
    key(which=9).write_private_key(tmp_path / "id")
    login = Login(getpass.getuser(), key_file=tmp_path / "id")
    async with _sshd(tmp_path) as door, asking(tmp_path, login=login) as sessions:
        told = await sessions.run(door, ["printf", "%s|", "a b", "$(c)"])
        assert (told.text, told.exit_status) == ("a b|$(c)|", 0)
        whole = await sessions.run(door, ["yes"], output_bytes=10_000)
        assert (len(whole.text), whole.truncated) == (10_000, True)
        assert (await sessions.run(door, ["sh", "-c", "exit 3"])).exit_status == 3
