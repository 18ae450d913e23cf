"""Remember the last turns of each conversation: in Redis for all activators, else in this process.

A conversation belongs to the token that leads it: under another, also of the same name, the same id
is another conversation. Turns expire together, half an hour after the last one.
"""

import hashlib
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog

from cortex.errors import CortexError
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.peers.coordination import Coordination, within
from cortex.fabric.messages.conversation import MOST_LISTED, MOST_TURNS, Turn

_log = structlog.get_logger()
KEPT_S = 1_800.0
"""Seconds that a conversation is remembered after its last turn."""
_MOST = 1_000
"""Conversations that are kept in this process."""
_WITHIN_S = 0.25
"""Seconds that a query waits for its conversation; then it is answered by itself."""
_DECODER = msgspec.json.Decoder(Turn)


class ConversationStore(Protocol):
    """Where conversations are kept. Nothing is ever raised: what is not known is forgotten."""

    async def recent(self, conversation_id: str, principal: Principal) -> tuple[Turn, ...]:
        """List the last turns, oldest first; none without an id."""

    async def add(self, conversation_id: str, principal: Principal, turn: Turn) -> None:
        """Remember one turn more; nothing without an id."""


class LocalConversations:
    """The conversations that this process remembers."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, deque[Turn]]] = OrderedDict()

    async def recent(self, conversation_id: str, principal: Principal) -> tuple[Turn, ...]:
        """List the last turns, oldest first."""
        until, turns = self._kept.get(_name(conversation_id, principal), (0.0, deque()))
        return tuple(turns) if self._clock() < until else ()

    async def add(self, conversation_id: str, principal: Principal, turn: Turn) -> None:
        """Remember one turn more."""
        if not conversation_id:
            return
        name = _name(conversation_id, principal)
        before = await self.recent(conversation_id, principal)
        turns = deque((*before, _cut(turn)), maxlen=MOST_TURNS)
        self._kept[name] = (self._clock() + KEPT_S, turns)
        self._kept.move_to_end(name)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)


class SharedConversations:
    """The conversations of all activators; those led while Redis is away stay in this process."""

    def __init__(self, coordination: Coordination, local: LocalConversations) -> None:
        self._coordination = coordination
        self._local = local

    async def recent(self, conversation_id: str, principal: Principal) -> tuple[Turn, ...]:
        """List the last turns, oldest first."""
        if not conversation_id:
            return ()
        mine = await self._local.recent(conversation_id, principal)
        try:
            redis = self._coordination.redis
            key = self._key(conversation_id, principal)
            reply = await within(_WITHIN_S, redis.call("LRANGE", key, 0, -1))
        except CortexError:
            return mine
        kept = reply if isinstance(reply, list) else []
        found = [turn for one in kept if isinstance(one, bytes) and (turn := _turn(one))]
        return tuple(sorted((*mine, *found), key=lambda one: one.at))[-MOST_TURNS:]

    async def add(self, conversation_id: str, principal: Principal, turn: Turn) -> None:
        """Remember one turn more."""
        if not conversation_id:
            return
        key = self._key(conversation_id, principal)
        commands = (
            ("MULTI",),
            ("RPUSH", key, msgspec.json.encode(_cut(turn))),
            ("LTRIM", key, -MOST_TURNS, -1),
            ("PEXPIRE", key, int(KEPT_S * 1000)),
            ("EXEC",),
        )
        try:
            *_, done = await within(_WITHIN_S, self._coordination.redis.pipeline(commands))
            if isinstance(done, CortexError):
                raise done
        except CortexError as error:
            _log.info("a conversation stays in this process", reason=error.message)
            await self._local.add(conversation_id, principal, turn)

    def _key(self, conversation_id: str, principal: Principal) -> str:
        return f"{self._coordination.prefix}:conversation:{_name(conversation_id, principal)}"


def _name(conversation_id: str, principal: Principal) -> str:
    return hashlib.sha256(f"{principal.identity}\0{conversation_id}".encode()).hexdigest()


def _cut(turn: Turn) -> Turn:
    listed = turn.listed[:MOST_LISTED]
    return msgspec.structs.replace(
        turn, listed=listed, whole=turn.whole and len(listed) == len(turn.listed)
    )


def _turn(payload: bytes) -> Turn | None:
    """Read a turn; one that another version wrote otherwise is forgotten."""
    try:
        return _DECODER.decode(payload)
    except msgspec.DecodeError:
        return None
