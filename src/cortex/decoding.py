"""Read what somebody else wrote, JSON or where something listens, in one way for everybody.

What the JSON should be is the caller's, as a decoder; so is what becomes of what is unreadable.
"""

from typing import Final, TypeVar

import msgspec

from cortex.errors import Malformed

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises: a RecursionError is JSON that is nested deeper than the stack allows."""
LAST_TCP_PORT: Final = 65_535
_LONGEST_PORT: Final = 5
Found = TypeVar("Found")


def host_and_port(place: str, *, default: int | None = None) -> tuple[str, int] | None:
    """Read `host:port`, or `host` alone where there is a port by default; None for neither.

    An address of IPv6 with a port stands in brackets.
    """
    host, colon, port = place.rpartition(":")
    if default is not None and (not colon or (":" in host and not host.endswith("]"))):
        return place.removeprefix("[").removesuffix("]"), default
    if not (host and port.isascii() and port.isdigit() and len(port) <= _LONGEST_PORT):
        return None
    if not 1 <= int(port) <= LAST_TCP_PORT:
        return None
    return host.removeprefix("[").removesuffix("]"), int(port)


def read_json(body: bytes | str, decoder: msgspec.json.Decoder[Found], *, what: str) -> Found:
    """Decode JSON, and call it `what` in the error when it cannot be.

    Raises:
        Malformed: it is no JSON, no UTF-8, nested too deep, or not what the decoder reads.

    """
    try:
        return decoder.decode(body)
    except UNREADABLE as error:
        message = f"{what} cannot be read: {error}"
        raise Malformed(message) from None
