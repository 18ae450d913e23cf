"""Decide when a call goes over SSH instead of through the controller: triggers, and what follows.

Pure. What the controller answers, a refusal or a limit included, is an answer and never a reason;
nor is a layer of ours that did not start. Probing and calling are left to others.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, assert_never

import msgspec

from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.messages import ErrorBody, Status

FAIR_S: Final = 2.0
"""Seconds that the controller must have had before its silence says anything about it."""


class Kind(StrEnum):
    """How the controller fails."""

    REFUSED = "refused"
    SILENT = "silent"
    FRONT_DOOR = "front_door"
    HANGS = "hangs"
    PATH_GONE = "path_gone"


Line = Literal["open", "refused", "silent", "unknown"]
"""What a connection to the controller's port comes to; unknown where there is no such address."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a failure says about the controller."""

    kind: Literal["away", "front_door", "late", "path_gone"]
    message: str

    @property
    def unreached(self) -> bool:
        """Whether the controller itself got nothing of what was sent."""
        return self.kind in {"away", "front_door"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The controller does not answer, or not for one tool."""

    kind: Kind
    why: str
    """In words, as `connection refused`."""
    since: float
    """Unix seconds."""
    tool: str = ""
    """The only tool that it is about; empty for all."""

    @property
    def by_connection(self) -> bool:
        """Whether a mere connection shows that it is over."""
        return self.kind in {Kind.REFUSED, Kind.SILENT}

    @property
    def because(self) -> str:
        """Say it as a reason."""
        if self.tool:
            return f"the controller {self.why}"
        return f"the controller does not answer ({self.why})"


def trigger_of(status: Status | Literal["planned"], error: ErrorBody | None) -> Trigger | None:
    """Return what an answer of the API layer says about the controller; None where it is one."""
    if status != "failed" or error is None:
        return None
    match error.code:
        case "unreachable" if error.reason == "front-door":
            return Trigger("front_door", error.message)
        case "unreachable":
            return Trigger("away", error.message)
        case "timeout":
            return Trigger("late", error.message)
        case "schema_changed" if error.reason == "path-gone":
            return Trigger("path_gone", error.message)
        case _:
            return None


def outage_of(trigger: Trigger, line: Line, *, tool: str, since: float) -> Outage:
    """Return the outage that a trigger tells of, with what its line shows now."""
    if trigger.kind == "path_gone":
        why = "no longer has what this needs"
        return Outage(kind=Kind.PATH_GONE, why=why, since=since, tool=tool)
    match line:
        case "refused":
            return Outage(kind=Kind.REFUSED, why="connection refused", since=since)
        case "silent":
            return Outage(kind=Kind.SILENT, why="no connection", since=since)
        case "open" | "unknown":
            return _behind_a_line(trigger, since)
        case _:
            assert_never(line)


def _behind_a_line(trigger: Trigger, since: float) -> Outage:
    if trigger.kind == "front_door":
        return Outage(kind=Kind.FRONT_DOOR, why="only its front door does", since=since)
    return Outage(kind=Kind.HANGS, why="no answer in time", since=since)


Step = Literal["api", "ssh", "wait", "tell"]
"""Ask the controller; go over SSH; say that a change waits for the controller; say it is away."""


def next_step(tool: Tool, outage: Outage | None, *, asked: bool, later: bool = False) -> Step:
    """Say what to do about a call, where `asked` tells whether the controller was asked for it.

    `later` is a change for another time, which only the controller's layer makes.
    """
    if outage is None or outage.tool not in {"", tool.name}:
        return "api"
    if has_twin(tool, later=later):
        return "ssh"
    if not asked and not outage.by_connection:
        return "api"
    return "wait" if tool.writes else "tell"


def has_twin(tool: Tool, *, later: bool = False) -> bool:
    """Tell whether a call can be made over SSH as well."""
    return tool.ssh_twin and not (tool.writes and later)


def waits(tool: Tool, outage: Outage) -> ErrorBody:
    """Say that a change waits for the controller, and that nothing else does."""
    message = (
        f"{_sentence(outage.because)}, and {tool.name} waits for the controller:"
        " nothing was sent, and nothing is queued."
    )
    return ErrorBody(code="unreachable", message=message, hint="ask again when it answers")


def away(outage: Outage) -> ErrorBody:
    """Say that the controller does not answer, and nobody else can."""
    message = f"{_sentence(outage.because)}, and only it can tell this."
    return ErrorBody(code="unreachable", message=message, hint="ask again when it answers")


def unsent(outage: Outage, *, twin: bool) -> ErrorBody:
    """Say that a change which was planned for the controller was not made, in any way."""
    message = f"{_sentence(outage.because)}; nothing was sent, not over SSH either."
    hint = "ask again, and it is offered over SSH" if twin else "ask again when it answers"
    return ErrorBody(code="unreachable", message=message, hint=hint)


def beside(outage: Outage, error: ErrorBody) -> ErrorBody:
    """Say what went wrong over SSH, and why it was tried."""
    message = f"{_sentence(outage.because)}; over SSH: {error.message}"
    return msgspec.structs.replace(error, message=message)


def over_ssh(because: str) -> str:
    """Say which way a call takes, and why."""
    return f"over SSH, because {because}"


def told_over_ssh(answer: str, because: str) -> str:
    """Say in an answer which way it came; that stands apart, whatever the answer ends with."""
    return f"{answer} ({_sentence(over_ssh(because))}.)"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
