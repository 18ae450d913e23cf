"""Keep paused calls in Redis, so that any activator takes the yes, and a restart forgets none.

A token is known there by its digest, and each call is sealed: what somebody else put there stands
for nothing, and what was answered is remembered beside it. What must not lie there stays in this
process: calls with a secret among their arguments, and what an answer teaches. While Redis is away
new calls stay here as well, and tokens that it holds are told to wait.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import structlog

from cortex.clients.redis import CLOCK, Reply, Script, Word
from cortex.errors import CortexError, LostReply, Unavailable
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.answer.asked import Lesson
from cortex.fabric.activator.answer.confirmations import (
    LocalConfirmations,
    Paused,
    Reference,
    new_token,
    not_theirs,
    reference_of,
    unknown,
)
from cortex.fabric.activator.peers.answered import Answered
from cortex.fabric.activator.peers.coordination import Coordination, within
from cortex.fabric.activator.schedule import Schedule
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Plan, RouteBody
from cortex.fabric.routing.cascade import Proposal

_log = structlog.get_logger()
_MOST_OF_ONE = 50
_MOST_KEPT = 1_000
_THEIRS = 1
_Value = TypeVar("_Value")
_WITHIN_S = 1.0
"""Seconds that one step waits for Redis."""
_TRIES = 3
"""Times that a script is run whose reply gets lost: the same taker gets the same call again."""
_PAUSE = Script(
    CLOCK
    + """
redis.call('HSET', KEYS[1], 'asker', ARGV[1], 'call', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[3], KEYS[1])
while redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[4]) do
  redis.call('DEL', redis.call('ZPOPMIN', KEYS[2])[1])
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
"""
)
_TAKE = Script("""
local held = redis.pcall('HMGET', KEYS[1], 'asker', 'call', 'taker')
if held.err or not held[2] then return 0 end
if ARGV[3] ~= '1' and held[1] ~= ARGV[1] then return 1 end
if held[3] and held[3] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'taker', ARGV[2])
return held[2]
""")
_RESTORE = Script("""
if redis.pcall('HGET', KEYS[1], 'taker') == ARGV[1] then redis.call('HDEL', KEYS[1], 'taker') end
return 1
""")


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A paused call as Redis holds it."""

    query_id: str
    principal: str
    identity: str
    layer: str
    plan: Plan
    route: RouteBody | None
    expires_at: float
    asker: str = ""
    schedule: Schedule | None = None
    conversation_id: str = ""


_DECODER = msgspec.json.Decoder(_Record)
SEALED = "confirmation"
"""What a paused call is called where it is sealed."""


