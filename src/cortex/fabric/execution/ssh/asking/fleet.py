"""The devices of a site for one call: fixed questions, fallbacks, many devices at a time.

What may be asked is decided by `diagnostics` and `writes`, what an answer means by `parsing`.
Whatever cannot be read is told with the name of the device.
"""

import asyncio
import weakref
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

from cortex.clients.ssh import Door, Sessions, Told
from cortex.errors import (
    BadAnswer,
    BrokenContract,
    CortexError,
    LostReply,
    Rejected,
    Unavailable,
    Unreachable,
)
from cortex.fabric.execution.ssh.asking.doors import Addresses, door_of, read_addresses
from cortex.fabric.execution.ssh.asking.orders import Orders
from cortex.fabric.execution.ssh.asking.silence import is_silent, why_not
from cortex.fabric.execution.ssh.diagnostics import (
    DIAGNOSTICS,
    Argv,
    Diagnostic,
    Place,
    argvs_of,
    place_of,
)
from cortex.fabric.execution.ssh.known import KnownSite
from cortex.fabric.execution.ssh.parsing.dump import Dump, read_dump
from cortex.fabric.execution.ssh.parsing.text import Unparsed, whole
from cortex.fabric.execution.ssh.parsing.vitals import Info, read_info
from cortex.fabric.execution.wording import name_of
from cortex.settings.knobs import Ssh

T = TypeVar("T")
SERVICE: Final = "ssh"
NO_COMMAND: Final = "no-command"
"""The reason for which a device is rejected that has no command for a question."""
_NOT_FOUND: Final = 127
_USUAL_S: Final = 20.0
_USUAL_BYTES: Final = 256 * 1024
"""Questions that need no more than this go by the settings."""
_EACH_S: Final = 3.0
"""What one device may take where all are asked; one that is well answers in a tenth of it."""
_ALL_S: Final = 4.5
"""What all of them may take together: it leaves time to tell what the others said."""
_MOST_SILENT: Final = 1_000
"""How many silent devices are remembered: far more than a site has."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What devices answered, and why others did not, by MAC address."""

    answers: Mapping[str, Any]
    errors: Mapping[str, CortexError]

    def of_some(self) -> Self:
        """Return it where anybody answered, or nobody was asked.

        Raises:
            CortexError: Why the only one, or how many for which reason, did not answer.

        """
        if self.errors and not self.answers:
            raise _of_all(list(self.errors.values()))
        return self


def _of_all(errors: list[CortexError]) -> CortexError:
    """Return the error of many devices: how many fared how, and what one of the most did."""
    said = Counter(why_not(error) for error in errors)
    most = said.most_common(1)[0][0]
    first = next(error for error in errors if why_not(error) == most)
    if len(errors) == 1:
        return first
    each = ", ".join(f"{why}: {count}" for why, count in said.most_common())
    message = f"none of {len(errors)} devices gave an answer ({each}); {first.message}"
    return _with(first, message)


class Fleet:
    """Every device that this process reaches."""

    def __init__(self, sessions: Sessions, settings: Ssh) -> None:
        self.sessions = sessions
        self.settings = settings
        self._meant: weakref.WeakValueDictionary[str, object] = weakref.WeakValueDictionary()
        """The connections on which a device was seen to be the one that is meant, by its MAC."""
        self.orders = Orders()
        self.silent: set[str] = set()
        """Devices that did not answer when they were asked last: the next time they come last."""

    def is_meant(self, door: Door) -> bool:
        """Tell whether a device was seen to be the one that is meant on its connection of now."""
        connection = self.sessions.connection(door)
        return connection is not None and self._meant.get(door.id) is connection

    def was_meant(self, door: Door) -> None:
        """Note that what answers at a door is the device that is meant."""
        if (connection := self.sessions.connection(door)) is not None:
            self._meant[door.id] = connection

    def fell_silent(self, mac: str) -> None:
        """Note that a device did not answer; of very many, whoever was noted before is let go."""
        if len(self.silent) >= _MOST_SILENT:
            self.silent.clear()
        self.silent.add(mac)

    async def devices(self, site: KnownSite) -> "Devices":
        """Return the devices of a remembered site for one call.

        Raises:
            Misconfigured: The file with addresses cannot be used.

        """
        path = self.settings.addresses_file
        return Devices(self, site, await asyncio.to_thread(read_addresses, path))


