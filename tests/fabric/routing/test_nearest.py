"""What is offered when nothing fits: the nearest tools, always the same ones."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.nearest import nearest


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("ban that guy", "block_client"),
        ("guest code please", "list_vouchers"),
        ("is port 5 down", "list_ports"),
        ("wifi passwrd new password", "set_wlan_password"),
        ("who broke the firewall yesterday", "list_events"),
        ("ssids", "list_wlans"),
        ("traceroutes", "run_diagnostic"),
    ],
)
def test_the_nearest_tool_shares_the_rarest_words(text: str, tool: str) -> None:
    ((first, example), *_) = nearest(text, TOOLS)
    assert first.name == tool
    assert example in first.examples


@pytest.mark.parametrize("name", TOOLS)
def test_an_example_is_near_to_its_own_tool(name: str) -> None:
    for example in TOOLS[name].examples:
        assert name in [tool.name for tool, _ in nearest(example, TOOLS)]


def test_there_is_always_something_to_offer() -> None:
    assert len(nearest("", TOOLS)) == 3
    assert nearest("", TOOLS) == nearest("qwertz", TOOLS)
    assert len(nearest("block", TOOLS, count=1)) == 1
    assert nearest("block", {}) == ()


@given(st.text())
def test_any_text_gets_distinct_tools_and_the_same_ones_again(text: str) -> None:
    found = nearest(text, TOOLS)
    assert len({tool.name for tool, _ in found}) == 3
    assert all(example in tool.examples for tool, example in found)
    assert found == nearest(text, TOOLS)


def test_a_long_text_costs_no_more_than_its_beginning() -> None:
    text = "block the printer " + "and more " * 6_000
    assert nearest(text, TOOLS) == nearest(text[:2_000], TOOLS)


def test_a_tool_without_examples_is_offered_by_its_summary() -> None:
    bare = replace(TOOLS["list_sites"], examples=())
    assert nearest("sites", {"list_sites": bare}) == ((bare, bare.summary),)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("restrat the garage ap", "restart_device"),
        ("unblok the tv", "unblock_client"),
        ("lsit clients", "list_clients"),
        ("shwo the firewall rules", "list_firewall_rules"),
        ("rebooot the core switch", "restart_device"),
        ("renome my phone", "rename_client"),
    ],
)
def test_one_slip_in_a_verb_still_leads_to_its_tool(text: str, tool: str) -> None:
    ((first, _), *_) = nearest(text, TOOLS)
    assert first.name == tool


@pytest.mark.parametrize(
    "text",
    [
        "which ap has the most legacy clients",
        "show me the old laptop forgotten by its owner",
        "lsit old clients that i forgot",
        "is the firmware upgrade of the office switch over",
    ],
)
def test_a_question_is_never_answered_with_a_change(text: str) -> None:
    assert not any(tool.writes for tool, _ in nearest(text, TOOLS))


def test_a_text_that_says_nothing_gets_an_overview() -> None:
    for text in ("help", "what can you do?", "xyzzy"):
        assert [tool.name for tool, _ in nearest(text, TOOLS)] == [
            "get_network_health", "list_clients", "list_devices",
        ]  # fmt: skip


def test_a_reminder_is_near_to_its_act_alone() -> None:
    ((first, _), *rest) = nearest("please don't forget to block the kids ipad", TOOLS)
    assert first.name == "block_client"
    assert not any(tool.name.startswith("forget") for tool, _ in rest)


def test_an_example_without_an_invented_address_is_preferred() -> None:
    ((_, example), *_) = nearest("a client that is to be shown, forgotten or forced", TOOLS)
    assert "aa:bb" not in example
