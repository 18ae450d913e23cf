"""How a text stands to the action it names, and how many things it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.catalogue.tool import Direction, TargetKind, Verb
from cortex.fabric.routing.frame import Mood, Polarity, Quantity
from cortex.fabric.routing.language import read

MOODS = {
    Mood.COMMAND: [
        "block the printer",
        "do block the printer",
        "ok cortex, block the printer now, thank you",
        "- block the printer",
        "block the printer, please!",
        "block Mr. Smith's phone",
        "restart the AP in the garage, the hall",
        "don't block the printer",
        "authorize the guest for 2 hours",
        "blink the AP for 30 seconds",
        "create a voucher for 24 hours",
    ],
    Mood.REQUEST: [
        "could you block the printer",
        "can you please block the printer?",
        "would you mind blocking the printer?",
        "would you be so kind as to block the printer",
        "I want you to block the printer",
        "let's block the printer",
        "make sure to block the printer",
        "could you show me the clients?",
    ],
    Mood.QUESTION: [
        "block the printer?",
        "should I block the printer",
        "ok, should I block the printer",
        "how do I block the printer",
        "when should I block the printer",
        "when was the printer blocked",
        "will you be blocking the printer",
        "did you block the printer",
        "tell me whether to block the printer",
        "the printer is blocked?",
        "what does blocking do",
        "show clients?",
    ],
    Mood.STATEMENT: [
        "maybe block the printer",
        "block the printer, I guess",
        "block the printer. Just an idea.",
        "block the printer: bad idea",
        "block the printer = good",
        'block "the printer',
        "the printer should be blocked",
        "block the printer and/or tv",
        "say hello",
        "please",
        "!!",
        "ten vouchers maybe for 24 hours",
    ],
    Mood.PAST: [
        "I blocked the printer",
        "the printer was blocked",
        "we have rebooted the AP",
        "somebody rebooted the AP",
        "I just had to block the printer",
    ],
    Mood.CONDITIONAL: [
        "if it fails, block the printer",
        "block the printer if it fails",
        "when it fails block the printer",
        "could you block the printer unless it is mine",
    ],
    Mood.SCHEDULED: [
        "block the printer at 7",
        "block the printer for 2 hours",
        "block the printer for a while",
        "block the printer for now",
        "block the printer from 8 to 10",
        "block the printer every night",
        "block the printer next week",
        "block the printer this weekend",
        "blink the AP in 5 minutes",
        "authorize the guest tomorrow for 2 hours",
        "tomorrow block the printer",
        "create a firewall rule for 2 hours",
        "ten vouchers for 24 hours tomorrow",
        "turn off the led of the lobby ap at night",
        "run a speed test at midnight",
        "create between five and ten vouchers",
        "restart the hall ap at seven",
        "turn off the guest wifi in summer",
        "restart the hall ap outside office hours",
        "block the ipad the moment the film ends",
        "upgrade the lobby ap following the backup",
    ],
    Mood.REPORTED: ["she said block the printer", "block the printer, Bob says"],
    Mood.QUOTED: ['"block the printer"', 'run "block the printer"', '"block" the printer'],
}
PAIRS = [(text, mood) for mood, texts in MOODS.items() for text in texts]


@pytest.mark.parametrize(("text", "mood"), PAIRS)
def test_the_mood_of_a_text(text: str, mood: Mood) -> None:
    assert read(text).mood is mood


@pytest.mark.parametrize(
    "text",
    [
        "don't block the printer",
        "do not block the printer",
        "block the printer not",
        "block no printer",
        "don't stop blocking the printer",
        "don't stop blinking the lobby ap",
        "do not forget to never block the printer",
        "the non-existent no-block printer",
        "keep the printer unblocked",
        "why not block the printer",
        "don't list the clients",
        "no clients",
        "open the door, don't",
    ],
)
def test_a_denial_is_negative(text: str) -> None:
    assert read(text).polarity is Polarity.NEGATIVE


@pytest.mark.parametrize(
    "text",
    [
        "block the printer",
        "turn off port no 5",
        'block "do not disturb"',
        "which clients are not online",
        "show clients without an address",
        "why doesn't the wifi work",
        "the internet is not working",
        "stop blinking the AP",
    ],
)
def test_a_denial_inside_a_wish_to_know_is_none(text: str) -> None:
    assert read(text).polarity is Polarity.POSITIVE


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("block the printer", "one"),
        ("block salt and pepper", "one"),
        ("block all clients", "all"),
        ("reboot every AP", "all"),
        ("restart access points", "all"),
        ("restart the access points", "some"),
        ("reboot both switches", "some"),
        ("restart them", "some"),
        ("block the tv and the printer", "some"),
        ("block the tv, the printer", "some"),
        ("block tv and printer", "some"),
        ("block tv & printer", "some"),
        ('block "tv" and "printer"', "some"),
        ("power cycle port 5 and 6", "some"),
        ("reboot three of the switches", "some"),
        ("turn off half of the leds", "some"),
        ("block one of my tablets", "some"),
        ("restart one of the access points", "some"),
        ("turn off two of the firewall rules", "some"),
        ("rename one of the phones to Blue Phone", "some"),
        ("disable PoE on ports 5 to 8 of the core switch", "some"),
        ("rename ESP-0010 and ESP-0012 to Lamp", "some"),
        ("upgrade the firmware of the office switch", "one"),
        ("rename LAPTOP-0004 to Salt and Pepper", "one"),
        ("set channel 36, 40 MHz on the hall AP", "one"),
        ("turn off the leds", "one"),
        ("turn off all leds", "all"),
        ("disable the rule Block cameras", "one"),
        ("restart", "one"),
    ],
)
def test_how_many_things_an_order_means(text: str, quantity: Quantity) -> None:
    assert read(text).quantity == quantity


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (
            "block the iPad and tell me who else is on that AP",
            ("block the iPad", "tell me who else is on that AP"),
        ),
        ("restart the AP, then block the tv", ("restart the AP", "then block the tv")),
        ("block the tv; restart the AP", ("block the tv", "restart the AP")),
        ("block the tv. Reboot the AP!", ("block the tv", "Reboot the AP!")),
        ("list clients block the tv", ("list clients", "block the tv")),
        ("restart the AP reboot", ("restart the AP", "reboot")),
        ("block the tv and don't block the printer", ("block the tv", "don't block the printer")),
        (
            "what changed yesterday, and who changed it?",
            ("what changed yesterday", "who changed it?"),
        ),
        ("turn off the wifi and switch off the leds", ("turn off the wifi", "switch off the leds")),
        ("block Salt and Pepper", ()),
        ("block the tv and update server", ()),
        ("restart the AP and switch", ()),
        ("and now restart it", ()),
        ("power cycle port 5", ()),
        ("force provision the AP", ()),
        ("set PoE on port 5 of the core switch to off", ()),
        ("disable the rule Block IoT", ()),
        ("show rules that block the IoT network", ()),
        ("which rules block the IoT network?", ()),
        ("if it fails, block the printer", ()),
        ("rename the tv to Search and Destroy", ()),
        ("rename the tv to Kitchen then restart it", ("rename the tv to Kitchen", "restart it")),
        ("don't touch it and block the tv", ("don't touch it", "block the tv")),
    ],
)
def test_a_text_is_cut_only_where_both_sides_have_a_verb(
    text: str, clauses: tuple[str, ...]
) -> None:
    assert read(text).clauses == clauses


def test_a_change_is_never_hidden_behind_a_question() -> None:
    assert read("show me the clients and block the tv").verb is Verb.BLOCK
    assert read("who is online? block the tv").verb is Verb.BLOCK


def test_a_text_has_at_most_a_dozen_clauses() -> None:
    text = "block the tv; " * 50
    assert len(read(text).clauses) == 12


@given(st.lists(st.sampled_from(["block", "unblock", "the", "tv", "and", "not", "if", "?", '"',
    "stop", "do", "you", "can", "at", "7", ",", "to", "off", "turn", "restart", "no", "list",
]), max_size=9).map(" ".join))  # fmt: skip
def test_an_order_begins_with_its_verb_and_denies_nothing(text: str) -> None:
    frame = read(text)
    if frame.mood is Mood.COMMAND and frame.polarity is Polarity.POSITIVE and not frame.clauses:
        words = set(text.replace('"', " ").split())
        quoted = '"' in text
        assert quoted or not {"not", "no", "if", "?"} & words or frame.verb in {None, Verb.SHOW}


def test_stopping_a_block_is_told_as_an_unblock_and_never_ordered() -> None:
    frame = read("stop blocking old phone")
    assert (frame.verb, frame.direction, frame.mood, frame.polarity, frame.object) == (
        Verb.BLOCK, Direction.OFF, Mood.STATEMENT, Polarity.POSITIVE, "old phone",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "please don't forget to block the kids ipad",
        "do not forget to block the kids ipad",
        "remember to please block the kids ipad",
        "remember to can you block the kids ipad",
    ],
)
def test_a_reminder_is_about_its_act_and_orders_nothing(text: str) -> None:
    frame = read(text)
    assert frame.verb is Verb.BLOCK
    assert frame.mood is not Mood.COMMAND
    assert frame.mood is not Mood.REQUEST
    assert frame.polarity is Polarity.POSITIVE


@pytest.mark.parametrize(
    "text",
    ["block the kids ipad, it is online isn't it", "block the kids ipad, isn't it?!"],
)
def test_a_question_at_the_end_denies_nothing(text: str) -> None:
    assert read(text).polarity is Polarity.POSITIVE
    assert read(text).mood is Mood.QUESTION


def test_a_tag_alone_stays_a_denial() -> None:
    assert read("isn't it").polarity is Polarity.POSITIVE
    assert read("don't block it, doesn't it").polarity is Polarity.NEGATIVE


def test_what_was_done_at_some_time_is_past_and_not_for_later() -> None:
    assert read("i blocked the nas yesterday").mood is Mood.PAST
    assert read("the nas should be blocked tomorrow").mood is Mood.SCHEDULED


def test_the_noun_switch_begins_no_second_order() -> None:
    assert read("put port 9 of the core switch on the iot vlan").clauses == ()
    assert len(read("restart the garage ap switch on the guest wifi").clauses) == 2
    assert len(read("block the client of the tv switch on the guest wifi").clauses) == 2


def test_a_name_behind_wifi_is_the_name_of_a_wifi_network() -> None:
    assert read("turn on wifi Guest").target is TargetKind.WLAN
    assert read("turn on the guest wifi").target is TargetKind.WLAN
    assert read("turn off the tv").target is TargetKind.CLIENT


def test_seasons_may_be_names() -> None:
    assert read("restart the Summer House AP").mood is Mood.COMMAND