class SharedConfirmations:
    """The paused calls of all activators."""

    def __init__(
        self,
        coordination: Coordination,
        local: LocalConfirmations,
        *,
        seals: Seals,
        answered: Answered,
        now: Callable[[], float],
    ) -> None:
        self._coordination = coordination
        self._answered = answered
        self._local = local
        self._seals = seals
        self._now = now
        self._lessons: OrderedDict[Reference, Lesson] = OrderedDict()
        """What the calls that were paused here teach."""
        self._takers: OrderedDict[Reference, str] = OrderedDict()
        """Under which name each call was taken, for giving it back."""
        self._doubted: OrderedDict[Reference, str] = OrderedDict()
        """Under which name a call may have been taken without our knowing."""

    async def pause(self, call: Paused) -> str:
        """Keep a call and return its token; in this process when Redis cannot, or must not."""
        if self._coordination.state == "off" or _holds_secret(call.plan):
            return await self._local.pause(call)
        token = new_token()
        try:
            await self._keep(reference_of(token), call)
        except CortexError as error:
            _log.warning("a paused call stays in this process", reason=error.message)
            return await self._local.pause(call)
        _remember(self._lessons, reference_of(token), call.lesson)
        return token

    async def take(self, reference: Reference, principal: Principal) -> Paused:
        """Take a paused call out, so that it can serve once.

        Raises:
            Conflict: it is unknown, was answered, or has expired.
            NotAllowed: somebody else asked for it.
            Unavailable: Redis, which may hold it, is away; the same yes can be given again.

        """
        if self._coordination.state == "off" or self._local.holds(reference):
            return await self._local.take(reference, principal)
        if await asyncio.to_thread(self._answered.knows, reference):
            raise unknown()
        taker = self._doubted.pop(reference, "") or new_token()
        reply = await self._taken(reference, principal, taker)
        if reply == _THEIRS:
            raise not_theirs(principal)
        if not isinstance(reply, bytes):
            raise unknown()
        _remember(self._takers, reference, taker)
        call = self._call(reference, reply)
        if not principal.may_answer_for(call.identity):
            raise not_theirs(principal)
        await asyncio.to_thread(self._answered.note, reference, call.expires_at)
        return call

    async def restore(self, reference: Reference, call: Paused) -> None:
        """Put a call back; into this process when Redis cannot be told."""
        taker = self._takers.pop(reference, "")
        if not taker:
            await self._local.restore(reference, call)
            return
        _remember(self._lessons, reference, call.lesson)
        await asyncio.to_thread(self._answered.reopen, reference)
        try:
            await self._run(_RESTORE, reference, (taker,))
        except LostReply as error:
            # It may be back there already: kept here as well, it could serve twice.
            _log.warning("a paused call may be lost", reason=error.message)
        except CortexError as error:
            _log.warning("a paused call goes back to this process", reason=error.message)
            await self._local.restore(reference, call)

    async def _keep(self, reference: Reference, call: Paused) -> None:
        record = _Record(
            query_id=call.query_id,
            principal=call.principal,
            identity=call.identity,
            layer=call.layer,
            plan=call.plan,
            route=call.route,
            expires_at=call.expires_at,
            asker=call.lesson.asker,
            schedule=call.schedule,
            conversation_id=call.conversation_id,
        )
        left_ms = max(1, int((call.expires_at - self._now()) * 1000))
        payload = self._seals.sealed(reference, msgspec.json.encode(record))
        arguments = (call.identity, payload, left_ms, _MOST_OF_ONE)
        keys = (self._key(reference), self._those_of(call.identity))
        redis = self._coordination.redis
        await within(_WITHIN_S, redis.run(_PAUSE, keys=keys, arguments=arguments))

    async def _taken(self, reference: Reference, principal: Principal, taker: str) -> Reply:
        try:
            arguments = (principal.identity, taker, int(principal.may("admin")))
            return await self._run(_TAKE, reference, arguments)
        except LostReply as error:
            _remember(self._doubted, reference, taker)
            raise _later(error) from error
        except Unavailable as error:
            raise _later(error) from error

    async def _run(self, script: Script, reference: Reference, arguments: Sequence[Word]) -> Reply:
        """Run a script that does nothing more when it is run again."""
        keys, tries = (self._key(reference),), _TRIES
        while True:
            tries -= 1
            try:
                redis = self._coordination.redis
                return await within(_WITHIN_S, redis.run(script, keys=keys, arguments=arguments))
            except LostReply:
                if not tries:
                    raise

    def _call(self, reference: Reference, payload: bytes) -> Paused:
        body = self._seals.opened(reference, payload)
        if body is None:
            _log.warning("a paused call is not sealed with this Cortex's key")
            raise unknown()
        try:
            record = _DECODER.decode(body)
        except msgspec.DecodeError as error:
            _log.warning("a paused call cannot be read", reason=str(error))
            raise unknown() from error
        if record.expires_at <= self._now():
            raise unknown()
        known = self._lessons.pop(reference) if reference in self._lessons else _lesson(record)
        return Paused(
            query_id=record.query_id,
            principal=record.principal,
            identity=record.identity,
            layer=record.layer,
            plan=record.plan,
            route=record.route,
            expires_at=record.expires_at,
            schedule=record.schedule,
            conversation_id=record.conversation_id,
            lesson=known,
        )

    def _key(self, reference: Reference) -> str:
        return f"{self._coordination.prefix}:confirmation:{reference}"

    def _those_of(self, identity: str) -> str:
        """Name the keys of all that a principal asked for; no token is ever looked up there."""
        named = hashlib.sha256(identity.encode()).hexdigest()
        return f"{self._coordination.prefix}:confirmations:{named}"


def _later(error: Unavailable) -> Unavailable:
    message = f"the confirmation cannot be looked up now: {error.message}"
    hint = "give the same answer again in a moment; nothing was sent"
    return Unavailable(message, hint=hint, retry_after=1.0)


def _holds_secret(plan: Plan) -> bool:
    secrets = resolve_tool(plan.tool).secrets
    return any(plan.arguments.get(name) is not None for name in secrets)


def _lesson(record: _Record) -> Lesson:
    """Know of a call that was paused elsewhere whose it is, and which: its words are not known."""
    route = record.route
    if route is None or route.tier == "runbook":
        return Lesson(asker=record.asker)
    proposal = Proposal(
        tool=route.tool,
        layer=route.layer,
        arguments=route.arguments,
        tier=route.tier,
        confidence=route.confidence,
        why=route.why,
    )
    return Lesson(asker=record.asker, proposal=proposal)


def _remember(kept: OrderedDict[Reference, _Value], reference: Reference, one: _Value) -> None:
    kept[reference] = one
    if len(kept) > _MOST_KEPT:
        kept.popitem(last=False)
