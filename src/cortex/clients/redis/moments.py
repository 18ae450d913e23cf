"""Read the clock of the server: the one that all processes share."""

from cortex.clients.redis.client import RedisClient
from cortex.clients.redis.words import SERVICE, Reply
from cortex.errors import BadAnswer, CortexError

TIME = ("TIME",)
"""The command, for a pipeline; `moment_of` reads its reply."""


async def server_now_ms(redis: RedisClient) -> int:
    """Ask the server for its time, in milliseconds since the epoch.

    Raises:
        CortexError: the server is away, or tells none.

    """
    return moment_of(await redis.call(*TIME))


def moment_of(reply: Reply | CortexError) -> int:
    """Read the reply to `TIME`, in milliseconds since the epoch.

    Raises:
        CortexError: it is an error, or no time.

    """
    match reply:
        case CortexError():
            raise reply
        case [bytes(seconds), bytes(microseconds)] if seconds.isdigit() and microseconds.isdigit():
            return int(seconds) * 1000 + int(microseconds) // 1000
        case _:
            message = f"the server told its time as {reply!r:.80}"
            raise BadAnswer(message, service=SERVICE)
