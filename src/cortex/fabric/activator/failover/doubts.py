"""Remember for a while which orders left without anybody knowing what came of them.

Whoever asks for the same again is told, whichever way it is to go: it may have taken effect. They
are kept sealed in Redis, where every activator finds them, else in the data folder: a restart
forgets none.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from cortex.clients.redis import CLOCK, Script
from cortex.decoding import UNREADABLE
from cortex.errors import CortexError
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.execution import Way, Work
from cortex.fabric.activator.peers.coordination import Coordination, within
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Outcome, Plan, PlanReply
from cortex.fabric.messages.intents import Intent
from cortex.fabric.routing.cascade import Proposal
from cortex.files import write_private

_log = structlog.get_logger()
FILE: Final = "doubts.json"
SEALED: Final = "order in doubt"
"""What an order is called where it is sealed."""
_LASTS_S: Final = 600.0
"""Seconds after which a device shows by itself what became of an order."""
_MOST: Final = 256
_MOST_BYTES: Final = 256 * 1024
_LONGEST: Final = 256
_AGAIN: Final = "That may still change, so it is sent:"
_LOOK_S: Final = 0.015
"""Seconds that a look into Redis may take: a query waits for it."""
_WRITE_S: Final = 1.0
_KEEP: Final = Script(
    CLOCK
    + """
for place = 3, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[place], ARGV[place + 1])
  redis.call('ZADD', KEYS[2], now, ARGV[place])
end
for _, old in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[1])) do
  redis.call('HDEL', KEYS[1], old)
  redis.call('ZREM', KEYS[2], old)
