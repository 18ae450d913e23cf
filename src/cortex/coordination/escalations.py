"""What the fabric hands on because it cannot answer it, and what an agent that takes it hands back.

The fabric puts an `Escalation` into the queue `escalations`; `cortex-master` puts it on an agent's
stream; the agent puts a `Reply` on the master's stream. Who is asked is decided by the master.
"""

from typing import Annotated

import msgspec

from cortex.decoding import read_json

QUEUE = "escalations"
KIND = "escalation"
MASTER = "cortex-master"
REPLIES = f"agent:tasks:{MASTER}"
"""The stream that agents answer on."""
REPLIES_GROUP = f"{MASTER}-group"
UNDERSTANDING = "language_understanding"
"""The capability to make sense of what no tier could read."""
INVESTIGATION = "network_investigation"
"""The capability to find out why, over several steps."""


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """A query that the fabric could not answer."""

    answer_id: str
    """What its answer is kept under."""
    task_id: str
    """What the asker calls it; the answer carries it."""
    query_id: str
    query: str
    site: str = ""
    reason: str
    capability: str
    principal: str
    may_write: bool = False
    """Whether the asker may change the network: an agent never does more for it than it may."""
    tried: tuple[str, ...] = ()
    """What was tried, for people."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent found."""

    task_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """The task in the queue, as it was handed over."""
    success: bool
    response: Annotated[str, msgspec.Meta(max_length=64 * 1024)]
    agent_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


_REPLY = msgspec.json.Decoder(Reply)


def agent_stream(agent_id: str) -> str:
    """Name the stream that an agent takes its tasks from."""
    return f"agent:tasks:{agent_id}"


def encode_reply(reply: Reply) -> bytes:
    """Write a reply as it lies in the field `payload`."""
    return msgspec.json.encode(reply)


def decode_reply(body: bytes) -> Reply:
    """Read a reply.

    Raises:
        Malformed: it is none.

    """
    return read_json(body, _REPLY, what="the reply of an agent")
