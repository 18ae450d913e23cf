"""What people call their things is found in any order of words, and nothing is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.experience.routes import arguments_for
from cortex.fabric.routing.extraction import extract, unused
from cortex.fabric.routing.extraction.phrases import phrases_in
from cortex.fabric.routing.language import read


@pytest.mark.parametrize(
    ("text", "tool", "name", "value"),
    [
        ("does the PlayStation have a good connection", "get_client", "client", "PlayStation"),
        ("good connection PlayStation has", "get_client", "client", "PlayStation"),
        ("what network emma's iphone is on", "get_client", "client", "emma's iphone"),
        ("is the phone of luca online", "get_client", "client", "luca's phone"),
        ("how is grandpa's old phone", "get_client", "client", "grandpa's old phone"),
        ("is the nintendo switch online", "get_client", "client", "nintendo switch"),
        ("is the visitor's one connected", "get_client", "client", "visitor"),
        ("is camera 12 recording", "get_client", "client", "camera 12"),
        ("if home guest wifi switched on", "get_wlan", "wlan", "home guest wifi"),
        ("I'd like to know whether home guest wifi is hidden", "get_wlan", "wlan",
         "home guest wifi"),
        ("tell me about the wifi called Movie Night", "get_wlan", "wlan", "Movie Night"),
        ("core switch writing to log", "get_device_logs", "device", "core switch"),
        ("LAPTOP-JONAS connect afresh", "reconnect_client", "client", "LAPTOP-JONAS"),
        ("get sarah's laptop online again", "unblock_client", "client", "sarah's laptop"),
        ("the laptop i blocked, hp-elite, unblock", "unblock_client", "client", "hp-elite"),
        ("give hall ap a kick", "restart_device", "device", "hall ap"),
        ("the loading bay AP hangs", "restart_device", "device", "loading bay AP"),
        ("restart the wired reception switch", "restart_device", "device", "reception switch"),
        ("restart the second floor switch", "restart_device", "device", "second floor switch"),
        ("let sarah's laptop online", "unblock_client", "client", "sarah's laptop"),
        ("kick the HR scanner", "reconnect_client", "client", "HR scanner"),
        ("the warehouse access point's radio", "get_radio", "device", "warehouse access point"),
        ("restart the gateway", "restart_device", "device", "gateway"),
        ("the meeting room 2 AP is stuck, reboot it", "restart_device", "device",
         "meeting room 2 AP"),
        ("reboot barn swich for me", "restart_device", "device", "barn switch"),
        ("power-cycle Office Switch port 4", "power_cycle_port", "device", "Office Switch"),
        ("power-cycle Office Switch port 4", "power_cycle_port", "port", 4),
        ("the rack switch p9 needs a bounce", "power_cycle_port", "port", 9),
        ("move port 14 of the cellar switch to the IoT Only profile", "set_port_profile",
         "profile", "IoT Only profile"),
        ("port 3 of sw-1 on the kids profile", "set_port_profile", "profile", "kids profile"),
        ("port 3 of sw-1 on profile Trunk", "set_port_profile", "profile", "Trunk"),
        ("stop applying the firewall rule Allow guest to LAN", "set_firewall_rule_enabled", "rule",
         "Allow guest to LAN"),
        ('firewall rule "drop all" off', "set_firewall_rule_enabled", "rule", "drop all"),
        ("kill the port forward called Xbox Party for now", "set_port_forward_enabled", "forward",
         "Xbox Party"),
        ("get the port forward for the factorio server going", "set_port_forward_enabled",
         "forward", "factorio server"),
        ("which gadgets hang off the garage ap", "list_clients", "device", "garage ap"),
        ("clients on ap-3f-east", "list_clients", "device", "ap-3f-east"),
        ("who is in the Cameras network", "list_clients", "network", "Cameras network"),
        ("who's on the network Cameras", "list_clients", "network", "Cameras"),
        ("clients on the guest wifi", "list_clients", "wlan", "guest wifi"),
        ("which guests are around", "list_clients", "connection", "guest"),
        ("which tablets are offline", "list_clients", "status", "offline"),
        ("who uses the most data", "list_clients", "sort", "usage"),
        ("very high severity alerts please", "list_events", "severity", "very_high"),
        ("alerts about the playroom ap", "list_events", "device", "playroom ap"),
        ("which ports of the rack switch are down", "list_ports", "only", "down"),
        ("trace from the core switch to example.com", "run_diagnostic", "check", "traceroute"),
        ("ping 1.1.1.1 from the core switch", "run_diagnostic", "device", "core switch"),
        ("ping 1.1.1.1 from the core switch", "run_diagnostic", "target", "1.1.1.1"),
        ("make the hall ap use channel 36 on five gigahertz", "set_radio", "band", "5"),
        ("make the hall ap use channel 36 on five gigahertz", "set_radio", "channel", 36),
        ("call the u6-pro ap-boardroom from now on: Board", "rename_device", "name", "Board"),
        ("it is to be known as Board, the u6-pro is to be called Den", "rename_device", "name",
         "Den"),
        ("which bands has the guest network", "get_wlan", "wlan", "guest network"),
        ("the Lab network must not reach the Office LAN", "create_firewall_block", "destination",
         "Office LAN"),
        ("rename the u6-pro to The Den from now on", "rename_device", "name", "The Den"),
        ("put the name Steam Deck on the client deck-1", "rename_client", "name", "Steam Deck"),
        ("put the name Steam Deck on the client deck-1", "rename_client", "client", "deck-1"),
        ('client "unknown-7c" new name Heat Pump', "rename_client", "name", "Heat Pump"),
        ('make "red letterbox" the password of the Events SSID', "set_wlan_password", "password",
         "red letterbox"),
        ("the garden wifi's password should be tomatoes&basil", "set_wlan_password", "password",
         "tomatoes&basil"),
        ("where is aa:bb:cc:dd:ee:ff near the hall ap", "get_client", "client",
         "aa:bb:cc:dd:ee:ff"),
    ],
)  # fmt: skip
def test_a_name_or_value_is_found_among_other_words(
    text: str, tool: str, name: str, value: object
) -> None:
    assert arguments_for(TOOLS[tool], read(text)).get(name) == value


@pytest.mark.parametrize(
    ("text", "tool", "name"),
    [
        ("who is on the home wifi", "list_clients", "wlan"),
        ("everyone on the hall ap and on the roof ap", "list_clients", "device"),
        ("clients that are not wireless", "list_clients", "connection"),
        ("wired and wireless clients", "list_clients", "connection"),
        ("set the password of the guest wifi to Teapot-2291?", "set_wlan_password", "password"),
        ("change the wifi password to something", "set_wlan_password", "password"),
        ('the wifi password is "one two" and not "three four"', "set_wlan_password", "password"),
        ("Boardroom password as follows, Mahogany-3", "set_wlan_password", "wlan"),
        ("set the name tv to Den", "rename_client", "name"),
        ("cycle port 3 and port 4 of the core switch", "power_cycle_port", "port"),
        ("channel 36 or channel 40 for the hall ap", "set_radio", "channel"),
        ("vlan 30 should not reach anything, make a rule", "create_firewall_block", "destination"),
    ],
)
def test_what_is_not_certain_is_left_out(text: str, tool: str, name: str) -> None:
    assert name not in arguments_for(TOOLS[tool], read(text))


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("keep the kids network off the internet", ("kids network", "internet")),
        ("block the doorbell-2 from the internet", ("doorbell-2", "internet")),
        ("the Lab network must not reach the Office LAN", ("Lab network", "Office LAN")),
        ("vlan 50 no internet", ("50", "internet")),
        ("stop internet traffic to the Lab network", ()),
        ("nothing may come from the internet to the Lab network", ()),
        ("no internet for the Lab network and the Office LAN", ()),
        ("block the Lab network", ()),
        ("the Lab network; the Office LAN", ()),
    ],
)
def test_both_sides_of_a_block_are_told_or_neither(text: str, sides: tuple[str, ...]) -> None:
    found = extract(TOOLS["create_firewall_block"], read(text))
    assert tuple(found.values()) == sides


def test_a_write_takes_none_of_two_names_that_fit_as_well() -> None:
    text = "the hall ap or the roof ap"
    assert "device" not in extract(TOOLS["restart_device"], read(text))
    assert extract(TOOLS["get_device"], read(text))["device"] == "hall ap"


def test_a_write_takes_no_noun_whose_name_may_stand_before_it() -> None:
    text = "restart out reception switch"
    assert "device" not in extract(TOOLS["restart_device"], read(text))


def test_a_write_gets_no_reference_that_it_can_do_without() -> None:
    found = extract(TOOLS["set_client_fixed_ip"], read("give nas-1 10.0.0.9 on the lab network"))
    assert "network" not in found


@pytest.mark.parametrize(
    ("text", "tool", "names"),
    [
        ("list the rules that mention the smart tv", "list_firewall_rules", ("smart tv",)),
        ("networks on the garage ap", "list_networks", ("garage ap",)),
        ("clients on the garage ap", "list_clients", ()),
        ("where is the printer near the garage ap", "get_client", ()),
        ("which networks have we got at home", "list_networks", ()),
        ("is the home wifi fine", "list_clients", ()),
        ("how many phones are connected", "list_clients", ("phones",)),
        ("list iphones", "list_clients", ("iphones",)),
        ("show clients at the workshop", "list_clients", ("workshop",)),
        ("what happened during the outage", "list_events", ("during the outage",)),
        ("how many guests are there", "list_clients", ()),
        ("show me the clients in my home", "list_clients", ()),
    ],
)
def test_a_read_of_the_whole_site_tells_which_name_it_did_not_use(
    text: str, tool: str, names: tuple[str, ...]
) -> None:
    frame = read(text)
    assert unused(TOOLS[tool], arguments_for(TOOLS[tool], frame), frame) == names


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("please switch on the lamp-1", ["lamp-1"]),
        ("show the guest access of ada-1", ["ada-1"]),
        ("garage switch 2 times", ["garage switch"]),
        ("kids tablet 2 hangs", ["kids tablet 2"]),
        ("printer 3", ["printer 3"]),
        ("the zork device", ["zork device"]),
        ("the rule", ["rule"]),
        ("today's state of the network's health", ["network"]),
        ("the wifi", ["wifi"]),
        ("called", []),
        ("port forward profile", ["port forward profile"]),
        ("which one is called", []),
        ("", []),
    ],
)
def test_a_phrase_begins_and_ends_with_its_name(text: str, called: list[str]) -> None:
    assert [one.text for one in phrases_in(read(text))] == called


@given(st.text(max_size=60), st.sampled_from(sorted(TOOLS)))
def test_whatever_is_found_stands_in_the_text(text: str, tool: str) -> None:
    frame = read(text)
    for name, words in extract(TOOLS[tool], frame).items():
        argument = TOOLS[tool].argument(name)
        assert argument is not None
        assert words


def test_a_change_is_about_the_thing_and_never_about_where_it_stands() -> None:
    frame = read("blink the lamp in the Lobby")
    assert arguments_for(TOOLS["locate_device"], frame)["device"] == "lamp"
