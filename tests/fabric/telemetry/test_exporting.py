"""Training examples: what leaves is wordings, and nothing that names or opens anything."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.reasoning.classifier.corpus import load
from cortex.fabric.telemetry.exporting import chat, classification
from tests.fabric.routing.experience.known import CALLS, ROUTES, route

LEARNT = [found for _, found in ROUTES]
BLOCK = route("block the kids tablet", "block_client", client="kids tablet")
HOSTILE = (
    "hunter2",
    "Anna's iPhone",
    '"}],"tools":[]}',
    "\u202egnp.exe",
    "block-it; rm -rf /",
    "passphrase tomatoes",
    "aa:bb:cc:dd:ee:ff",
    "192.168.1.20",
    "sk-1234567890abcdef",
    "<script>",
    "<secret>",
    "müller",
    "a\nb",
)


def test_a_wording_is_exported_with_its_tool() -> None:
    assert classification([BLOCK]).lines == ('{"label":"block_client","text":"block the <name>"}',)


def test_a_conversation_calls_the_tool_with_the_slots_of_the_wording() -> None:
    found = route("restart the office switch", "restart_device", device="office switch")
    (line,) = chat([found]).lines
    told = json.loads(line)
    asked, answer = told["messages"]
    assert asked == {"role": "user", "content": "restart the <name> switch"}
    call = answer["tool_calls"][0]["function"]
    assert (call["name"], json.loads(call["arguments"])) == (
        "restart_device",
        {"device": "<name> switch"},
    )
    (tool,) = told["tools"]
    assert tool["function"]["parameters"]["properties"]["device"]["type"] == "string"


def test_a_conversation_takes_an_address_before_a_name() -> None:
    (line,) = chat([dict(ROUTES)["rename aa:bb:cc:dd:ee:ff to Front Door Cam"]]).lines
    call = json.loads(line)["messages"][1]["tool_calls"][0]["function"]
    assert json.loads(call["arguments"]) == {"client": "<mac>", "name": "<quoted>"}


def test_a_conversation_keeps_which_way_it_goes() -> None:
    calls, seen = dict(CALLS), set[bool]()
    for text, found in ROUTES:
        for line in chat([found]).lines:
            call = json.loads(line)["messages"][1]["tool_calls"][0]["function"]
            for name, value in json.loads(call["arguments"]).items():
                if isinstance(value, bool):
                    assert calls[text].arguments[name] is value, text
                    seen.add(value)
    assert seen == {True, False}


def test_most_of_what_is_learnt_can_leave() -> None:
    assert classification(LEARNT).left_out == 0
    assert len(chat(LEARNT).lines) > 0.85 * len(LEARNT)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_hostile_name_leaves(name: str) -> None:
    routes = [
        replace(BLOCK, template=f"block {name}"),
        replace(BLOCK, template=name),
        replace(BLOCK, arguments={"client": {"fixed": name}}),
        replace(BLOCK, arguments={"client": {"slot": name}}),
        replace(BLOCK, arguments={"client": {"slot": "mention", "kind": name, "index": 0}}),
        replace(BLOCK, arguments={name: {"slot": "name", "index": 0}}),
        replace(BLOCK, template=f"block <name> {name}", arguments={}),
        replace(BLOCK, tool=name),
        replace(BLOCK, site=name),
    ]
    for lines in (
        chat(routes).lines,
        classification(routes[:2]).lines,
        classification(routes[7:]).lines,
        classification(
            (), [(f"block {name} please", "block_client"), ("show clients", name)]
        ).lines,
    ):
        assert name.casefold() not in "\n".join(lines).casefold()
        for line in lines:
            json.loads(line)


@given(st.text(max_size=40) | st.sampled_from(["\x85", "block\u2003the <name>", "", " "]))
def test_no_word_that_is_not_known_leaves(text: str) -> None:
    told = classification([replace(BLOCK, template=text)], [(text, "block_client")])
    for line in told.lines:
        assert "\n" not in line
        assert json.loads(line)["text"].isascii()


def test_nothing_about_passwords_leaves() -> None:
    secret = replace(BLOCK, template="set the password of <name>")
    tool = next(one for one in TOOLS.values() if one.secrets)
    change = replace(BLOCK, tool=tool.name, template="change <name>")
    said = [("make hunter2 the wifi password", tool.name)]
    assert classification([secret, change], said).lines == ()
    assert classification([secret, change], said).left_out == 3
    assert chat([secret, change]).lines == ()


def test_the_order_of_routes_does_not_matter() -> None:
    assert chat(LEARNT) == chat(LEARNT[::-1])
    assert classification(LEARNT) == classification([*LEARNT[::-1]])


def test_the_sentences_that_come_with_cortex_leave_without_their_names() -> None:
    told = classification((), ((one.text, one.label) for one in load()[:400]))
    assert len(told.lines) > 300
    assert not any("kids tablet" in line for line in told.lines)


def test_a_conversation_whose_slots_do_not_fit_its_wording_is_left_out() -> None:
    found = replace(BLOCK, arguments={"client": {"slot": "phrase", "index": 5}})
    assert chat([found]).lines == ()
    assert chat([found]).left_out == 1
