"""Entities are found in the spellings that people use, and leave slots behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.text import normalise


def _found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.value) for one in read(text).mentions]


@pytest.mark.parametrize(
    "spelling",
    [
        "aa:bb:cc:dd:ee:0f",
        "AA:BB:CC:DD:EE:0F",
        "aa-bb-cc-dd-ee-0f",
        "aabb.ccdd.ee0f",
        "aabbccddee0f",
        "aa bb cc dd ee 0f",
        '"aa:bb:cc:dd:ee:0f"',
    ],
)
def test_a_mac_address_is_read_in_all_usual_spellings(spelling: str) -> None:
    assert _found(f"block {spelling}.") == [("mac", "aa:bb:cc:dd:ee:0f")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("block 00 11 22 33 44 55", [("mac", "00:11:22:33:44:55")]),
        ("block effacedbeads", [("mac", "ef:fa:ce:db:ea:d5")][:0]),
        ("block deadbeefcafe", [("mac", "de:ad:be:ef:ca:fe")]),
        ("block 123456789012", [("number", "123456789012")]),
        ("block aa:bb-cc:dd:ee:ff", []),
        ("who has 192.168.1.57?", [("ip", "192.168.1.57")]),
        ("who has 300.168.1.57", []),
        ("who has 10.0.0.0/24", []),
        ("who has FE80:0:0:0::1", [("ip", "fe80::1")]),
        ("who has ::1", [("ip", "::1")]),
        ("who has 1:2:3", []),
        ("show VLAN 30", [("vlan", "30")]),
        ("show vlan30", [("vlan", "30")]),
        ("show vlan-30", [("vlan", "30")]),
        ("show vlan id 30", [("vlan", "30")]),
        ("show vlan guest", []),
        ("turn off port 5", [("port", "5")]),
        ("turn off port #5", [("port", "5")]),
        ("turn off port no. 05", [("port", "5")]),
        ("turn off port three", [("port", "3")]),
        ("turn off port number ten", [("port", "10")]),
        ("turn off port twenty one", [("number", "20")]),
        ("turn off port one hundred", []),
        ("turn off port a", []),
        ("show vlan three", [("number", "3")]),
        ("turn off port 1234567", [("number", "1234567")]),
        ("show the port", []),
        ("block it for 2 hours", [("duration", "7200")]),
        ("block it for 2h", [("duration", "7200")]),
        ("block it for 90 min", [("duration", "5400")]),
        ("block it for 1h30m", [("duration", "5400")]),
        ("block it for an hour", [("duration", "3600")]),
        ("block it for half an hour", [("duration", "1800")]),
        ("block it for 1 hour and 30 minutes", [("duration", "5400")]),
        ("block it for 1 hour 30 minutes", [("duration", "5400")]),
        ("block it for 1 hour and the tv", [("duration", "3600")]),
        ("block it for 1.5 hours", [("duration", "5400")]),
        ("block it for two days", [("duration", "172800")]),
        ("block it for 30-day", [("duration", "2592000")]),
        ("show events of the last hour", [("duration", "3600")]),
        ("show events of the past 24 hours", [("duration", "86400")]),
        ("show events of the last two weeks", [("duration", "1209600")]),
        ("show the last events", []),
        ("show the last 5 events", [("number", "5")]),
        ("show the last", []),
        ("restart it at 7", [("time", "07:00")]),
        ("restart it at 7 pm", [("time", "19:00")]),
        ("restart it at 19:30", [("time", "19:30")]),
        ("restart it at 12 am", [("time", "00:00")]),
        ("restart it 7pm", [("time", "19:00")]),
        ("restart it 7 o'clock", [("time", "07:00")]),
        ("restart it at midnight", [("time", "00:00")]),
        ("restart it at noon", [("time", "12:00")]),
        ("restart it tomorrow", [("time", "tomorrow")]),
        ("restart it on 2026-11-23", [("time", "2026-11-23")]),
        ("restart it on 11/23", [("time", "11/23")]),
        ("look at clients", []),
        ("show 2.4 GHz clients", [("band", "2.4")]),
        ("show 5ghz clients", [("band", "5")]),
        ("show 6 ghz clients", [("band", "6")]),
        ("use 2.4 only", [("band", "2.4")]),
        ("set channel 36", [("number", "36")]),
        ("create ten vouchers", [("number", "10")]),
        ("create 5x vouchers", []),
        ("create a voucher", []),
        ('show "Guest, Kids"', [("quoted", "Guest, Kids")]),
        ("rename the tv to Big Screen", [("name", "Big Screen")]),
        ("rename aa:bb:cc:dd:ee:ff to Cam 5 please", [
            ("mac", "aa:bb:cc:dd:ee:ff"), ("name", "Cam 5"),
        ]),
        ('rename the tv to "Big Screen"', [("quoted", "Big Screen")]),
        ("rename the tv to please", []),
        ("rename the tv", []),
        ("block the client named Foo Bar, please", [("name", "Foo Bar")]),
        ("block the client named", []),
        ("change the wifi password to s3cret horse!", [("name", "s3cret horse!")]),
    ],
)  # fmt: skip
def test_entities_have_canonical_values(text: str, found: list[tuple[str, str]]) -> None:
    assert _found(text) == found


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("Block AA:BB:CC:DD:EE:FF!", "block <mac>"),
        ("Who has 10.0.0.7?", "who has <ip>"),
        ("turn off PoE on port 5 of the core switch", "turn off poe on <port> of the core switch"),
        ("show clients on VLAN 30", "show clients on <vlan>"),
        ("block it for 2 hours", "block it for <duration>"),
        ("restart it at 7 am", "restart it <time>"),
        ("create ten vouchers", "create <number> vouchers"),
        ('disable the rule "Allow guest"', "disable the rule <quoted>"),
        ("rename the tv to Big Screen", "rename the tv to <quoted>"),
        ("show 2.4 GHz clients", "show 2.4 ghz clients"),
        ("change the guest password to hunter22", "change the guest password to <quoted>"),
    ],
)
def test_a_template_keeps_the_wording_and_drops_the_entities(text: str, template: str) -> None:
    assert read(text).template == template


@given(st.text())
def test_mentions_are_in_order_and_stand_in_the_text(text: str) -> None:
    frame = read(f"show {text}")
    end = 0
    for mention in frame.mentions:
        assert mention.start >= end
        end = mention.start + len(mention.text)
        assert frame.text[mention.start : end] == mention.text


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=6).map(normalise))
def test_a_new_password_never_reaches_the_template(password: str) -> None:
    secret = f"zq7{password}"
    frame = read(f"change the guest wifi password to {secret}")
    assert frame.language != "en" or "zq7" not in frame.template


@pytest.mark.parametrize("word", ["at", "until", "till", "by", "before", "after"])
def test_a_bare_number_behind_a_word_of_time_is_a_time(word: str) -> None:
    frame = read(f"block the playstation {word} 7")
    assert [(one.kind, one.value) for one in frame.mentions] == [("time", "07:00")]
    assert frame.object == "playstation"


def test_a_length_of_time_behind_such_a_word_is_no_time_of_day() -> None:
    assert _found("restart it after 2 hours") == [("duration", "7200")]
