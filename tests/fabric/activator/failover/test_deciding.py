"""What makes a call go over SSH, what does not, and in which words it is told."""

from dataclasses import replace
from typing import Any

import pytest

from cortex.clients.unifi.answers import Call, Lane, read
from cortex.errors import CortexError, LayerNotReady, LostReply, Rejected, SchemaChanged, Throttled
from cortex.fabric.activator.failover import deciding
from cortex.fabric.activator.failover.deciding import (
    Kind,
    Line,
    Outage,
    Trigger,
    next_step,
    outage_of,
    trigger_of,
)
from cortex.fabric.catalogue.tools import TOOLS, resolve_tool
from cortex.fabric.messages import ErrorBody
from cortex.fabric.messages.failures import body_of

AWAY = Trigger("away", "GET '/x' at https://console got no answer: nobody there")
REFUSED = Outage(kind=Kind.REFUSED, why="connection refused", since=5.0)
HANGS = Outage(kind=Kind.HANGS, why="no answer in time", since=5.0)
DEVICES, WLAN = resolve_tool("list_devices"), resolve_tool("block_client")
RESTART = resolve_tool("restart_device")
CALL = Call(Lane.LEGACY, "GET", "/s/default/stat/device")
DROPPED = Call(Lane.LEGACY, "POST", "/s/default/stat/event")


def from_controller(
    status: int, content: bytes, media: str = "application/json", call: Call = CALL
) -> ErrorBody:
    """Return how the API layer tells of an answer of the controller."""
    with pytest.raises(CortexError) as caught:
        read(call, status, media, content)
    return body_of(caught.value)


@pytest.mark.parametrize(
    ("call", "status", "content", "media", "kind"),
    [
        (CALL, 502, b"", "text/plain", "front_door"),
        (CALL, 503, b"{}", "application/json", "front_door"),
        (CALL, 200, b"<html>", "text/html", "front_door"),
        (DROPPED, 404, b"{}", "application/json", "path_gone"),
    ],
)
def test_a_front_door_a_web_page_and_a_removed_path_are_triggers(
    call: Call, status: int, content: bytes, media: str, kind: str
) -> None:
    trigger = trigger_of("failed", from_controller(status, content, media, call))
    assert trigger is not None
    assert trigger.kind == kind


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (400, b'{"meta":{"rc":"error","msg":"api.err.Invalid"}}'),
        (200, b'{"meta":{"rc":"error","msg":"api.err.Invalid"}}'),
        (401, b"{}"),
        (403, b'{"meta":{"rc":"error","msg":"api.err.NoPermission"}}'),
        (429, b"{}"),
        (404, b"{}"),
        (500, b"{}"),
        (200, b"[]"),
        (400, b"<html>"),
        (401, b"<html>"),
        (403, b"<html>"),
        (404, b"<html>"),
        (500, b"<html>"),
    ],
)
def test_what_the_controller_answers_is_no_trigger(status: int, content: bytes) -> None:
    assert trigger_of("failed", from_controller(status, content)) is None


@pytest.mark.parametrize(
    "error",
    [
        LayerNotReady("it ended"),
        LostReply("gone"),
        Throttled("wait"),
        Rejected("no", reason="api.err.X"),
        SchemaChanged("another shape", service="unifi"),
    ],
)
def test_neither_our_own_layers_nor_another_shape_are_triggers(error: CortexError) -> None:
    assert trigger_of("failed", body_of(error)) is None


def test_only_a_failure_is_a_trigger() -> None:
    error = ErrorBody(code="unreachable", message="away")
    assert trigger_of("failed", error) == Trigger("away", "away")
    at_the_door = ErrorBody(code="unreachable", message="away", reason="front-door")
    assert trigger_of("failed", at_the_door) == Trigger("front_door", "away")
    assert trigger_of("unverified", error) is None
    assert trigger_of("planned", None) is None
    assert trigger_of("failed", None) is None
    assert trigger_of("failed", ErrorBody(code="timeout", message="late")) == Trigger(
        "late", "late"
    )


