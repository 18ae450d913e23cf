"""Stands for one device on its port: who may log in, what commands do, what goes wrong.

The answer to a command is decided by `world.shell`; a restart takes the port down with the device.
"""

import asyncio
import contextlib
import shlex
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cortex.simulators.unifi.control.journal import Entry, Journal
from cortex.simulators.unifi.control.outage import Outage
from cortex.simulators.unifi.ssh.traps import (
    AuthRefused,
    ChangedHostKey,
    Endless,
    Flood,
    Garbage,
    HostileLogs,
    LostStatus,
    OnCommand,
    SlowBanner,
    Traps,
)
from cortex.simulators.unifi.ssh.wire.answer import Answer
from cortex.simulators.unifi.ssh.wire.doorway import Doorway
from cortex.simulators.unifi.ssh.wire.keys import HostKey, key_of
from cortex.simulators.unifi.world import Device, Site, World
from cortex.simulators.unifi.world.shell.commands import answer
from cortex.simulators.unifi.world.shell.orders import carry_out
from cortex.simulators.unifi.world.shell.view import Printed, Restart, Shell

_OF_A_SHELL: Final = frozenset(";&|$`<>(){}\\\n\r\0")
"""What a shell would make more of than a word; no diagnostic needs any of them."""
_BY_CONSOLE: Final = "root"
_SYNTAX: Final = 2
_GARBAGE: Final = bytes(range(256)) + b"\x1b[2J\x1b]0;owned\x07\x1b[31m\xff\xfe\xc3\x28\r\n"


@dataclass(frozen=True, slots=True)
class Field:
    """What all devices of a simulator have in common."""

    world: World
    clock: Callable[[], float]
    journal: Journal
    traps: Traps
    outage: Outage
    console_password: str
    keep: Callable[[], None]
    """Writes the world down, wherever it is kept."""