class Devices:
    """The devices of one site for the length of one call."""

    def __init__(self, fleet: Fleet, site: KnownSite, addresses: Addresses) -> None:
        self._fleet = fleet
        self._addresses = addresses
        self._dumps: dict[str, Dump] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self.rows: Mapping[str, Mapping[str, Any]] = site.devices().rows
        self.ordered: set[str] = set()
        """Devices that a change was sent to in this call."""

    def name(self, mac: str) -> str:
        """Return what a device is called."""
        return name_of(self.rows.get(mac), mac)

    def type(self, mac: str) -> str:
        """Return the controller's type of a device."""
        return str(self.rows.get(mac, {}).get("type") or "")

    def macs(self, *places: Place) -> tuple[str, ...]:
        """Return the adopted devices of these kinds, all of them without one.

        A device that waits to be adopted has another login, and must not be shown ours.
        """
        wanted = frozenset(places)
        return tuple(
            mac
            for mac, row in self.rows.items()
            if _is_adopted(row) and (not wanted or place_of(self.type(mac)) in wanted)
        )

    def door(self, mac: str) -> Door:
        """Return where a device is reached.

        Raises:
            Rejected: Nothing says where, or it is not adopted: it must not be shown our login.

        """
        row = self.rows.get(mac)
        if row is None:
            message = f"nothing is remembered of a device {mac}, so it cannot be reached"
            hint = "ask again when the controller answers"
            raise Rejected(message, reason="not-remembered", hint=hint)
        if not _is_adopted(row):
            message = f"{self.name(mac)} waits to be adopted, and has another login than ours"
            hint = "adopt it when the controller answers"
            raise Rejected(message, reason="not-adopted", hint=hint)
        return door_of(mac, row, self._addresses, self._fleet.settings)

    async def told(self, mac: str, question: str, **slots: Any) -> str:
        """Ask one question, in every way there is until one is understood, and return the text.

        Whoever answers is asked who it is first, once on a connection.

        Raises:
            Malformed: It is no question for such a device, or what is asked for is not valid.
            BadAnswer: Another device answers in its place.
            CortexError: The device cannot be asked, or has no such command.

        """
        door = self.door(mac)
        vectors = argvs_of(question, type=self.type(mac), **slots)
        if question != "info" and not self._fleet.is_meant(door):
            await self.info(mac)
        return await self._asked(door, DIAGNOSTICS[question], vectors)

    async def _asked(self, door: Door, diagnostic: Diagnostic, vectors: Iterable[Argv]) -> str:
        status = 0
        for argv in vectors:
            told = await self._run(door, argv, diagnostic)
            status = told.exit_status or 0
            if told.truncated or status in diagnostic.exits:
                return whole(told.text, truncated=told.truncated)
        raise self._unanswered(door.id, diagnostic.name, status)

    def _unanswered(self, mac: str, question: str, status: int) -> CortexError:
        what = question.replace("_", " ")
        if status == _NOT_FOUND:
            message = f"{self.name(mac)} has no command that tells its {what}"
            return Rejected(message, reason=NO_COMMAND, hint="its firmware may be too old")
        message = f"{self.name(mac)} could not tell its {what} (exit status {status})"
        return BadAnswer(message, service=SERVICE)

    async def _run(self, door: Door, argv: Argv, diagnostic: Diagnostic) -> Told:
        seconds, size = diagnostic.timeout_s, diagnostic.output_bytes
        return await self._fleet.sessions.run(
            door,
            argv,
            timeout_s=seconds if seconds > _USUAL_S else None,
            output_bytes=size if size > _USUAL_BYTES else None,
        )

    async def read(self, mac: str, question: str, reader: Callable[[str], T], **slots: Any) -> T:
        """Ask one question and return what was read of the answer.

        Raises:
            BadAnswer: The answer is not what such a question is answered with.
            CortexError: The device cannot be asked, or has no such command.

        """
        text = await self.told(mac, question, **slots)
        try:
            return reader(text)
        except Unparsed as error:
            raise unread(self.name(mac), error) from error

    async def info(self, mac: str) -> Info:
        """Return what a device says of itself, once it is seen to be the one that is meant.

        Raises:
            BadAnswer: Another device answers in its place, or what it says cannot be read.
            CortexError: The device cannot be asked.

        """
        info = await self.read(mac, "info", read_info)
        if info.mac and info.mac != mac:
            message = f"{self.name(mac)} ({mac}) is not what answers there: that is {info.mac}"
            hint = "its address may have changed; ask again when the controller answers"
            raise BadAnswer(message, service=SERVICE, hint=hint)
        self._fleet.was_meant(self.door(mac))
        return info

    async def dump(self, mac: str) -> Dump:
        """Return the dump of a device, asked for once in a call.

        Raises:
            BadAnswer: The dump cannot be read.
            CortexError: The device cannot be asked, or has none.

        """
        async with self._turns.setdefault(mac, asyncio.Lock()):
            if mac not in self._dumps:
                self._dumps[mac] = await self.read(mac, "mca_dump", read_dump)
            return self._dumps[mac]

    async def dump_if_any(self, mac: str) -> Dump | None:
        """Return the dump of a device; None where it has none, or none that can be read.

        Raises:
            CortexError: The device cannot be asked.

        """
        try:
            return await self.dump(mac)
        except BadAnswer:
            return None
        except Rejected as error:
            if error.reason != NO_COMMAND:
                raise
            return None

    async def order(self, mac: str, vectors: Sequence[Argv], *, settles_s: float) -> None:
        """Give one command that changes something; the next vector only where it is no command.

        The same is not given again for `settles_s` seconds, nor anything to who is restarted.

        Raises:
            LostReply: It may have left, and its outcome is not known.
            Conflict: Another order is under way; this one was not sent.
            CortexError: It was not carried out.

        """
        now = asyncio.get_running_loop().time()
        self._fleet.orders.begin(mac, self.name(mac), vectors[0], now=now, seconds=settles_s)
        try:
            await self._give(mac, vectors)
        except LostReply:
            raise
        except CortexError:
            self._fleet.orders.drop(mac)
            raise

    async def _give(self, mac: str, vectors: Sequence[Argv]) -> None:
        status, door = _NOT_FOUND, self.door(mac)
        for argv in vectors:
            self.ordered.add(mac)
            told = await self._fleet.sessions.send(door, argv)
            status = told.exit_status or 0
            if status != _NOT_FOUND:
                break
        if status:
            message = f"{self.name(mac)} refused the order (exit status {status})"
            raise Rejected(message, reason="exit-status")

    async def each(
        self,
        macs: Iterable[str],
        ask: Callable[[str], Awaitable[Any]],
        *,
        each_s: float = _EACH_S,
        all_s: float = _ALL_S,
    ) -> Heard:
        """Ask many devices at a time, a bounded number of them, for a bounded time."""
        answers: dict[str, Any] = {}
        errors: dict[str, CortexError] = {}
        until = asyncio.get_running_loop().time() + all_s
        places = asyncio.Semaphore(self._fleet.settings.concurrent)
        silent = self._fleet.silent

        async def one(mac: str) -> None:
            try:
                async with asyncio.timeout_at(until), places, asyncio.timeout(each_s):
                    answers[mac] = await ask(mac)
                silent.discard(mac)
            except TimeoutError:
                errors[mac] = Unreachable(
                    f"{self.name(mac)} does not answer over SSH (no answer in time)"
                )
                self._fleet.fell_silent(mac)
            except CortexError as error:
                errors[mac] = error
                if is_silent(error):
                    self._fleet.fell_silent(mac)

        ordered = sorted(macs, key=lambda mac: mac in silent)
        await asyncio.gather(*(one(mac) for mac in ordered))
        return Heard(answers, errors)


def _is_adopted(row: Mapping[str, Any]) -> bool:
    return bool(row.get("adopted", True))


def unread(name: str, error: Unparsed) -> BadAnswer:
    """Return that the answer of a device could not be read."""
    message = f"{name}: {error}"
    return BadAnswer(message, service=SERVICE)


def _with(error: CortexError, message: str) -> CortexError:
    """Return the same error in other words."""
    hint = error.hint
    match error:
        case Rejected():
            return Rejected(message, hint=hint, reason=error.reason)
        case Unreachable():
            return Unreachable(
                message, hint=hint, retry_after=error.retry_after, reason=error.reason
            )
        case Unavailable():
            return type(error)(message, hint=hint, retry_after=error.retry_after)
        case BrokenContract():
            return type(error)(message, hint=hint, service=error.service)
        case _:
            return error
