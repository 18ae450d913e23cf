"""The bodies that travel between people, the activator and the execution layers, as JSON.

Decides nothing; both ends import it, so that they cannot drift apart. Arguments and rows stay
plain mappings because each tool has its own; `catalogue` says what they may hold.
"""

from typing import Any, Literal

import msgspec

Status = Literal["done", "confirm", "clarify", "refused", "failed", "unverified", "accepted"]
Mode = Literal["llm", "agent", "hybrid"]
TierName = Literal["cache", "keyword", "similarity", "classifier", "slm", "runbook"]


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, for programs (`code`), for people (`message`), and what to do (`hint`)."""

    code: str
    message: str
    hint: str = ""
    reason: str = ""
    """The outside system's own code, where it said no; else why a query that found no route, or
    failed, would go on to a reasoning tier."""
    retry_after: float = 0.0
    """Seconds after which it is worth trying again; 0 when it is not."""


class Asker(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who asks: the token's name, and the network address the question came from."""

    principal: str
    address: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entity of the live inventory that a reference was bound to."""

    kind: str
    id: str
    """The stable id: a MAC for clients and devices, `MAC#port` for ports, else the controller's."""
    name: str
    mac: str = ""
    detail: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to go on: words for people, and the query that means exactly this."""

    label: str
    query: str
    target: Target | None = None


class Preview(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a write would do: what, on what, what else is touched, how to undo it."""

    what: str
    on: tuple[str, ...] = ()
    blast_radius: str = ""
    undo: str = ""
    warnings: tuple[str, ...] = ()
    unchanged: bool = False
    """Whether nothing is to be sent, because all is as wanted; `what` then says so."""
    deed: str = ""
    """What it would do at another time, where `unchanged`; what else is touched, and how to undo
    it, are about that too."""
    again: bool = False
    """Whether it is sent also where all seems as wanted, as what was sent before may still change
    that."""


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the controller said last of one site: what is needed to reach it without it.

    Records have the controller's own field names, of which only those that are needed are kept;
    secrets never are.
    """

    site: str
    """The short name of the site."""
    site_name: str = ""
    """What people call it."""
    at: float
    """When it was read, in Unix seconds."""
    inform_url: str = ""
    """Where devices report to, as `http://192.168.1.1:8080/inform`."""
    devices: tuple[dict[str, Any], ...] = ()
    clients: tuple[dict[str, Any], ...] = ()
    found: bool = False
    """Whether nothing is remembered, and its devices were looked for; never kept."""


class InventoryRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say what a site holds, as far as it is needed to reach it without its controller."""

    site: str = ""
    deadline_ms: int = 10_000


class DiscoverRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Look for devices of which nothing is remembered; they are answered as a `Known`."""

    site: str = ""
    deadline_ms: int = 10_000


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Resolve the references of one call and say what it would do."""

    query_id: str
    tool: str
    arguments: dict[str, Any]
    site: str = ""
    """Short name, display name or id; empty for the default site."""
    asker: Asker
    deadline_ms: int = 30_000
    known: Known | None = None
    """What is remembered of the site, for a layer that cannot ask the controller."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One call with every reference bound; `digest` covers tool, site, arguments and targets."""

    tool: str
    site: str
    arguments: dict[str, Any]
    targets: tuple[Target, ...]
    risk: str
    preview: Preview
    digest: str


class PlanReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The plan, or what is missing: choices to clarify, or an error that says why not."""

    status: Literal["planned", "clarify", "refused", "failed"]
    plan: Plan | None = None
    answer: str = ""
    choices: tuple[Choice, ...] = ()
    error: ErrorBody | None = None
    binds: Literal["one", "several", "none"] = "one"
    before: dict[str, Any] = {}
    """How the target of a write is now, as far as its tool looks at it; never a secret."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The activator's leave for one write: signed, short-lived, one use."""

    digest: str
    nonce: str
    principal: str
    expires_at: float
    """Unix seconds."""
    signature: str
    """Hex HMAC-SHA256 over the other fields, under the grant key."""
    address: str = ""
    """The network address the question came from, for the guard against locking it out."""


class ExecuteRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Perform a plan; a write needs its grant. The same nonce again only reads back."""

    query_id: str
    plan: Plan
    grant: Grant | None = None
    deadline_ms: int = 30_000
    known: Known | None = None
    """As in the request to plan."""


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """The call that puts things back."""

    tool: str
    arguments: dict[str, Any]
    query: str = ""
    """The same in words, ready to ask."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a call, after reading back."""

    status: Literal["done", "unverified", "failed", "refused", "accepted"]
    answer: str
    data: dict[str, Any] = {}
    """`rows` (list of mappings) with `columns` [{key,title}], or `facts`; `complete`, `sources`."""
    undo: Undo | None = None
    before: dict[str, Any] = {}
    """How the target of a write was before it, where that was written down; never a secret."""
    error: ErrorBody | None = None
    execute_ms: float = 0.0
    verify_ms: float = 0.0


class QueryRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question or a command in plain language."""

    query: str
    site: str = ""
    context: dict[str, Any] = {}
    conversation_id: str = ""
    """Any text of the caller's choice: what the query leaves out is then taken from the caller's
    own earlier queries with the same id, for half an hour."""
    deadline_ms: int | None = None
    """How long it may take; a minute, or the operator's limit if that is less, when left out."""
    mode: Mode | None = None
    dry_run: bool = False


class ConfirmRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A yes, or a no, to one paused call."""

    token: str
    answer: Literal["yes", "no"] = "yes"
    deadline_ms: int | None = None
    """How long it may take; when left out, five minutes, in which a device goes down and comes
    back, or the operator's limit if that is less."""


class FeedbackRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person thinks of an answer."""

    query_id: str
    feedback: Literal["positive", "negative", "wrong_tool", "wrong_target", "correction"]
    correction: str = ""


class ClassifyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say which tool a text means."""

    query_id: str
    text: str
    deadline_ms: int = 10_000


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One tool that a text may mean, and how likely: 0 to 1."""

    tool: str
    confidence: float


class ClassifyReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tool to go for, two or three to ask about, or none, to pass the text on."""

    verdict: Literal["route", "ask", "pass"]
    readings: tuple[Reading, ...] = ()
    """Best first."""
    why: str = ""
    """For people; names the class of refusal when the text was recognised as none of ours."""


class RouteBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The way a query took, and why."""

    tier: TierName
    tool: str
    layer: str
    arguments: dict[str, Any]
    confidence: float
    why: str


class ComplexityBody(msgspec.Struct, frozen=True, kw_only=True):
    """How hard a query is: 0–100, its level, and what added up."""

    score: int
    level: Literal["simple", "moderate", "complex", "expert"]
    factors: dict[str, int]


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """A call that waits for a yes."""

    token: str
    expires_at: float
    preview: Preview


class Timings(msgspec.Struct, kw_only=True):
    """Where the time went, in milliseconds."""

    route: float = 0.0
    wake: float = 0.0
    execute: float = 0.0
    verify: float = 0.0
    total: float = 0.0


class QueryResponse(msgspec.Struct, kw_only=True):
    """The answer to a query: the public contract of `POST /v1/query`."""

    query_id: str
    status: Status
    answer: str
    data: dict[str, Any] = {}
    route: RouteBody | None = None
    frame: dict[str, Any] = {}
    mode: Mode = "agent"
    complexity: ComplexityBody | None = None
    confirmation: Confirmation | None = None
    choices: tuple[Choice, ...] = ()
    layers_woken: tuple[str, ...] = ()
    timings_ms: Timings = msgspec.field(default_factory=Timings)
    error: ErrorBody | None = None
    undo: Undo | None = None
