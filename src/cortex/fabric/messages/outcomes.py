"""What came of queries, as it travels on the stream `cortex.outcomes` to the telemetry layer.

Decides nothing. An event carries no wording and no value of an argument, only digests of them:
what is not named here is not read, so a sender's slip is not kept either.
"""

from typing import Annotated, Final, Literal

import msgspec

from cortex.decoding import UNREADABLE
from cortex.errors import Malformed
from cortex.fabric.messages import Status, TierName, Timings

FIELD: Final = "event"
"""The field of an entry that holds the event, as `encode` writes it."""
COUNTED: Final = "counted"
"""The field of an entry that its sender counted: how many it had sent, this one included."""
SENT: Final = "cortex:outcomes:sent"
"""The key under which senders count together what they sent, and what they had to drop."""
GROUP: Final = "telemetry"
"""The one group that reads the stream; what it acknowledged is deleted."""
LEARNING: Final = "telemetry-learning"
"""The lease that the layer holds while it learns; activators keep it awake for as long."""
Kind = Literal[
    "query", "write", "feedback", "confirm", "denied", "wake", "login", "outage", "trust", "audit",
    "gap",
]  # fmt: skip
"""What happened; an `outage` of the controller began (`failed`) or is over (`done`); `trust` was
given to a host key, or taken back, by somebody at this machine; `audit` and `gap` (events that
never came) are said by the log of itself."""
Verdict = Literal["positive", "negative", "wrong_tool", "wrong_target", "correction"]

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"\A[\w.:#/@+-]+\Z")]
Label = Annotated[str, msgspec.Meta(max_length=64, pattern=r"\A[a-z0-9_.-]*\Z")]
Digest = Annotated[str, msgspec.Meta(max_length=128, pattern=r"\A[0-9a-f-]*\Z")]
Text = Annotated[str, msgspec.Meta(max_length=256)]
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """One entity that a call was about, by its stable id, and by its name at the time."""

    id: Text
    name: Text = ""


class OutcomeEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened and is to be kept."""

    id: Id
    """The same for every delivery of one event."""
    at: Annotated[float, msgspec.Meta(ge=0.0, lt=1e11)]
    """Unix seconds."""
    kind: Kind
    query_id: Annotated[str, msgspec.Meta(max_length=128, pattern=r"\A[\w.:-]*\Z")] = ""
    """Of feedback: the query that is judged."""
    principal: Text = ""
    site: Text = ""
    tier: TierName | Literal[""] = ""
    """The tier that found the route; of feedback, the one that had."""
    tool: Label = ""
    arguments_digest: Digest = ""
    """SHA-256 of the arguments, as `grants.digest_of` takes it."""
    targets: Annotated[tuple[Touched, ...], msgspec.Meta(max_length=1_000)] = ()
    status: Status | Verdict | Literal[""] = ""
    verified: bool = False
    """Whether reading back showed that the call did what it should."""
    confidence: Share | None = None
    """How sure the tier was by itself, before calibration; none where it does not say."""
    latency_ms: Annotated[float, msgspec.Meta(ge=0.0)] = 0.0
    timings: Timings | None = None
    route_digest: Digest = ""
    """Stands for the route that was taken: its wording without names, and its call."""
    error_code: Label = ""


_DECODER = msgspec.json.Decoder(OutcomeEvent)


def encode(event: OutcomeEvent) -> bytes:
    """Write an event as JSON."""
    return msgspec.json.encode(event)


def decode(payload: bytes) -> OutcomeEvent:
    """Read an event.

    Raises:
        Malformed: it is none; the message names the field, and not what stood there.

    """
    try:
        return _DECODER.decode(payload)
    except UNREADABLE as error:
        # An invalid value is quoted by some of the reasons, and it may be anything.
        reason = str(error) if "Invalid enum value" not in str(error) else _without_value(error)
        message = f"this is no outcome: {reason}"
        hint = "the sender and this layer may be of different versions"
        raise Malformed(message, hint=hint) from error


def _without_value(error: Exception) -> str:
    place = str(error).rpartition(" - at ")[2]
    return f"an unknown value at {place}"
