"""The states a layer can be in, the events that change them, and the effects that follow.

Decides nothing; `lifecycle.machine` does. Every start has a number, its run; an event of an earlier
run says nothing about this one. A claim is a caller's hold on a layer: it waits while the layer
wakes, is at work once the layer is up, and ends when the work is done or the caller has left.
Times are seconds on any clock that never runs backwards.
"""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient a layer is; all in seconds but the queue."""

    cooldown: float = 300.0
    start_timeout: float = 30.0
    queue_limit: int = 64
    """Claims at a time, waiting and at work; one more is told that the queue is full."""
    first_pause: float = 1.0
    """The pause after a first failed start; it doubles with each further one."""
    longest_pause: float = 60.0
    stable_after: float = 30.0
    """A layer that was up this long has proved itself: its next failure counts as the first."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the last start failed, how many did in a row, and when the next may be tried."""

    failures: int = 0
    reason: str = ""
    retry_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Waiter:
    """A claim that waits, and when it must have its answer."""

    claim: str
    deadline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cold:
    """Nothing runs."""

    run: int = 0
    trouble: Trouble = Trouble()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waking:
    """A start is under way; every caller shares it."""

    run: int
    waiting: tuple[Waiter, ...]
    give_up_at: float
    trouble: Trouble = Trouble()


@dataclass(frozen=True, slots=True, kw_only=True)
class Up:
    """The layer answers; `idle_since` holds while nobody works."""

    run: int
    url: str
    pid: int
    since: float
    claims: frozenset[str] = frozenset()
    idle_since: float
    trouble: Trouble = Trouble()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draining:
    """The layer was told to stop and has not gone yet; whoever comes now waits for the next run."""

    run: int
    waiting: tuple[Waiter, ...] = ()
    trouble: Trouble = Trouble()


State = Cold | Waking | Up | Draining
Phase = Literal["cold", "waking", "ready", "draining"]


@dataclass(frozen=True, slots=True)
class Demand:
    """A caller needs the layer, and must be answered by `deadline`."""

    claim: str
    deadline: float


@dataclass(frozen=True, slots=True)
class Released:
    """A claim ends: its work is done, or its caller has left."""

    claim: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The started layer answers its probe."""

    run: int
    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The start came to nothing, and nothing is left running."""

    run: int
    reason: str


@dataclass(frozen=True, slots=True)
class Exited:
    """The layer is gone: told to, or of itself."""

    run: int
    reason: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Event = Demand | Released | Ready | Failed | Exited | Tick


@dataclass(frozen=True, slots=True)
class Start:
    """Start the layer."""

    run: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the layer, gently first."""

    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """Tell a caller that the layer is up; `woken` when the caller had to wait for it."""

    claim: str
    url: str
    pid: int
    woken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny:
    """Tell a caller, or one whose layer died under its work, that there is no layer."""

    claim: str
    why: Literal["full", "late", "failed", "lost"]
    reason: str
    retry_after: float = 1.0


Effect = Start | Stop | Serve | Deny


@dataclass(frozen=True, slots=True)
class Step:
    """The next state, and what to do about it, in order."""

    state: State
    effects: tuple[Effect, ...] = field(default=())
