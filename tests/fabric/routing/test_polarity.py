"""No sentence that orders nothing may change anything, and plain orders are understood."""

import pytest

from cortex.fabric.catalogue.tool import Risk, Tool
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.language import read
from tests.fabric.routing.calls import WRITES
from tests.fabric.routing.sentences import DISORDERLY, FOREIGN, ORDERLY, ORDERS, TRAPS
from tests.requirements import requirement


def _writes_for(text: str) -> set[str]:
    frame = read(text)
    return {tool.name for tool, call in WRITES if isinstance(agree(tool, call, frame), Agreed)}


@requirement("write.only-when-told")
@pytest.mark.parametrize("form", DISORDERLY)
def test_a_sentence_that_orders_nothing_changes_nothing(form: str) -> None:
    texts = [form.format(**order._asdict()) for order in ORDERS]
    agreed = {text: names for text in texts if (names := _writes_for(text))}
    # People end a blinking light by these words; they are the order to end it.
    agreed.pop("stop locating the lobby AP", None)
    agreed.pop("stop blinking the lobby access point", None)
    assert agreed == {}


@requirement("write.only-when-told")
@pytest.mark.parametrize("text", [*FOREIGN, *TRAPS])
def test_what_is_not_understood_or_only_looks_like_an_order_changes_nothing(text: str) -> None:
    assert _writes_for(text) == set()


@pytest.mark.parametrize("text", FOREIGN)
def test_no_verb_is_read_in_another_language(text: str) -> None:
    frame = read(text)
    assert frame.language != "en"
    assert frame.verb is None


def test_plain_orders_are_understood() -> None:
    missed = [
        text
        for order in ORDERS
        for form in ORDERLY
        if order.tool not in _writes_for(text := form.format(**order._asdict()))
    ]
    assert len(missed) <= len(ORDERS) * len(ORDERLY) // 100, missed


def test_an_order_agrees_with_no_tool_of_the_other_direction() -> None:
    assert _writes_for("unblock the printer") == {"unblock_client"}
    assert _writes_for("block the printer") == {"block_client"}


def test_stopping_a_light_ends_the_blinking() -> None:
    frame = read("stop blinking the lobby access point")
    tool = TOOLS["locate_device"]
    assert isinstance(agree(tool, {"on": False}, frame), Agreed)
    assert not isinstance(agree(tool, {"on": True}, frame), Agreed)


_EXPECTED_TO_ASK = {
    "ban the playstation for 2 hours": "block_client",
    "disable all leds": "set_device_led",
}
"""Examples of tools that must be put differently before anything changes: a question, a time,
and several devices."""


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_the_examples_of_a_tool_agree_with_it(tool: Tool) -> None:
    for text in tool.examples:
        frame = read(text)
        calls = [call for one, call in WRITES if one is tool] or [{}]
        agreed = any(isinstance(agree(tool, call, frame), Agreed) for call in calls)
        assert agreed != (_EXPECTED_TO_ASK.get(text) == tool.name), text


def test_the_counterexamples_of_a_write_never_agree_with_it() -> None:
    for tool, call in WRITES:
        for text in tool.counterexamples:
            assert not isinstance(agree(tool, call, read(text)), Agreed), (tool.name, text)


def test_reads_stay_reads_in_a_text_that_orders_a_change() -> None:
    frame = read("show me the clients and block the printer")
    reads = [tool for tool in TOOLS.values() if tool.risk is Risk.READ]
    assert not any(isinstance(agree(tool, {}, frame), Agreed) for tool in reads)
