"""Arguments are taken from what was said, and left out where it is not certain."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.catalogue.tool import Direction, TargetKind
from cortex.fabric.catalogue.tools import TOOLS, check_arguments
from cortex.fabric.routing.arguments import bare, fill, missing, plain, seconds_in
from cortex.fabric.routing.frame import Frame, Mention, MentionKind, Mood


def frame(text: str = "", **parts: Any) -> Frame:
    return Frame(text=text, language="en", mood=Mood.COMMAND, **parts)


def mention(kind: MentionKind, value: str) -> Mention:
    return Mention(kind, value, value, 0)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Hey Cortex, could you please block the TV for me?", "block the TV"),
        ("please just restart the hall ap now!", "restart the hall ap"),
        ("I'd like you to rename my phone", "rename my phone"),
        ("we need to reboot the gateway asap, thanks", "reboot the gateway"),
        ("can I see the clients", "see the clients"),
        ("let's run a speed test", "run a speed test"),
        ("block the TV", "block the TV"),
        ("pleasefix", "pleasefix"),
        ("please", ""),
        ("block the tv please, thanks!", "block the tv"),
        ("now", ""),
        ("?!", ""),
        ("", ""),
    ],
)
def test_politeness_is_no_part_of_an_order(said: str, meant: str) -> None:
    assert plain(said) == meant


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("the kids iPad", "kids iPad"),
        ("my Laptop, please.", "Laptop"),
        ('"The Den"', "The Den"),
        ("the “Living Room” ", "Living Room"),
        ("that unknown phone!", "unknown phone"),
        ("Theodore", "Theodore"),
        ("the", "the"),
        ("", ""),
    ],
)
def test_a_name_stands_without_article_quotes_and_politeness(said: str, name: str) -> None:
    assert bare(said) == name


@pytest.mark.parametrize("name", ["the", "a", "my", "The "])
def test_an_article_alone_is_no_new_name(name: str) -> None:
    tool = TOOLS["rename_client"]
    filled = fill(tool, {"client": "printer", "name": name}, frame("rename the printer to the"))
    assert missing(tool, filled) == ("name",)


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("2h", 7_200),
        ("for 24 hours", 86_400),
        ("two hours", 7_200),
        ("an hour", 3_600),
        ("half an hour", 1_800),
        ("an hour and 30 minutes", 5_400),
        ("last hour", 3_600),
        ("the last 7 days", 604_800),
        ("week", 604_800),
        ("past month", 2_592_000),
        ("Today", 86_400),
        ("yesterday", 172_800),
        ("soon", None),
        ("ſix hours", None),
        ("9" * 5_000 + " months", None),
        ("", None),
    ],
)
def test_a_length_of_time_is_read_from_words(words: str, seconds: int | None) -> None:
    assert seconds_in(words) == seconds


@pytest.mark.parametrize(
    ("tool", "groups", "filled"),
    [
        ("block_client", {"client": "the kids iPad"}, {"client": "kids iPad"}),
        (
            "block_client",
            {"client": "client tv", "duration": "2 hours"},
            {"client": "tv", "duration": 7200},
        ),
        ("block_client", {"client": "it"}, {}),
        ("block_client", {"client": "the client"}, {}),
        ("block_client", {"client": None}, {}),
        ("get_device", {"device": "unifi device Hall"}, {"device": "Hall"}),
        ("set_wlan_enabled", {"wlan": "the ssid Office"}, {"wlan": "Office"}),
        ("set_wlan_enabled", {"wlan": "the wifi"}, {}),
        ("set_wlan_enabled", {"wlan": "guest wifi"}, {"wlan": "guest wifi"}),
        ("rename_client", {"name": "The Den"}, {"name": "The Den"}),
        ("rename_client", {"name": '"Ada\'s Phone"'}, {"name": "Ada's Phone"}),
        ("power_cycle_port", {"port": "port 5"}, {"port": 5}),
        ("power_cycle_port", {"port": "five"}, {"port": 5}),
        ("power_cycle_port", {"port": "Uplink"}, {"port": "Uplink"}),
        ("power_cycle_port", {"port": "the"}, {"port": "the"}),
        ("create_vouchers", {"count": "ten"}, {"count": 10}),
        ("create_vouchers", {"count": "many"}, {}),
        ("create_vouchers", {"count": "9" * 5_000}, {}),
        ("set_radio", {"band": "5 GHz", "channel": "auto"}, {"band": "5", "channel": "auto"}),
        ("set_radio", {"band": "7 GHz", "width": "80mhz"}, {"width": "80"}),
        ("run_diagnostic", {"check": "ping"}, {"check": "ping"}),
        ("locate_device", {"on": "off"}, {"on": False}),
        ("set_device_led", {"device": "device ALL"}, {"device": "all"}),
        ("locate_device", {"on": "perhaps"}, {}),
    ],
)
def test_named_groups_are_read_by_the_kind_of_argument(
    tool: str, groups: dict[str, str | None], filled: dict[str, Any]
) -> None:
    assert fill(TOOLS[tool], groups, frame()) == filled


@pytest.mark.parametrize(
    ("said", "text", "password"),
    [
        ("blue-lamp-77", "set it to blue-lamp-77", "blue-lamp-77"),
        ('"correct horse!"', 'set it to "correct horse!"', "correct horse!"),
        ("blue lamp", "set it to blue lamp", None),
        ("blue-lamp-77", "set it to blue-lamp-77!", None),
        ("blue-lamp-77", "set it to blue-lamp-77 please", None),
    ],
)
def test_a_password_is_taken_only_when_its_ends_are_certain(
    said: str, text: str, password: str | None
) -> None:
    filled = fill(TOOLS["set_wlan_password"], {"wlan": "Guest", "password": said}, frame(text))
    assert filled.get("password") == password


@pytest.mark.parametrize(
    ("tool", "read", "filled"),
    [
        ("block_client", frame(object="kids iPad"), {"client": "kids iPad"}),
        ("block_client", frame(object="device"), {}),
        ("block_client", frame(), {}),
        (
            "block_client",
            frame(object="that one", mentions=(mention("mac", "aa:bb:cc:dd:ee:ff"),)),
            {"client": "aa:bb:cc:dd:ee:ff"},
        ),
        (
            "block_client",
            frame(mentions=(mention("ip", "10.0.0.5"), mention("duration", "7200"))),
            {"client": "10.0.0.5", "duration": 7200},
        ),
        (
            "block_client",
            frame(mentions=(mention("ip", "10.0.0.5"), mention("ip", "10.0.0.6"))),
            {},
        ),
        ("block_client", frame(mentions=(mention("duration", "2 hours"),)), {"duration": 7200}),
        (
            "set_client_fixed_ip",
            frame(mentions=(mention("ip", "10.0.0.5"), mention("vlan", "30"))),
            {"ip": "10.0.0.5", "network": "30"},
        ),
        (
            "adopt_device",
            frame(mentions=(mention("mac", "aa:bb:cc:dd:ee:ff"),)),
            {"mac": "aa:bb:cc:dd:ee:ff"},
        ),
        ("list_clients", frame(mentions=(mention("vlan", "30"),)), {"network": "30"}),
        ("list_clients", frame(mentions=(mention("mac", "aa:bb:cc:dd:ee:ff"),)), {}),
        (
            "power_cycle_port",
            frame(object="core switch", mentions=(mention("port", "5"),)),
            {"port": 5},
        ),
        ("power_cycle_port", frame(mentions=(mention("port", "uplink"),)), {"port": "uplink"}),
        ("create_vouchers", frame(mentions=(mention("number", "10"),)), {"count": 10}),
        (
            "set_radio",
            frame(mentions=(mention("band", "5 ghz"), mention("number", "36"))),
            {"band": "5"},
        ),
        ("rename_client", frame(mentions=(mention("quoted", "The Den"),)), {"name": "The Den"}),
        ("get_wlan", frame(mentions=(mention("quoted", "Office"),)), {"wlan": "Office"}),
        ("set_wlan_password", frame(mentions=(mention("quoted", "Office"),)), {}),
        (
            "set_wlan_enabled",
            frame(direction=Direction.OFF, object="Guest"),
            {"wlan": "Guest", "enabled": False},
        ),
        ("set_wlan_enabled", frame(direction=Direction.ON), {"enabled": True}),
        ("set_port_poe", frame(direction=Direction.OFF), {"mode": "off"}),
        ("set_client_fixed_ip", frame(direction=Direction.ON), {}),
        ("set_port_poe", frame(direction=Direction.ON), {"mode": "auto"}),
        (
            "get_device_logs",
            frame(object="logs of the core switch", target=TargetKind.LOG),
            {"device": "core switch"},
        ),
        (
            "get_device_logs",
            frame(object="core switch's logs", target=TargetKind.LOG),
            {"device": "core switch"},
        ),
        ("get_client", frame(object="Lord of the Rings TV"), {"client": "Lord of the Rings TV"}),
    ],
)
def test_the_frame_fills_what_the_groups_leave(
    tool: str, read: Frame, filled: dict[str, Any]
) -> None:
    assert fill(TOOLS[tool], {}, read) == filled


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("what happened in the last hour", 3_600),
        ("events of the past 24 hours", 86_400),
        ("any alerts today", None),
        ("events of last night", 86_400),
        ("any alerts this week", 604_800),
        ("show the events of last week", 604_800),
        ("show the events", None),
    ],
)
def test_a_window_of_time_is_found_in_the_text(text: str, since: int | None) -> None:
    assert fill(TOOLS["list_events"], {}, frame(text)).get("since") == since


def test_the_lacking_arguments_are_named_in_the_tools_order() -> None:
    tool = TOOLS["set_port_poe"]
    assert missing(tool, {"port": 5}) == ("device", "mode")
    assert missing(tool, {"device": "core", "port": 5, "mode": "off"}) == ()
    assert missing(TOOLS["locate_device"], {"device": "hall"}) == ()


@given(st.sampled_from(list(TOOLS.values())), st.data(), st.text())
def test_any_words_fill_only_arguments_of_the_tool(
    tool: Any, data: st.DataObject, text: str
) -> None:
    names = [one.name for one in tool.arguments]
    groups = data.draw(st.dictionaries(st.sampled_from(names), st.none() | st.text()))
    filled = fill(tool, groups, frame(text, object=text))
    assert set(filled) <= set(names)
    assert None not in filled.values()


@given(st.text())
def test_stripping_twice_changes_nothing_more(text: str) -> None:
    assert bare(bare(text)) == bare(bare(bare(text)))
    assert plain(plain(text)) == plain(plain(plain(text)))


@pytest.mark.timeout(5)
def test_hostile_words_take_linear_time() -> None:
    for text in ("please " * 7_000, "x" + "." * 50_000 + "x", "last " * 10_000, "the " * 12_000):
        plain(text)
        bare(text)
        fill(TOOLS["list_events"], {"search": text}, frame(text, object=text))
        fill(TOOLS["get_device_logs"], {}, frame(text, object=text, target=TargetKind.LOG))


def test_what_is_filled_from_plain_words_passes_the_check() -> None:
    filled = fill(
        TOOLS["set_radio"],
        {"device": "the hall ap", "band": "5 ghz", "channel": "36", "width": "40 mhz"},
        frame(),
    )
    assert check_arguments(TOOLS["set_radio"], filled) == filled


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("what happened yesterday", "yesterday"),
        ("any alerts today", "today"),
        ("what happened This Morning", "today"),
        ("what changed yesterday and today", None),
        ("events from last week", None),
        ("holidays in todayland", None),
    ],
)
def test_a_calendar_day_stays_a_word_for_who_knows_the_clock(text: str, day: str | None) -> None:
    for name in ("list_events", "get_client_history"):
        assert fill(TOOLS[name], {}, frame(text)).get("day") == day


def test_a_day_leaves_no_wider_window_beside_it() -> None:
    filled = fill(TOOLS["get_client_history"], {"since": "yesterday"}, frame("tv yesterday"))
    assert filled == {"day": "yesterday"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("whats offline?", "what's offline"),
        ("Whos on my wifi", "Who's on my wifi"),
        ("wheres my iphone", "where's my iphone"),
        ("hows the network", "how's the network"),
        ("whatsapp traffic", "whatsapp traffic"),
        ("whats", "whats"),
    ],
)
def test_a_question_may_lack_its_apostrophe(typed: str, meant: str) -> None:
    assert plain(typed) == meant
