"""A call becomes a route, and a route becomes the same call for another name."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.catalogue.tool import Risk
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.experience.routes import (
    Route,
    arguments_for,
    identity,
    payload_of,
    proposal_of,
    route_from,
    route_of,
    schema_digest,
)
from cortex.fabric.routing.language import read
from tests.fabric.routing.experience.known import CALLS, ROUTES, call, route


def _replayed(found: Route, text: str) -> Proposal | None:
    return proposal_of(found, read(text), tier="similarity", confidence=0.9, why="")


def _arguments(found: Route, text: str) -> dict[str, Any] | None:
    proposal = _replayed(found, text)
    return None if proposal is None else dict(proposal.arguments)


def test_nearly_every_example_leaves_a_route() -> None:
    assert len(ROUTES) > 0.9 * len(CALLS)


def test_the_route_of_an_example_makes_the_same_call_again() -> None:
    calls = dict(CALLS)
    for text, found in ROUTES:
        proposal = _replayed(found, text)
        assert proposal is not None, text
        assert (proposal.tool, proposal.layer) == (found.tool, found.layer)
        assert dict(proposal.arguments) == dict(calls[text].arguments), text
        assert proposal.needs_confirmation is TOOLS[found.tool].writes


def test_a_route_serves_other_names() -> None:
    found = route("block the kids tablet", "block_client", client="kids tablet")
    assert found.arguments == {"client": {"slot": "frame"}}
    assert _arguments(found, "please block the living room tv!") == {"client": "living room tv"}


def test_arguments_come_from_where_they_came_from() -> None:
    found = route(
        "what's connected to the office switch?", "list_clients", device="office switch",
        status="all",
    )  # fmt: skip
    assert found.arguments == {
        "device": {"slot": "phrase", "index": 0},
        "status": {"fixed": "all"},
    }
    text = "what's connected to the hall switch"
    assert _arguments(found, text) == {"device": "hall switch", "status": "all"}
    top = route("show the top 5 clients on zork-1", "list_clients", limit=5, network="zork-1")
    assert top.arguments["limit"] == {"slot": "mention", "kind": "number", "index": 0}
    assert top.arguments["network"] == {"slot": "name", "index": 0}
    text = "show the top 12 clients on guest-2"
    assert _arguments(top, text) == {"limit": 12, "network": "guest-2"}


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("set the wifi password of Home to hunter22", "set_wlan_password",
         {"wlan": "Home", "password": "hunter22"}),
        ("change Home to hunter22", "set_wlan_password", {"wlan": "Home", "password": "hunter22"}),
        ("block the printer", "block_client", {"client": "somebody's laptop"}),
        ("block the printer", "block_client", {"client": "printer", "colour": "red"}),
        ("block the printer of zork", "block_client", {"client": "printer"}),
        ("block the printer", "block_client", {}),
        ("zork frobnicate", "list_clients", {}),
        ("block the printer", "no_such_tool", {}),
    ],
)  # fmt: skip
def test_what_cannot_be_replayed_leaves_no_route(
    text: str, tool: str, arguments: dict[str, Any]
) -> None:
    proposal = replace(call("block_client"), tool=tool, arguments=arguments)
    assert route_of(proposal, read(text), encoder="e", site="default") is None


def test_a_read_that_leaves_a_word_out_serves_only_queries_with_the_same_word() -> None:
    found = route("any zorkmids on the network", "list_events")
    assert len(found.rest) == 2
    assert _replayed(found, "any zorkmids on the network") is not None
    assert _replayed(found, "any frobnitzes on the network") is None
    plain = route("any trouble on the network", "list_events")
    assert _replayed(plain, "any zorkmids on the network") is None


def test_a_site_given_by_the_operator_stays() -> None:
    found = route("show the clients", "list_clients", site="default")
    assert found.arguments == {"site": {"fixed": "default"}}
    assert _arguments(found, "show the clients") == {"site": "default"}
    fixed = replace(call("list_clients"), arguments={"site": "elsewhere"})
    assert route_of(fixed, read("show the clients"), encoder="e", site="default") is None


def test_a_word_that_is_searched_for_must_be_in_the_query() -> None:
    found = route("list the cameras", "list_clients", search="cameras")
    assert found.arguments == {"search": {"fixed": "cameras"}}
    assert _arguments(found, "show the cameras") is not None
    assert _replayed(found, "show the printers") is None


def test_a_word_that_an_argument_chooses_from_must_be_the_same() -> None:
    found = route("show the wired clients", "list_clients", connection="wired")
    assert _replayed(found, "list the wired clients") is not None
    assert _replayed(found, "show the wireless clients") is None
    assert _replayed(found, "show the clients") is None


def test_an_optional_value_that_is_not_given_is_left_out() -> None:
    assert route("show the clients", "list_clients", search=None).arguments == {}


def test_a_route_for_what_has_changed_or_cannot_be_filled_proposes_nothing() -> None:
    found = route("block the kids tablet", "block_client", client="kids tablet")
    assert _replayed(replace(found, tool="gone"), "block the tv") is None
    assert _replayed(replace(found, schema="older"), "block the tv") is None
    assert _replayed(found, "my pin is 1234") is None
    named = replace(found, arguments={"client": {"slot": "name", "index": 3}})
    assert _replayed(named, "block the tv") is None
    unknown = replace(found, arguments={"colour": {"fixed": "red"}})
    assert _replayed(unknown, "block the tv") is None
    assert _replayed(replace(found, arguments={}), "block the clients") is None


def test_a_read_takes_no_half_sentence_for_a_reference() -> None:
    found = route("show wifi Home", "get_wlan", wlan="Home")
    assert _replayed(found, "show wifi everybody uses the most please") is None


def test_the_digest_of_a_tool_changes_with_its_arguments_acts_and_risk_only() -> None:
    tool = TOOLS["block_client"]
    digest = schema_digest(tool)
    assert schema_digest(replace(tool, summary="Other words.")) == digest
    assert schema_digest(replace(tool, risk=Risk.READ)) != digest
    assert schema_digest(replace(tool, acts=())) != digest
    assert schema_digest(replace(tool, arguments=tool.arguments[:1])) != digest
    reworded = replace(tool.arguments[0], help="Which one.")
    assert schema_digest(replace(tool, arguments=(reworded, *tool.arguments[1:]))) == digest
    assert len({schema_digest(one) for one in TOOLS.values()}) == len(TOOLS)


def test_routes_that_differ_have_different_ids() -> None:
    found = route("block the kids tablet", "block_client", client="kids tablet")
    names = ("template", "polarity", "tool", "layer", "schema", "encoder", "site", "rest")
    changes: list[dict[str, Any]] = [{name: "x"} for name in names]
    others = [replace(found, **change) for change in changes]
    others.append(replace(found, arguments={}))
    assert str(UUID(identity(found))) == identity(replace(found))
    assert len({identity(one) for one in (found, *others)}) == len(others) + 1


def test_a_route_survives_the_store() -> None:
    for _, found in ROUTES:
        assert route_from(payload_of(found) | {"stage": "new"}) == found


@pytest.mark.parametrize(
    "damage",
    [
        {"template": None}, {"template": ""}, {"tool": 7}, {"arguments": None},
        {"arguments": {"client": "frame"}}, {"arguments": {"client": {}}},
        {"arguments": {"client": {"slot": "elsewhere"}}},
        {"arguments": {"client": {"slot": "frame", "index": 1}}},
        {"arguments": {"client": {"slot": "name", "index": -1}}},
        {"arguments": {"client": {"slot": "name", "index": "0"}}},
        {"arguments": {"client": {"slot": "mention", "kind": "moon", "index": 0}}},
        {"arguments": {"client": {"fixed": ["a"]}}},
    ],
)  # fmt: skip
def test_a_damaged_payload_is_no_route(damage: dict[str, Any]) -> None:
    payload = payload_of(ROUTES[0][1])
    assert route_from(payload | damage) is None
    assert route_from({}) is None


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers() | st.none()))
def test_any_payload_is_read_without_failing(payload: dict[str, Any]) -> None:
    assert route_from(payload) is None


def test_a_payload_without_the_check_sum_is_an_older_route() -> None:
    payload = payload_of(ROUTES[0][1])
    del payload["rest"]
    assert route_from(payload) == replace(ROUTES[0][1], rest="")


def test_the_one_name_of_a_query_is_the_reference_where_its_reading_gives_none() -> None:
    frame = read("which logs does the garage ap have")
    assert arguments_for(TOOLS["get_device_logs"], frame)["device"] == "garage ap"
    clean = read("show the logs of zork-1")
    assert arguments_for(TOOLS["get_device_logs"], clean)["device"] == "zork-1"
    nameless = read("show the logs")
    assert "zork" not in str(arguments_for(TOOLS["get_device_logs"], nameless))


@given(st.sampled_from(ROUTES), st.sampled_from([text for text, _ in ROUTES]))
def test_a_replayed_call_is_whole_and_names_what_the_query_names(
    known: tuple[str, Route], text: str
) -> None:
    proposal = _replayed(known[1], text)
    if proposal is not None:
        tool = TOOLS[proposal.tool]
        assert all(one.name in proposal.arguments for one in tool.arguments if one.required)
        assert proposal.tool == known[1].tool
