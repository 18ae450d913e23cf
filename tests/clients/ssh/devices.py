"""Devices that the tests make: real SSH servers on loopback, each with a habit of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import asyncssh
from typing_extensions import override

from cortex.clients.ssh import Door, HostKey, KnownHosts, Limits, Login, Secret, Sessions

MAC = "0c:ea:14:00:00:01"
WORD = "correct-horse-1001"
USER = "admin"
Process = asyncssh.SSHServerProcess[bytes]
Answer = Callable[[Process], Awaitable[None]]
Session = asyncssh.SSHServerSession[bytes] | bool
SessionFactory = Callable[[], Session | Awaitable[Session]]


def key(kind: str = "ssh-ed25519", which: int = 0) -> asyncssh.SSHKey:
    """Return a host key; the same kind and number give the same key."""
    return _made(kind, which)


@cache
def _made(kind: str, _which: int) -> asyncssh.SSHKey:
    if kind == "ssh-rsa":
        return asyncssh.generate_private_key(kind, key_size=2048)
    return asyncssh.generate_private_key(kind)


def fingerprint(of: asyncssh.SSHKey) -> HostKey:
    return HostKey.of(of.get_algorithm(), of.public_data)


@dataclass
class Device:
    """What a device was told, and how it can be reached."""

    port: int = 0
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    on_login: Callable[[], None] = lambda: None
    """What happens elsewhere in the moment of a login."""
    commands: list[str] = field(default_factory=list)
    running: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    """Told whenever a command begins or ends."""
    at_once: int = 0
    """The most commands that ran at the same time."""

    async def count(self, change: int) -> None:
        """Take note that a command began or ended."""
        async with self.changed:
            self.running += change
            self.at_once = max(self.at_once, self.running)
            self.changed.notify_all()

    async def runs(self, number: int) -> None:
        """Wait until this many commands run."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.running == number)

    def door(self, *pins: str, **changes: object) -> Door:
        """Return the way to it."""
        return replace(Door(MAC, "127.0.0.1", self.port, pins), **changes)  # type: ignore[arg-type]  # each test gives its own

    def cut(self) -> None:
        """Close every connection without a word, as a device does that loses its power."""
        for connection in self.connections:
            connection.abort()


class _Host(asyncssh.SSHServer):
    def __init__(
        self,
        device: Device,
        keyboard: Sequence[str],
        user_key: asyncssh.SSHKey | None,
        session: "SessionFactory | None",
    ) -> None:
        self._session = session
        self._device = device
        self._keyboard = list(keyboard)
        self._user_key = user_key

    @override
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._device.connections.append(conn)

    @override
    def password_auth_supported(self) -> bool:
        return not self._keyboard and not self._user_key

    @override
    def validate_password(self, username: str, password: str) -> bool:
        self._device.passwords.append(password)
        self._device.on_login()
        return (username, password) == (USER, WORD)

    @override
    def session_requested(self) -> Session | Awaitable[Session]:
        return self._session() if self._session else False

    @override
    def public_key_auth_supported(self) -> bool:
        return self._user_key is not None

    @override
    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._user_key is not None and key.public_data == self._user_key.public_data

    @override
    def kbdint_auth_supported(self) -> bool:
        return bool(self._keyboard)

    @override
    def get_kbdint_challenge(
        self, username: str, lang: str, submethods: str
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        return "", "", "", self._question()

    def _question(self) -> list[tuple[str, bool]]:
        question = self._keyboard.pop(0)
        return [(question, question.endswith("?"))] if question else []

    @override
    def validate_kbdint_response(self, username: str, responses: list[str]) -> object:  # type: ignore[override]  # the library's stub names a wider type
        if self._keyboard:
            return "", "", "", self._question()
        self._device.passwords += responses
        return responses == [WORD]


@asynccontextmanager
async def serving(
    answer: Answer | None = None,
    *keys: asyncssh.SSHKey,
    keyboard: Sequence[str] = (),
    user_key: asyncssh.SSHKey | None = None,
    host_key_algs: Sequence[str] = (),
    session: SessionFactory | None = None,
    **options: object,
) -> AsyncIterator[Device]:
    """Run a device that has these host keys and answers each command with `answer`."""
    device = Device()

    async def handle(process: Process) -> None:
        device.commands.append(process.command or "")
        await device.count(1)
        try:
            await (answer or says())(process)
        finally:
            await device.count(-1)

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: _Host(device, keyboard, user_key, session),
        server_host_keys=[_pair(each, host_key_algs) for each in keys or [key()]],
        process_factory=None if session else handle,
        encoding=None,
        gss_host=None,
        config=None,
        **options,
    )
    device.port = server.get_port()
    try:
        yield device
    finally:
        server.close()
        device.cut()
        await server.wait_closed()
        for connection in device.connections:
            await connection.wait_closed()


def _pair(of: asyncssh.SSHKey, algorithms: Sequence[str]) -> asyncssh.SSHKeyPair:
    """Make a host key that signs with these algorithms alone, as old firmware does."""
    [pair] = asyncssh.load_keypairs([of])
    if algorithms:
        pair.host_key_algorithms = [name.encode() for name in algorithms]
    return pair


def says(text: str = "", *, status: int | None = 0, error: str = "") -> Answer:
    """Answer with a text, an error text and an exit status; None closes without one."""

    async def answer(process: Process) -> None:
        process.stdout.write(text.encode())
        process.stderr.write(error.encode())
        if status is None:
            process.close()
        else:
            process.exit(status)

    return answer


def by_command(answers: Mapping[str, Answer]) -> Answer:
    """Answer each command with its own answer."""

    async def answer(process: Process) -> None:
        await answers[process.command or ""](process)

    return answer


async def hangs(process: Process) -> None:
    """Run until the channel is closed."""
    await process.wait_closed()


async def floods(process: Process) -> None:
    """Write without end, as fast as it is read."""
    while not process.is_closing():
        process.stdout.write(b"x" * 65_536)
        await process.stdout.drain()


@asynccontextmanager
async def talking(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[Door]:
    """Run something that listens and is no SSH server, or a strange one."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield Door(MAC, "127.0.0.1", server.sockets[0].getsockname()[1])


@asynccontextmanager
async def asking(
    folder: Path, *, first_use: bool = True, login: Login | None = None, **changes: float
) -> AsyncIterator[Sessions]:
    """Run the client, with its file of accepted keys in `folder`."""
    bounds = replace(Limits(connect_s=10.0, command_s=10.0), **changes)  # type: ignore[arg-type]  # each test gives its own
    sessions = Sessions(
        {"device": login or Login(USER, Secret(WORD))},
        bounds,
        first_use=first_use,
        known=KnownHosts(folder / "hosts.json"),
    )
    try:
        async with asyncio.timeout(30):
            yield sessions
    finally:
        await sessions.aclose()
