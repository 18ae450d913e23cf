"""Read JSON that somebody else wrote: whatever is wrong with it is told in one way.

What the JSON should be is the caller's, as a decoder; so is what becomes of an unreadable one.
"""

from typing import Final, TypeVar

import msgspec

from cortex.errors import Malformed

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises: a RecursionError is JSON that is nested deeper than the stack allows."""
Found = TypeVar("Found")


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
