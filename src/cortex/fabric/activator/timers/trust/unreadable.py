"""Name what lies in Redis for a timer and must not be acted upon, with the way to be rid of it."""

from cortex.errors import BadAnswer


class UnreadableError(BadAnswer):
    """What lies there for a timer must not be acted upon; `why` says why, for people."""

    def __init__(self, timer_id: str, why: str) -> None:
        super().__init__(
            f"the timer {timer_id[:40]!r} in Redis cannot be read: {why}",
            service="redis",
            hint=f"an admin can drop it: `cortex timers cancel {timer_id[:40]}`",
        )
        self.timer_id = timer_id
        self.why = why