class DeviceHost:
    """One device with its port."""

    def __init__(self, field: Field, site: Site, device: Device) -> None:
        self._field = field
        self._site = site
        self.device = device
        self._lines: set[asyncio.Task[None]] = set()
        self._refuses_logins = False
        self.doorway = Doorway(self._welcome)

    @property
    def key(self) -> HostKey:
        """The key the device is known by."""
        return key_of(self._field.world.seed, self.device)

    @property
    def is_adopted(self) -> bool:
        """Whether the device is still one of its site's own."""
        return self._site.devices.get(self.device.mac) is self.device and self.device.adopted

    @property
    def is_up(self) -> bool:
        """Whether the device can be reached over the network."""
        return self.is_adopted and self._site.is_serving(self.device.mac)

    async def follow(self) -> None:
        """Open or shut the port as the device's life wants it, and cut the lines if it is down."""
        if not self.is_up:
            self._cut()
        if self.is_up and not self._field.traps.refuses(self.device):
            self.doorway.open()
        else:
            await self.doorway.shut()

    async def close(self) -> None:
        """Cut every line and give the port away."""
        lines = tuple(self._lines)
        self._cut()
        await self.doorway.close()
        await asyncio.gather(*lines, return_exceptions=True)

    def _cut(self) -> None:
        for line in tuple(self._lines):
            line.cancel()

    def _welcome(self, taken: socket.socket) -> None:
        line = asyncio.get_running_loop().create_task(self._attend(taken))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _attend(self, taken: socket.socket) -> None:
        with contextlib.closing(taken):
            if not self.is_up:
                return
            # It takes a third of a second to load, which only those pay who are called on.
            from cortex.simulators.unifi.ssh.wire import attending  # noqa: PLC0415

            struck = self._field.traps.on_connection(self.device)
            for trap in struck:
                if isinstance(trap, SlowBanner):
                    await asyncio.sleep(trap.seconds)
            changed = any(isinstance(trap, ChangedHostKey) for trap in struck)
            key = key_of(self._field.world.seed, self.device, generation=int(changed))
            refused = any(isinstance(trap, AuthRefused) for trap in struck)
            visit = Visit(self, refuses_logins=refused)
            await attending.attend(taken, attending.options(visit, key))

    def knows(self, username: str, password: str) -> bool:
        """Tell whether the login is right for the kind of device this is."""
        settings = self._site.settings.get("mgmt", {})
        if self.device.kind == "udm":
            known = _BY_CONSOLE, self._field.console_password
        else:
            known = str(settings.get("x_ssh_username")), str(settings.get("x_ssh_password"))
            if not settings.get("x_ssh_auth_password_enabled", True):
                return False
        return bool(settings.get("x_ssh_enabled")) and (username, password) == known

    def knows_key(self, username: str, key: str) -> bool:
        """Tell whether the public key is one the site has given its devices."""
        settings = self._site.settings.get("mgmt", {})
        if self.device.kind == "udm" or not settings.get("x_ssh_enabled"):
            return False
        kept = [f"{each.get('type')} {each.get('key')}" for each in settings.get("x_ssh_keys", [])]
        return username == settings.get("x_ssh_username") and " ".join(key.split()[:2]) in kept

    def note(self, method: str, status: int, *, mutating: bool = False, **body: Any) -> None:
        """Write into the journal what was tried."""
        journal = self._field.journal
        entry = Entry(
            n=journal.number(),
            time=self._field.clock(),
            method=method,
            path=f"/ssh/{self.device.mac}",
            query="",
            principal="none" if method == "SSH-LOGIN" else "session",
            body={"device": self.device.mac, "name": self.device.name, **body},
            status=status,
            mutating=mutating,
            faults=(),
        )
        journal.add(entry)

    def run(self, line: str) -> Answer:
        """Return the answer to a command, and journal it."""
        field, now = self._field, self._field.clock()
        field.world.advance(now)
        words, injected = _words(line)
        struck = field.traps.on_command(self.device, " ".join(words))
        shell = Shell(
            self._site,
            self.device,
            now,
            controller_answers=field.outage.is_up,
            hostile=any(isinstance(trap, HostileLogs) for trap in struck),
        )
        printed = _syntax_error(line) if injected else answer(shell, words)
        told = self._told(printed, struck)
        self.note(
            "SSH",
            -1 if told.status is None else told.status,
            mutating=printed.order is not None,
            argv=words,
            line=line,
            injection=injected,
        )
        return told

    def _told(self, printed: Printed, struck: tuple[OnCommand, ...]) -> Answer:
        order = printed.order
        lost = isinstance(order, Restart) or any(isinstance(trap, LostStatus) for trap in struck)
        endless = any(isinstance(trap, Endless) for trap in struck)
        garbage = any(isinstance(trap, Garbage) for trap in struck)
        text = b"" if endless else _GARBAGE if garbage else printed.text.encode()

        def obey() -> None:
            if order is not None and self.is_up:
                carry_out(self._site, self.device, order, self._field.clock())
                self._field.keep()

        return Answer(
            text=text,
            error=b"" if endless else printed.error.encode(),
            status=None if lost else printed.status,
            floods=printed.floods or any(isinstance(trap, Flood) for trap in struck),
            ends=not endless,
            then=obey,
        )


class Visit:
    """One connection to a device, as the server sees it."""

    def __init__(self, host: DeviceHost, *, refuses_logins: bool) -> None:
        self._host = host
        self._refuses = refuses_logins

    def lets_in(self, username: str, password: str) -> bool:
        """Tell whether the password is right."""
        good = not self._refuses and self._host.knows(username, password)
        self._host.note("SSH-LOGIN", 0 if good else 1, username=username, by="password")
        return good

    def lets_in_by_key(self, username: str, key: str) -> bool:
        """Tell whether the public key is one of those allowed."""
        good = not self._refuses and self._host.knows_key(username, key)
        self._host.note("SSH-LOGIN", 0 if good else 1, username=username, by="key")
        return good

    def run(self, line: str) -> Answer:
        """Return the answer to a command, and journal it."""
        return self._host.run(line)


def _words(line: str) -> tuple[list[str], bool]:
    """Return the words of a command line, and whether it wants more of a shell than words."""
    try:
        words = shlex.split(line)
    except ValueError:
        return line.split(), True
    return words, any(letter in _OF_A_SHELL for letter in line)


def _syntax_error(line: str) -> Printed:
    return Printed(error=f"-sh: syntax error: {line!r} is more than a command\n", status=_SYNTAX)