@pytest.mark.parametrize(
    ("trigger", "line", "kind", "because"),
    [
        (AWAY, "refused", Kind.REFUSED, "the controller does not answer (connection refused)"),
        (AWAY, "silent", Kind.SILENT, "the controller does not answer (no connection)"),
        (AWAY, "open", Kind.HANGS, "the controller does not answer (no answer in time)"),
        (AWAY, "unknown", Kind.HANGS, "the controller does not answer (no answer in time)"),
        (
            Trigger("front_door", "only the front door answers the login (502)"),
            "open",
            Kind.FRONT_DOOR,
            "the controller does not answer (only its front door does)",
        ),
        (
            Trigger("path_gone", "x"),
            "unknown",
            Kind.PATH_GONE,
            "the controller no longer has what this needs",
        ),
    ],
)
def test_an_outage_is_told_by_what_its_line_shows(
    trigger: Trigger, line: Line, kind: Kind, because: str
) -> None:
    outage = outage_of(trigger, line, tool="list_devices", since=7.0)
    assert (outage.kind, outage.because, outage.since) == (kind, because, 7.0)
    assert outage.by_connection == (kind in {Kind.REFUSED, Kind.SILENT})
    assert outage.tool == ("list_devices" if kind is Kind.PATH_GONE else "")


@pytest.mark.parametrize(
    ("tool", "outage", "more", "step"),
    [
        (DEVICES, None, {"asked": False}, "api"),
        (DEVICES, REFUSED, {"asked": False}, "ssh"),
        (DEVICES, HANGS, {"asked": True}, "ssh"),
        (RESTART, REFUSED, {"asked": False}, "ssh"),
        (RESTART, REFUSED, {"asked": False, "later": True}, "wait"),
        (WLAN, REFUSED, {"asked": False}, "wait"),
        (WLAN, HANGS, {"asked": False}, "api"),
        (WLAN, HANGS, {"asked": True}, "wait"),
        (resolve_tool("list_firewall_rules"), REFUSED, {"asked": False}, "tell"),
        (resolve_tool("list_firewall_rules"), HANGS, {"asked": False}, "api"),
        (DEVICES, replace(HANGS, tool="get_device"), {"asked": False}, "api"),
        (DEVICES, replace(HANGS, tool="list_devices"), {"asked": False}, "ssh"),
    ],
)
def test_the_next_step_follows_from_the_tool_and_the_outage(
    tool: Any, outage: Outage | None, more: dict[str, bool], step: str
) -> None:
    assert next_step(tool, outage, **more) == step


def test_the_only_changes_with_a_twin_are_restarts_and_the_way_to_the_controller() -> None:
    twins = {tool.name for tool in TOOLS.values() if tool.writes and deciding.has_twin(tool)}
    assert twins == {"restart_device", "power_cycle_port", "adopt_device"}
    assert not any(
        deciding.has_twin(tool, later=True) for tool in TOOLS.values() if tool.name in twins
    )


def test_what_is_not_done_is_said_with_what_to_do() -> None:
    waiting = deciding.waits(WLAN, REFUSED)
    assert waiting.code == "unreachable"
    assert waiting.message == (
        "The controller does not answer (connection refused), and block_client waits for the"
        " controller: nothing was sent, and nothing is queued."
    )
    assert "only it can tell this" in deciding.away(HANGS).message
    assert "over SSH" in deciding.unsent(REFUSED, twin=True).hint
    assert "over SSH" not in deciding.unsent(REFUSED, twin=False).hint
    error = ErrorBody(code="rejected", message="no key", hint="accept it", reason="host-key-old")
    told = deciding.beside(REFUSED, error)
    assert told.message.endswith("(connection refused); over SSH: no key")
    assert (told.code, told.hint, told.reason) == ("rejected", "accept it", "host-key-old")


@pytest.mark.parametrize(
    "answer", ["3 devices", "It is up.", "It was refused; nothing was sent.", "Which one?"]
)
def test_an_answer_says_that_it_came_over_ssh_whatever_it_ends_with(answer: str) -> None:
    assert deciding.told_over_ssh(answer, "x") == f"{answer} (Over SSH, because x.)"
