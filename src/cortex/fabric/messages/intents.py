"""What a layer writes down before it sends, and what came of it: the lines of a file.

Decides nothing. The layer owns the file; the activator reads it at its start, and ends there what
was left without an end.
"""

from typing import Any, Final

import msgspec

FILE: Final = "intents.jsonl"
OLDER: Final = "intents.1.jsonl"
UNSETTLED: Final = "unsettled"
"""What came of it was not seen: told of, and from then on as open to being read back as before."""


class Intent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One write that was granted: what, on what, for whom, and how the target was before."""

    nonce: str
    digest: str
    tool: str
    site: str
    targets: tuple[str, ...]
    principal: str
    query_id: str
    recorded_at: float
    """Unix seconds."""
    expires_at: float
    """When its grant ends, in Unix seconds; after that its nonce is refused as expired anyway."""
    sends: bool
    """Whether a request was to follow; false when the target was already as wanted."""
    before: dict[str, Any]
    names: tuple[str, ...] = ()
    """Of the targets, in their order, as they were called then."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an intent."""

    ended: str
    """The nonce of the intent."""
    status: str
    """Of the outcome; `UNSETTLED` where there is none to be had."""
    answer: str