end
while redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[2]) do
  redis.call('HDEL', KEYS[1], redis.call('ZPOPMIN', KEYS[2])[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 1
"""
)


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """An order whose outcome is not known, and when it left, in Unix seconds."""

    tool: str
    target: str
    at: float
    digest: str = ""
    """Of the call; empty where several left that were not the same."""

    @property
    def name(self) -> str:
        """What it is kept under."""
        return _name(self.tool, self.target)


@dataclass(frozen=True, slots=True)
class _Left:
    """An order in doubt, and whether Redis has it."""

    doubt: Doubt
    shared: bool = False


@dataclass(slots=True, repr=False)
class Doubts:
    """The orders whose outcome is not known, by tool and target."""

    folder: Path
    coordination: Coordination
    seals: Seals
    now: Callable[[], float]
    """Unix seconds."""
    _left: dict[str, _Left] = field(default_factory=dict)

    async def load(self) -> None:
        """Take up what was kept before, and keep what is known by now."""
        for one in await asyncio.to_thread(_read, self.folder / FILE):
            self._left.setdefault(one.name, _Left(one))
        if self._left:
            await self._kept()

    def interrupted(self, intent: Intent) -> None:
        """Take up an order that was under way when Cortex ended; `load` keeps it."""
        for target in intent.targets:
            self._add(intent.tool, target, intent.digest, intent.recorded_at)

    async def note(self, plan: Plan, outcome: Outcome) -> None:
        """Note what came of a change; one that is done leaves no doubt behind."""
        if outcome.status == "unverified":
            for target in plan.targets:
                self._add(plan.tool, target.id, plan.digest, self.now())
            await self._kept()
        elif outcome.status == "done":
            names = [_name(plan.tool, one.id[:_LONGEST]) for one in plan.targets]
            gone = [name for name in names if self._left.pop(name, None)]
            if gone:
                await self._forgotten(gone)

    async def told(self, reply: PlanReply) -> PlanReply:
        """Warn in a planned change of an order before it whose outcome is not known."""
        plan = reply.plan
        if plan is None or not resolve_tool(plan.tool).writes:
            return reply
        lately = await self._lately(plan)
        if not lately:
            return reply
        age_s = min(age for age, _ in lately)
        warning = f"An order for it left {age_s:.0f} s ago and its outcome is not known."
        preview = msgspec.structs.replace(plan.preview, warnings=(warning, *plan.preview.warnings))
        if preview.unchanged and _may_differ(plan, lately):
            what = f"{preview.what} {_AGAIN} {preview.deed}".rstrip()
            preview = msgspec.structs.replace(preview, what=what, unchanged=False, again=True)
        return msgspec.structs.replace(reply, plan=msgspec.structs.replace(plan, preview=preview))

    async def heeded(self, plan: Plan) -> Plan:
        """Return a change so that it is sent also where all seems so, if that may be taken back."""
        if plan.preview.unchanged or not _may_differ(plan, await self._lately(plan)):
            return plan
        preview = msgspec.structs.replace(plan.preview, again=True)
        return msgspec.structs.replace(plan, preview=preview)

    def _add(self, tool: str, target: str, digest: str, at: float) -> None:
        one = Doubt(tool=tool, target=target[:_LONGEST], at=at, digest=digest)
        before = self._left.pop(one.name, None)
        if before is not None and before.doubt.digest != digest:
            one = msgspec.structs.replace(one, digest="")
        self._left[one.name] = _Left(one)

    async def _lately(self, plan: Plan) -> list[tuple[float, Doubt]]:
        """List the orders in doubt that a change is about, or its opposite, with their ages."""
        names = _names(plan)
        await self._looked_up(names)
        ages = [(self._age(name), name) for name in names]
        return [(age, self._left[name].doubt) for age, name in ages if age is not None]

    def _age(self, name: str) -> float | None:
        """Return the seconds since an order left; none where there is no doubt any more."""
        left = self._left.get(name)
        if left is None:
            return None
        age = self.now() - left.doubt.at
        if age < 0:
            # A clock was set back: it counts from now on, so that it has an end.
            doubt = msgspec.structs.replace(left.doubt, at=self.now())
            self._left[name] = replace(left, doubt=doubt)
            return 0.0
        if age >= _LASTS_S:
            del self._left[name]
            return None
        return age

    async def _looked_up(self, names: Sequence[str]) -> None:
        """Know what other activators, or this one before a restart, were in doubt about."""
        if not names or not self.coordination.ready:
            return
        asking = self.coordination.redis.call("HMGET", self._key, *names)
        try:
            reply: Any = await within(_LOOK_S, asking)
        except CortexError:
            return
        for name, sealed in zip(names, reply, strict=True):
            left = self._left.get(name)
            if found := self._opened(name, sealed or b""):
                if left is None or (left.shared and found.at > left.doubt.at):
                    self._left[name] = _Left(found, shared=True)
            elif left is not None and left.shared:
                # Another saw that it holds.
                del self._left[name]

    def _opened(self, name: str, sealed: bytes) -> Doubt | None:
        body = self.seals.opened(name, sealed)
        if body is None:
            return None
        try:
            return msgspec.json.decode(body, type=Doubt)
        except UNREADABLE:
            return None

    async def _kept(self) -> None:
        """Put what Redis does not have there; what it does not take, into the data folder."""
        while len(self._left) > _MOST:
            del self._left[next(iter(self._left))]
        alone = {name: one for name, one in self._left.items() if not one.shared}
        if alone and await self._shared([one.doubt for one in alone.values()]):
            self._left |= {name: replace(one, shared=True) for name, one in alone.items()}
        await self._written()

    async def _shared(self, doubts: Iterable[Doubt]) -> bool:
        """Put orders into Redis; tell whether it has them."""
        if not self.coordination.ready:
            return False
        words: list[str | bytes] = []
        for one in doubts:
            words += [one.name, self.seals.sealed(one.name, msgspec.json.encode(one))]
        keys = (self._key, f"{self._key}:at")
        arguments = (int(_LASTS_S * 1000), _MOST, *words)
        try:
            asking = self.coordination.redis.run(_KEEP, keys=keys, arguments=arguments)
            await within(_WRITE_S, asking)
        except CortexError as error:
            _log.info("an order in doubt is not kept in Redis", reason=error.message)
            return False
        return True

    async def _forgotten(self, names: Sequence[str]) -> None:
        if self.coordination.ready:
            try:
                asking = self.coordination.redis.call("HDEL", self._key, *names)
                await within(_WRITE_S, asking)
            except CortexError as error:
                _log.info("an order stays in doubt in Redis", reason=error.message)
        await self._written()

    async def _written(self) -> None:
        """Write down what Redis does not have; where that is nothing, leave no file."""
        alone = [one.doubt for one in self._left.values() if not one.shared]
        file = self.folder / FILE
        try:
            if alone:
                await asyncio.to_thread(write_private, file, msgspec.json.encode(alone))
            else:
                await asyncio.to_thread(file.unlink, missing_ok=True)
        except OSError as error:
            _log.warning("orders in doubt cannot be kept", reason=error.strerror)

    @property
    def _key(self) -> str:
        return f"{self.coordination.prefix}:doubts"


@dataclass(frozen=True, slots=True, repr=False)
class Heeding:
    """The straight way to the layers, on which orders in doubt are heeded and noted."""

    way: Way
    doubts: Doubts

    async def plan(self, proposal: Proposal, trail: Trail) -> PlanReply:
        """Have one proposed call planned.

        Raises:
            Unavailable: the layer did not wake, or went away each time it was asked.
            BrokenContract: its answer makes no sense.

        """
        return await self.doubts.told(await self.way.plan(proposal, trail))

    async def perform(self, work: Work, trail: Trail) -> Outcome:
        """Perform a plan, and say what came of it.

        Raises:
            Unavailable: nothing was sent: the layer did not wake, or is gone.
            BrokenContract: a read's answer makes no sense.

        """
        if not work.writes:
            return await self.way.perform(work, trail)
        work = replace(work, plan=await self.doubts.heeded(work.plan))
        outcome = await self.way.perform(work, trail)
        await self.doubts.note(work.plan, outcome)
        return outcome


def _names(plan: Plan) -> list[str]:
    """Name the orders that may have changed the same: this one, and its opposite."""
    inverse = resolve_tool(plan.tool).inverse
    tools = {plan.tool, inverse.tool} if inverse else {plan.tool}
    return [_name(tool, one.id[:_LONGEST]) for tool in sorted(tools) for one in plan.targets]


def _may_differ(plan: Plan, lately: Iterable[tuple[float, Doubt]]) -> bool:
    """Tell whether an order in doubt may end otherwise than this one: it is not the very same."""
    return any(doubt.digest != plan.digest for _, doubt in lately)


def _name(tool: str, target: str) -> str:
    return hashlib.sha256(f"{tool}\0{target}".encode()).hexdigest()[:32]


def _read(file: Path) -> list[Doubt]:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES)
        return msgspec.json.decode(content, type=list[Doubt])[:_MOST]
    except FileNotFoundError:
        return []
    except OSError as error:
        _log.warning("orders in doubt cannot be read", reason=error.strerror)
        return []
    except UNREADABLE as error:
        _log.warning("orders in doubt are ignored", reason=str(error))
        return []
