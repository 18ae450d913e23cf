"""Schedules, phrases and shown values are read and written as people mean them."""

from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.execution.api.changes.timetable import schedule_of
from cortex.fabric.execution.api.table import CHANGES, READS
from cortex.fabric.execution.plan.phrases import query_for
from cortex.fabric.execution.wording import (
    counted,
    enumerated,
    filled,
    inert,
    inert_value,
    moment,
    ports_that,
    shown_argument,
    size,
    span,
    spelled,
)
from cortex.fabric.routing.language import read
from cortex.fabric.routing.rules import Rules, compile_rules


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("22:00-06:00", [], "22:00", "06:00"),
        ("every day 0:00-6:00", [], "00:00", "06:00"),
        ("daily from 10 pm to 6 am", [], "22:00", "06:00"),
        ("between midnight and 6 AM", [], "00:00", "06:00"),
        ("weekdays 22:00-06:00", ["mon", "tue", "wed", "thu", "fri"], "22:00", "06:00"),
        ("noon until 13:30 on weekends", ["sat", "sun"], "12:00", "13:30"),
        ("Mondays and Wed 8:00 – 9:15", ["mon", "wed"], "08:00", "09:15"),
        ("12am to 12pm", [], "00:00", "12:00"),
        ("18:00-24:00", [], "18:00", "00:00"),
    ],
)
def test_a_schedule_is_read_from_words(text: str, days: list[str], start: str, end: str) -> None:
    schedule = schedule_of(text)
    assert schedule is not None
    assert schedule["repeat_on_days"] == days
    assert (schedule["time_range_start"], schedule["time_range_end"]) == (start, end)
    assert schedule["mode"] == ("EVERY_WEEK" if days else "EVERY_DAY")


@pytest.mark.parametrize(
    "text",
    ["", "always", "at night", "25:00-26:00", "10:00-10:00", "13 pm to 14 pm", "0 am to 3 am",
     "22:00", "monkeys 1:00-2:00", "full moon 22:00-06:00"],
)  # fmt: skip
def test_what_is_no_schedule_is_not_guessed(text: str) -> None:
    assert schedule_of(text) is None


@given(st.text(max_size=40))
def test_any_text_is_a_schedule_or_none(text: str) -> None:
    schedule = schedule_of(text)
    assert schedule is None or set(schedule) >= {"mode", "time_range_start", "time_range_end"}


@given(st.text(max_size=300))
def test_an_inert_text_is_one_short_line(text: str) -> None:
    shown = inert(text)
    assert len(shown) <= 64
    assert shown == " ".join(shown.split())
    assert inert(shown) == shown
    assert not any(char in shown for char in "\x00\x1b\n\r\u202e\u200b\u2028")


def test_every_text_in_a_value_is_made_inert() -> None:
    hostile: dict[str, Any] = {"a\x1b": ["b\n", {"c": "d\u202e"}], "n": 1, "t": True}
    assert inert_value(hostile) == {"a": ["b", {"c": "d"}], "n": 1, "t": True}


@given(st.text(max_size=60), st.text(max_size=20))
def test_a_name_in_a_template_is_not_filled_again(before: str, name: str) -> None:
    assert filled("{client}", {"client": "{name}", "name": "x"}) == "{name}"
    assert filled(before, {}) == before
    assert filled("a {client} b", {"client": name}) == f"a {name} b"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7_200, "2 h"), (93_784, "1 d 2 h")],
)
def test_a_span_has_two_units_at_most(seconds: float | None, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, ""), (0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (3_200_000_000, "3.2 GB")],
)
def test_a_size_has_one_unit(count: float | None, words: str) -> None:
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (86_400, "1 day"),
        (172_800, "2 days"),
        (5_400, "90 minutes"),
        (1, "1 second"),
        (7_200, "2 hours"),
    ],
)
def test_a_span_is_spelled_in_one_unit(seconds: int, words: str) -> None:
    assert spelled(seconds) == words


def test_a_moment_is_told_from_seconds_or_milliseconds() -> None:
    assert moment(1_790_000_000) == moment(1_790_000_000_000) == "2026-09-21 14:13 UTC"
    assert moment(None) == moment(0) == moment(True) == ""


def test_lists_and_counts_read_as_english() -> None:
    assert (counted(1, "client"), counted(1_200, "client")) == ("1 client", "1,200 clients")
    assert counted(2, "policy") == "2 policies"
    assert enumerated([]) == ""
    assert enumerated(["a"]) == "a"
    assert enumerated(["a", "b"]) == "a and b"
    assert enumerated(["a", "b", "c"], most=2) == "a, b and 1 more"


def test_a_secret_is_shown_as_a_new_one() -> None:
    tool = TOOLS["set_wlan_password"]
    assert shown_argument(tool, "password", "tr0ub4dor") == "a new password"
    assert query_for(tool.name, {"wlan": "5f", "password": "tr0ub4dor"}) == (
        "change the password of wifi 5f"
    )


@pytest.mark.parametrize("name", sorted({*READS, *CHANGES}))
def test_every_required_argument_but_secrets_is_part_of_the_phrase(name: str) -> None:
    tool = TOOLS[name]
    required = [one for one in tool.arguments if one.required and one.kind != "secret"]
    values = {one.name: f"<{one.name}>" for one in required}
    phrase = query_for(name, values)
    assert "{" not in phrase
    assert all(value in phrase for value in values.values())


MAC, KEY = "3c:22:fb:92:8a:51", "6716618002113b25bf000010"
SPOKEN: dict[str, Any] = {
    "client": MAC, "device": MAC, "mac": MAC, "port": 12, "wlan": KEY, "rule": KEY, "forward": KEY,
    "profile": KEY, "source": KEY, "destination": "internet", "name": "New Name", "mode": "off",
    "ip": "192.168.1.20", "band": "5", "channel": 36, "on": False, "enabled": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def rules() -> Rules:
    file = files("cortex.fabric.routing") / "rules.yaml"
    return compile_rules(yaml.safe_load(file.read_text()))


@pytest.mark.parametrize("name", sorted({*READS, *CHANGES}))
def test_the_phrase_of_a_call_is_routed_to_just_that_call(rules: Rules, name: str) -> None:
    needed = [one for one in TOOLS[name].arguments if one.required and one.kind != "secret"]
    arguments = {one.name: SPOKEN[one.name] for one in needed}
    frame = read(query_for(name, arguments))
    best = rules.propose(frame).proposals[0]
    assert best.tool == name
    assert {key: best.arguments.get(key) for key in arguments} == arguments


def test_optional_arguments_are_added_to_the_phrase() -> None:
    arguments = {"client": "aa:bb", "duration": 7_200}
    assert query_for("block_client", arguments) == "block client aa:bb for 2 h"
    assert query_for("list_clients", {"network": "IoT"}) == "list clients on network IoT"
    assert query_for("set_device_led", {"device": "all", "on": False}) == (
        "turn off the led of all devices"
    )


@pytest.mark.parametrize(
    ("only", "found", "said"),
    [
        ("errors", 0, "None of the 5 ports of Shed has errors."),
        ("errors", 1, "1 of 5 ports of Shed has errors."),
        ("poe", 2, "2 of 5 ports of Shed have PoE."),
        ("up", 1, "1 of 5 ports of Shed is up."),
        ("down", 5, "5 of 5 ports of Shed are down."),
    ],
)
def test_ports_that_were_asked_for_are_counted_in_a_plain_sentence(
    only: str, found: int, said: str
) -> None:
    assert ports_that(only, found, 5, "Shed") == said
