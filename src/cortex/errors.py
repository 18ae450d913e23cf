"""The errors that travel between the parts of Cortex, split by what the caller does next.

* CortexError
  + Refused         the request is at fault; the same call cannot succeed
    x Malformed · Unauthenticated · NotAllowed · UnknownTool · Conflict · Rejected
  + Unavailable     something is missing now; try again after `retry_after`
    x LayerNotReady · QueueFull · Unreachable · Throttled · LostReply
  + BrokenContract  the other side answered nonsense; names the `service`
    x BadAnswer · SchemaChanged
  + Misconfigured   found at start; names the setting and where it came from

It leaves the mapping to HTTP to `fabric.messages` and to exit codes to `cli`.
"""

from typing import ClassVar


class CortexError(Exception):
    """An error with a text for people, a hint for what to do, and a code for programs."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Refused(CortexError):
    """The request is at fault: the same call cannot succeed."""

    code = "refused"


class Malformed(Refused):
    """The request cannot be read as what it should be."""

    code = "malformed"


class Unauthenticated(Refused):
    """The caller did not prove who it is."""

    code = "unauthenticated"


class NotAllowed(Refused):
    """The caller is known and may not do this."""

    code = "not_allowed"


class UnknownTool(Refused):
    """No tool has this name."""

    code = "unknown_tool"


class Conflict(Refused):
    """The state of things forbids it: used up, expired, or already under way."""

    code = "conflict"


class Rejected(Refused):
    """The outside system understood the call and said no; carries its own code."""

    code = "rejected"

    def __init__(self, message: str, *, hint: str = "", reason: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class Unavailable(CortexError):
    """Something is missing now; `retry_after` is in seconds."""

    code = "unavailable"

    def __init__(self, message: str, *, hint: str = "", retry_after: float = 1.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class LayerNotReady(Unavailable):
    """A layer could not be woken in time, or crashed while starting."""

    code = "layer_not_ready"


class QueueFull(Unavailable):
    """More requests wait than the queue holds."""

    code = "queue_full"


class Unreachable(Unavailable):
    """The outside system does not answer, or only its front door does (502, 503, HTML)."""

    code = "unreachable"

    def __init__(
        self, message: str, *, hint: str = "", retry_after: float = 1.0, reason: str = ""
    ) -> None:
        super().__init__(message, hint=hint, retry_after=retry_after)
        self.reason = reason
        """`front-door` where only that answers."""


class Throttled(Unavailable):
    """The outside system, or our quota, asks for a pause."""

    code = "throttled"


class LostReply(Unavailable):
    """A call was sent and its reply never came: it may have taken effect."""

    code = "lost_reply"


class BrokenContract(CortexError):
    """The other side answered nonsense."""

    code = "broken_contract"

    def __init__(self, message: str, *, service: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.service = service


class BadAnswer(BrokenContract):
    """An answer could not be read."""

    code = "bad_answer"


class SchemaChanged(BrokenContract):
    """An answer, or a whole path, is not what this version should have."""

    code = "schema_changed"

    def __init__(self, message: str, *, service: str, hint: str = "", reason: str = "") -> None:
        super().__init__(message, service=service, hint=hint)
        self.reason = reason
        """`path-gone` where the whole path is."""


class Misconfigured(CortexError):
    """A setting is wrong; names the setting and where it came from."""

    code = "misconfigured"

    def __init__(self, message: str, *, setting: str, source: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.setting = setting
        self.source = source
