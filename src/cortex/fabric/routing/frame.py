"""What a frame is: the reading of one query that every proposed call must agree with.

Holds the types only; `routing.language` reads a text into a frame, `routing.agreement` holds
a tool against it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from cortex.fabric.catalogue.tool import Direction, TargetKind, Verb


class Mood(StrEnum):
    """How a text stands to the action that it names."""

    COMMAND = "command"
    """A bare imperative: "block the printer"."""
    REQUEST = "request"
    """A polite imperative: "could you block the printer?"."""
    QUESTION = "question"
    """Asks for facts, or about an action: "is it safe to …", "what happens if I …"."""
    STATEMENT = "statement"
    """Neither asks nor orders: "the printer is slow"."""
    PAST = "past"
    """Tells of something done: "I blocked the printer"."""
    CONDITIONAL = "conditional"
    """Depends on something: "if it fails, block the printer"."""
    SCHEDULED = "scheduled"
    """Is for later, or for a time: "block it at 7", "for two hours"."""
    REPORTED = "reported"
    """Somebody else's words: "she said block the printer"."""
    QUOTED = "quoted"
    """The action stands inside quotation marks."""


class Polarity(StrEnum):
    """Whether the text wants the action or its absence."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


Quantity = Literal["one", "all", "some"]
MentionKind = Literal[
    "mac", "ip", "vlan", "port", "duration", "time", "number", "quoted", "name", "band"
]


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity in the text: its kind, the words, and its value in canonical form."""

    kind: MentionKind
    text: str
    value: str
    start: int
    """Offset into `Frame.text`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The reading of one query."""

    text: str
    """The query, Unicode-normalised (NFKC), spaces folded, case kept."""
    language: str
    """`en`, another ISO 639-1 code when recognised, `mis` in an unknown script, or `und`:
    no word is known, which is not to say that it is another language."""
    mood: Mood
    polarity: Polarity = Polarity.POSITIVE
    verb: Verb | None = None
    direction: Direction = Direction.NONE
    target: TargetKind | None = None
    """The kind of thing named in the object; none when the object is only a name."""
    object: str = ""
    """The object's words, without articles, verb, negation and time."""
    quantity: Quantity = "one"
    mentions: tuple[Mention, ...] = ()
    clauses: tuple[str, ...] = ()
    """The parts of a compound query, two or more; empty when it is one."""
    template: str = ""
    """The text in lower case with entities replaced by typed slots."""
    plain: str = ""
    """What a roundabout order or wish to see something stands for; empty when there is none."""
