"""Examples of how a thing is asked for plainly, about what the query names."""

import pytest

from cortex.fabric.activator.answer.offers.examples import example_of, shown_by
from cortex.fabric.activator.rulebook import load_rules
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.language import read

RULES = load_rules(None)
_WRITES = [one.name for one in TOOLS.values() if one.writes]


@pytest.mark.parametrize(
    ("text", "tool", "shown"),
    [
        ("the kids ipad should lose its connection", "reconnect_client", "kids ipad"),
        ("kids ipad internet off", "block_client", "block kids ipad"),
        ("my laptop needs a rest", "block_client", "my laptop"),
        ("Emma's iPad is a menace", "get_client", "Emma's iPad"),
        ("the garage ap acts up", "restart_device", "the garage ap"),
        ("a fresh start for port 7 of the office switch", "power_cycle_port", "port 7 of the"),
        ("that thing at 3c:22:fb:92:8a:51 is rogue", "block_client", "3c:22:fb:92:8a:51"),
        ("the IoT wifi is bad", "set_wlan_enabled", "the IoT wifi"),
    ],
)
def test_an_example_carries_the_name_that_was_said(text: str, tool: str, shown: str) -> None:
    query = example_of(TOOLS[tool], read(text))
    assert shown in query
    assert "<" not in query
    assert RULES.propose(read(query)).proposals[0].tool == tool


@pytest.mark.parametrize(
    ("text", "tool", "shown"),
    [
        ("punish emmas ipad", "block_client", "block <client>"),
        ("could someone punish Emma's iPad", "block_client", "block <client>"),
        ("the garage ap acts up", "power_cycle_port", "bounce <port> on the garage ap"),
        ("the kids ipad acts up", "restart_device", "restart <device>"),
        ("3c:22:fb:92:8a:51 and 3c:22:fb:92:8a:52", "block_client", "block <client>"),
        ("stop guests", "create_firewall_block", "block <network> from the internet"),
    ],
)
def test_what_was_not_certainly_said_is_left_open(text: str, tool: str, shown: str) -> None:
    assert example_of(TOOLS[tool], read(text)) == shown


@pytest.mark.parametrize("name", _WRITES)
def test_an_example_with_something_left_open_orders_nothing(name: str) -> None:
    query = example_of(TOOLS[name], read("whatever"))
    for one in RULES.propose(read(query)).proposals if "<" in query else ():
        assert not isinstance(agree(TOOLS[one.tool], one.arguments, read(query)), Agreed)


def test_a_change_of_all_there_is_is_never_the_example() -> None:
    assert example_of(TOOLS["set_device_led"], read("the leds dazzle me")) != "turn the leds off"
    assert example_of(TOOLS["create_vouchers"], read("my guests are here")) == ""


def test_words_that_speak_of_a_password_are_not_repeated() -> None:
    text = "the guest wifi has the password hunter2hunter2"
    shown = [example_of(one, read(text)) for one in TOOLS.values()]
    assert not any("hunter2" in one for one in shown)


def test_what_was_asked_is_no_example_of_itself() -> None:
    assert shown_by(TOOLS["block_client"], "block the kids ipad", read("block the kids ipad")) == ""


def test_an_example_that_names_nothing_stays_as_it_is() -> None:
    assert (
        shown_by(TOOLS["list_networks"], "list all vlans", read("the kids ipad"))
        == "list all vlans"
    )
