"""What memory keeps of a query: its wording, and nothing that names somebody's things."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.experience.templates import (
    Masked,
    conceal,
    kinds_at,
    masked,
    refers,
    unsaid,
)
from cortex.fabric.routing.language import read

NAMES = st.from_regex(r"[bcdfghjklmnpqrstvwxz]{5,9}-[0-9]{1,3}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "template", "names"),
    [
        ("block the kids tablet", "block the <name>", ("kids tablet",)),
        ("Could you please block Marta's iPad?", "block <name>", ("Marta's iPad",)),
        ("hey cortex, block the Kids Tablet now please!", "block the <name>", ("Kids Tablet",)),
        ("reboot ap-garage", "reboot <name>", ("ap-garage",)),
        ("who is on the guest wifi", "who is on the <name> wifi", ("guest",)),
        ("authorize the guest ada-phone", "authorize the guest <name>", ("ada-phone",)),
        ("show office clients", "show office clients", ()),
        ("why is the kitchen slow", "why is the <name> slow", ("kitchen",)),
        ("restart the hall access point", "restart the <name> access point", ("hall",)),
        ("show the 5 ghz clients", "show the 5 ghz clients", ()),
        ("Marta’s phone usage", "<name> usage", ("Marta’s phone",)),
        ("show marta's usage", "show <name> usage", ("marta",)),
        ("turn poe off on port 5 of sw-1", "turn poe off on <port> of <name>", ("sw-1",)),
        ("power-cycle port 3", "power-cycle <port>", ()),
        ("who is in the cameras network", "who is in the <name> network", ("cameras",)),
        ("show the cameras", "show the cameras", ()),
        ("look at the home office wifi", "look at the <name> wifi", ("home office",)),
        ("is anybody home", "is anybody home", ()),
        ("yesterday's network events", "yesterday's network events", ()),
    ],
)
def test_names_and_entities_are_taken_out_of_a_wording(
    text: str, template: str, names: tuple[str, ...]
) -> None:
    mask = masked(read(text))
    assert (mask.template, mask.names) == (template, names)


def test_a_name_keeps_its_kind_of_thing_in_the_phrase() -> None:
    assert masked(read("is the Lobby wireless network up")).phrases == ("Lobby wireless network",)
    mask = masked(read("what's connected to the office switch?"))
    assert mask.names == ("office",)
    assert mask.phrases == ("office switch",)


@pytest.mark.parametrize(
    "text",
    ["", "zorglub frobnicate", "what is zorglub of frobnicate", "aa:bb:cc:dd:ee:ff",
     "set the wifi password of Home to hunter22", "my pin is 1234"],
)  # fmt: skip
def test_what_says_nothing_or_speaks_of_a_secret_leaves_no_wording(text: str) -> None:
    assert masked(read(text)) == Masked("")


@given(NAMES)
def test_no_name_is_left_in_the_wording_of_an_example(name: str) -> None:
    for text in (f"block {name}", f"is {name} online", f"show the clients on {name} since monday"):
        mask = masked(read(text))
        assert name not in mask.template
        assert mask.names == (name,)


@given(NAMES, NAMES)
def test_the_wording_does_not_depend_on_the_name(one: str, other: str) -> None:
    assert masked(read(f"restart {one}")).template == masked(read(f"restart {other}")).template


@given(st.text(max_size=60))
def test_any_text_leaves_a_wording_of_everyday_words(text: str) -> None:
    mask = masked(read(text))
    assert mask == masked(read(text))
    assert mask.template.split().count("<name>") == len(mask.names) == len(mask.phrases)


def test_what_is_still_readable_of_a_value_is_concealed() -> None:
    assert conceal("block flash", ["Flash"]) == "block <name>"
    assert conceal("why is the big zorglub slow", ["Big Zorglub"]) == "why is the <name> slow"
    assert conceal("show zorglub's usage", ["Zorglub"]) == "show <name> usage"
    assert conceal("kick zork zork2 now", ["zork", "Zork2"]) == "kick <name> now"


def test_words_that_an_argument_chooses_from_are_left_readable() -> None:
    assert conceal("list all online clients", ["online", "all", " "]) == "list all online clients"


def test_no_value_of_an_example_survives_concealing() -> None:
    for tool in TOOLS.values():
        for text in tool.examples:
            mask = masked(read(text))
            words = conceal(mask.template, mask.names).split()
            assert not {name.lower() for name in mask.names if " " not in name} & set(words)


def test_what_a_call_leaves_out_is_named() -> None:
    frame = read("show clients of zork-1 since 2 hours on 5 ghz")
    mask = masked(frame)
    assert unsaid(frame, mask, ["zork-1", 7200]) == ()
    assert unsaid(frame, mask, ["zork-1"]) == ("7200",)
    assert unsaid(frame, mask, [7200, "zork-12"]) == ("zork 1",)


def test_a_reference_is_made_of_names_and_nouns_only() -> None:
    frame = read("which logs does the garage ap have")
    mask = masked(frame)
    assert refers("the garage ap".removeprefix("the "), frame, mask)
    assert not refers("logs of the garage ap", frame, mask)


def test_the_kinds_behind_a_name_are_counted() -> None:
    assert kinds_at(["the", "<name>", "access", "point", "is", "slow"], 2) == 2
    assert kinds_at(["<name>"], 1) == 0
