"""Tier 1 proposes what its rules say, and refuses a wrong rules document at its place."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import cortex.fabric.routing
from cortex.errors import Misconfigured
from cortex.fabric.catalogue.tools import TOOLS, check_arguments
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.arguments import missing
from cortex.fabric.routing.cascade import Opinion
from cortex.fabric.routing.frame import Frame, Mood
from cortex.fabric.routing.language import read
from cortex.fabric.routing.rules import TEXT_LIMIT, Rules, compile_rules
from tests.requirements import requirement

OURS = yaml.safe_load((Path(cortex.fabric.routing.__path__[0]) / "rules.yaml").read_text())
FIRST_RULES = """
routing:
  keywords:
    # Client operations
    - pattern: "(block|unblock).*client"
      layer: execution-unifi-api
      tool: block_client
      confidence: 0.95

    - pattern: "(list|show|get).*client"
      layer: execution-unifi-api
      tool: get_clients
      confidence: 0.90

    # Device operations
    - pattern: "(restart|reboot).*device"
      layer: execution-unifi-api
      tool: restart_device
      requiresConfirmation: true
      confidence: 0.95

    # Diagnostics (SSH layer)
    - pattern: "(diagnose|troubleshoot|investigate)"
      layer: reasoning-slm  # Needs reasoning first
      confidence: 0.70

    - pattern: "(show|get).*(log|logs)"
      layer: execution-unifi-ssh
      tool: get_logs
      confidence: 0.85
"""


@pytest.fixture(scope="module")
def ours() -> Rules:
    return compile_rules(OURS)


@pytest.fixture(scope="module")
def first() -> Rules:
    return compile_rules(yaml.safe_load(FIRST_RULES))


def rule(**keys: Any) -> dict[str, Any]:
    return {"pattern": "^ping$", "tool": "list_clients", **keys}


def document(*rules: object) -> dict[str, Any]:
    return {"routing": {"keywords": list(rules)}}


def frame(text: str) -> Frame:
    return Frame(text=text, language="en", mood=Mood.COMMAND)


def surest(opinion: Opinion) -> list[str]:
    return [
        one.tool for one in opinion.proposals if one.confidence == opinion.proposals[0].confidence
    ]


@requirement("rules.architecture-loads")
def test_the_first_rules_load_word_for_word(first: Rules) -> None:
    assert [one.tool.name if one.tool else None for one in first.rules] == [
        "block_client",
        "list_clients",
        "restart_device",
        None,
        "get_device_logs",
    ]
    assert [one.confidence for one in first.rules] == [0.95, 0.9, 0.95, 0.7, 0.85]


def test_a_pattern_is_searched_for_anywhere_and_in_any_case(first: Rules) -> None:
    (proposal,) = first.propose(read("Now BLOCK that Client aa:bb:cc:dd:ee:ff!")).proposals
    assert proposal.tool == "block_client"
    assert proposal.arguments == {"client": "aa:bb:cc:dd:ee:ff"}
    assert proposal.tier == "keyword"
    assert proposal.layer == "execution-unifi-api"
    assert proposal.why == "rule routing.keywords[0]: (block|unblock).*client"


def test_a_rule_may_ask_for_a_yes(first: Rules) -> None:
    (proposal,) = first.propose(read("restart the device hall-ap")).proposals
    assert proposal.needs_confirmation
    assert proposal.arguments["device"] == "hall-ap"


@requirement("rules.layer-without-tool")
def test_a_rule_with_a_layer_but_no_tool_goes_to_that_tier(first: Rules) -> None:
    assert first.propose(read("troubleshoot the printer")) == Opinion((), "slm")
    classifier = compile_rules(document({"pattern": "^hm", "layer": "reasoning-classifier"}))
    assert classifier.propose(frame("hm")) == Opinion((), "classifier")


def test_a_surer_call_keeps_its_place_beside_a_tier(first: Rules) -> None:
    opinion = first.propose(read("investigate and show the client list"))
    assert surest(opinion) == ["list_clients"]
    assert opinion.skip_to == "slm"


@requirement("rules.confidence")
def test_the_order_is_by_confidence_with_one_proposal_for_each_tool(first: Rules) -> None:
    opinion = first.propose(read("show the logs of the client"))
    assert [one.tool for one in opinion.proposals] == ["list_clients", "get_device_logs"]
    twice = compile_rules(
        document(
            rule(pattern="ab", confidence=0.5),
            rule(pattern="a", confidence=0.7),
            rule(pattern="b", tool="list_sites", confidence=0.7),
        )
    )
    proposals = twice.propose(frame("ab")).proposals
    assert [(one.tool, one.confidence) for one in proposals] == [
        ("list_clients", 0.7),
        ("list_sites", 0.7),
    ]


def test_of_two_equal_rules_for_a_tool_the_one_that_says_more_wins() -> None:
    rules = compile_rules(
        document(
            rule(pattern="^block", tool="block_client"),
            rule(pattern="^block (?P<client>.+)$", tool="block_client"),
        )
    )
    (proposal,) = rules.propose(frame("block the tv")).proposals
    assert proposal.arguments == {"client": "tv"}


def test_named_groups_and_fixed_values_become_arguments() -> None:
    rules = compile_rules(
        document(
            rule(
                pattern="^(?P<wlan>.+) dark$",
                tool="set_wlan_enabled",
                arguments={"enabled": "false"},
                site="home",
            )
        )
    )
    (proposal,) = rules.propose(frame("the Guest dark")).proposals
    assert proposal.arguments == {"wlan": "Guest", "enabled": False, "site": "home"}


def test_no_rule_means_no_opinion(ours: Rules) -> None:
    assert ours.propose(frame("open the front door")) == Opinion()
    assert compile_rules(document()).propose(frame("anything")) == Opinion()


@pytest.mark.parametrize(
    ("tool", "example"),
    [(tool.name, example) for tool in TOOLS.values() for example in tool.examples],
)
def test_every_example_of_the_catalogue_leads_to_its_tool(
    ours: Rules, tool: str, example: str
) -> None:
    opinion = ours.propose(read(example))
    assert tool in surest(opinion)
    for proposal in opinion.proposals:
        lacking = missing(TOOLS[proposal.tool], proposal.arguments)
        if not lacking:
            check_arguments(TOOLS[proposal.tool], proposal.arguments)


@pytest.mark.parametrize(
    ("tool", "example"),
    [(tool.name, example) for tool in TOOLS.values() for example in tool.counterexamples],
)
def test_no_counterexample_leads_to_the_tool_alone(ours: Rules, tool: str, example: str) -> None:
    assert surest(ours.propose(read(example))) != [tool]


@pytest.mark.parametrize(
    ("said", "tool"),
    [
        ("How many devices are connected to my network?", "list_devices"),
        ("What UniFi devices do I have?", "list_devices"),
        ("What VLANs do I have", "list_networks"),
        ("What's my network health?", "get_network_health"),
        ("Is anything offline right now?", "list_devices"),
        ("Show the living room AP", "get_device"),
        ("What firmware is the garage switch on?", "get_device"),
        ("Are there any devices that need firmware updates?", "list_devices"),
        ("Which SSIDs are we broadcasting and on which bands?", "list_wlans"),
        ("Find my iPhone", "get_client"),
        ("Is the TV online?", "get_client"),
        ("Is the TV back?", "get_client"),
        ("Is the garage AP back yet?", "get_device"),
        ("Is device aa:bb:cc:dd:ee:ff back?", "get_device"),
        ("Is the core switch online again?", "get_device"),
        ("Is the guest wifi back on?", "get_wlan"),
        ("Is the internet back?", "get_network_health"),
        ("Who has 192.168.1.57?", "get_client"),
        ("Who's on my WiFi?", "list_clients"),
        ("Which AP is Sarah's laptop on?", "get_client"),
        ("Which clients are using the most bandwidth?", "list_clients"),
        ("List everything I have blocked.", "list_blocked_clients"),
        ("Block the kids iPad", "block_client"),
        ("Unblock the kids iPad", "unblock_client"),
        ("Disconnect my laptop", "reconnect_client"),
        ("Rename aa:bb:cc:dd:ee:ff to Front Door Cam.", "rename_client"),
        ("Give the printer a fixed address 10.0.20.15.", "set_client_fixed_ip"),
        ("Restart the garage AP", "restart_device"),
        ("Power-cycle the camera on port 12.", "power_cycle_port"),
        ("Blink the light on the lobby AP.", "locate_device"),
        ("Turn off PoE on port 5.", "set_port_poe"),
        ("Adopt the new access point.", "adopt_device"),
        ("Turn the LEDs off.", "set_device_led"),
        ("Turn off the guest Wi-Fi.", "set_wlan_enabled"),
        ("Change the guest password to blue-lamp-77", "set_wlan_password"),
        ("Put the U6 in the hall on channel 36, 40 MHz.", "set_radio"),
        ("Create a guest WiFi voucher", "create_vouchers"),
        ("ten vouchers for 24 hours", "create_vouchers"),
        ("Which ports are forwarded and to what?", "list_firewall_rules"),
        ('Disable the rule "Allow guest to LAN".', "set_firewall_rule_enabled"),
        ("Show me the recent network events", "list_events"),
        ("Get the logs of the core switch for the last hour.", "get_device_logs"),
        ("What changed yesterday, and who changed it?", "list_events"),
        ("Run a speed test", "run_speedtest"),
        ("What's my internet speed?", "get_network_health"),
    ],
)
def test_what_people_say_leads_to_the_one_tool(ours: Rules, said: str, tool: str) -> None:
    assert tool in surest(ours.propose(read(said)))


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        ("what happened yesterday", "list_events", {"day": "yesterday"}),
        ("what changed yesterday", "list_operations", {"day": "yesterday"}),
        (
            "what changed on the core switch today",
            "list_operations",
            {
                "about": "the core switch",
                "day": "today",
            },
        ),
        ("what did you change?", "list_operations", {}),
        ("what did you do yesterday?", "list_operations", {"day": "yesterday"}),
        ("what have you done this week", "list_operations", {"since": 604800}),
        ("what have you been doing today", "list_operations", {"day": "today"}),
        ("which changes did you make in the last 3 days?", "list_operations", {"since": 259200}),
        (
            "did you change anything on the garage ap today?",
            "list_operations",
            {
                "about": "the garage ap",
                "day": "today",
            },
        ),
        (
            "what changes were made today by admin?",
            "list_operations",
            {
                "by": "admin",
                "day": "today",
            },
        ),
        (
            "what is on port 3 of the core switch",
            "list_ports",
            {
                "device": "core switch",
                "port": 3,
            },
        ),
        (
            "which device is plugged into port 3 on the core switch",
            "list_ports",
            {
                "device": "core switch",
                "port": 3,
            },
        ),
        (
            "which clients are on port number 12 of the office switch?",
            "list_ports",
            {
                "device": "office switch",
                "port": 12,
            },
        ),
        (
            "who is on port three of the core switch?",
            "list_ports",
            {
                "device": "core switch",
                "port": 3,
            },
        ),
        ("is port 3 of the core switch up?", "list_ports", {"device": "core switch", "port": 3}),
        ("what is on the core switch port 3?", "list_ports", {"device": "core switch", "port": 3}),
        ("what is on port 3 core switch", "list_ports", {"device": "core switch", "port": 3}),
        ("how fast is port 26 on sw-core?", "list_ports", {"device": "sw-core", "port": 26}),
        ("what is on port 3?", "list_ports", {"port": 3}),
        ("which ports are free?", "list_ports", {"only": "down"}),
        ("list the free ports", "list_ports", {"only": "down"}),
        (
            "which ports are free on the core switch?",
            "list_ports",
            {"device": "core switch", "only": "down"},
        ),
        ("how is the hall ap doing?", "get_device", {"device": "hall ap"}),
        ("how's the core switch", "get_device", {"device": "core switch"}),
        ("how are things?", "get_network_health", {}),
        ("how is the guest wifi doing", "get_network_health", {}),
        ("anything offline?", "list_devices", {"status": "offline"}),
        ("is anything offline?", "list_devices", {"status": "offline"}),
        ("stop doing that", "list_timers", {"unwanted": True}),
        (
            "never mind blocking the bedroom tv",
            "list_timers",
            {"about": "bedroom tv", "deed": "block", "unwanted": True},
        ),
        ("how fast is port 3", "list_ports", {"port": 3}),
        (
            "cancel the unblock of the playstation",
            "cancel_timer",
            {
                "about": "the playstation",
                "deed": "unblock",
            },
        ),
        (
            "cancel the scheduled block of the tv",
            "cancel_timer",
            {
                "about": "the tv",
                "deed": "block",
            },
        ),
        ("cancel everything that's scheduled", "cancel_timer", {"which": "all"}),
        (
            "don't unblock the playstation",
            "list_timers",
            {
                "about": "playstation",
                "deed": "unblock",
                "unwanted": True,
            },
        ),
        (
            "keep the playstation blocked",
            "list_timers",
            {
                "about": "playstation",
                "deed": "unblock",
                "unwanted": True,
            },
        ),
        (
            "don't turn the guest wifi back on",
            "list_timers",
            {
                "about": "guest wifi",
                "deed": "enable",
                "unwanted": True,
            },
        ),
        ("events from last week", "list_events", {"since": 604800}),
        ("recent alarms", "list_events", {}),
        (
            "what happened to the printer yesterday",
            "list_events",
            {"client": "printer", "day": "yesterday"},
        ),
        ("history of the tv yesterday", "get_client_history", {"client": "tv", "day": "yesterday"}),
        ("where was the tv today", "get_client_history", {"client": "tv", "day": "today"}),
        ("show events about the nas", "list_events", {"client": "nas"}),
        ("whats my network health", "get_network_health", {}),
        ("when was the last speed test", "get_network_health", {}),
        ("what is my public ip", "get_network_health", {}),
        ("whats offline?", "list_devices", {"status": "offline"}),
        ("any updates available?", "list_devices", {"status": "upgradable"}),
        ("which ap has the most clients", "list_devices", {"type": "ap"}),
        ("what's plugged into the core switch?", "list_clients", {"device": "core switch"}),
        ("what is using the most bandwidth?", "list_clients", {"sort": "usage"}),
        ("how many people are connected", "list_clients", {}),
        (
            "show clients with weak signal",
            "list_clients",
            {"sort": "signal", "connection": "wireless"},
        ),
        ("top 5 talkers", "list_clients", {"sort": "usage", "limit": 5}),
        ("which switch port is the printer on", "get_client", {"client": "printer"}),
        ("who is at 10.30.0.55", "get_client", {"client": "10.30.0.55"}),
        ("list blocked", "list_blocked_clients", {}),
        (
            "is the port forward for plex on?",
            "list_firewall_rules",
            {"kind": "forward", "search": "plex"},
        ),
        ("list port forwards", "list_firewall_rules", {"kind": "forward"}),
        ("show the firewall rules", "list_firewall_rules", {"kind": "rule"}),
        ("set hall ap channel to 36", "set_radio", {"device": "hall ap", "channel": 36}),
        ("remove the block on old phone", "unblock_client", {"client": "old phone"}),
        (
            "create 3 vouchers for 1 day for 2 people",
            "create_vouchers",
            {"count": 3, "duration": 86400, "guests": 2},
        ),
        ("would you mind restarting the garage ap", "restart_device", {"device": "garage ap"}),
        ("turn on wifi Guest", "set_wlan_enabled", {"wlan": "Guest", "enabled": True}),
        ("disable all leds", "set_device_led", {"device": "all", "on": False}),
    ],
)
def test_everyday_wording_leads_to_one_agreed_call(
    ours: Rules, said: str, tool: str, arguments: dict[str, Any]
) -> None:
    frame = read(said)
    opinion = ours.propose(frame)
    assert surest(opinion) == [tool]
    assert opinion.proposals[0].arguments == arguments
    assert isinstance(agree(TOOLS[tool], arguments, frame), Agreed)


@pytest.mark.parametrize("said", ["turn off the tv", "turn off port 5", "switch on the internet"])
def test_a_bare_name_is_no_guess_where_another_kind_of_thing_is_named(
    ours: Rules, said: str
) -> None:
    assert ours.propose(read(said)).proposals == ()


@pytest.mark.parametrize(
    ("said", "enabled"),
    [
        ("disable home legacy", False),
        ("switch on home legacy", True),
        ("turn off home legacy", False),
        ("enable home legacy", True),
    ],
)
def test_a_bare_name_is_left_for_the_inventory_and_always_asked(
    ours: Rules, *, said: str, enabled: bool
) -> None:
    frame = read(said)
    proposals = ours.propose(frame).proposals
    assert {one.tool for one in proposals} == {
        "set_wlan_enabled", "set_firewall_rule_enabled", "set_port_forward_enabled",
    }  # fmt: skip
    assert len({one.confidence for one in proposals}) == 1
    for one in proposals:
        assert one.needs_confirmation
        assert one.arguments["enabled"] is enabled
        assert agree(TOOLS[one.tool], one.arguments, frame) == Agreed(unasked=False)


@pytest.mark.parametrize(
    "said",
    [
        "Internet is dead!",
        "Why is Wi-Fi slow in the meeting room?",
        "Why does the POS terminal keep dropping / hopping to the far AP?",
        "Site won't load but ping works.",
        "Audit my firewall policies — are there any redundant or conflicting rules?",
    ],
)
def test_what_needs_reasoning_goes_straight_to_it(ours: Rules, said: str) -> None:
    opinion = ours.propose(read(said))
    assert opinion == Opinion((), "slm")


@pytest.mark.parametrize(
    "said",
    [
        "don't block the TV",
        "never restart the core switch",
        "what happens if I turn off the guest wifi?",
        "open the front door",
        "I blocked the printer yesterday",
        "is it safe to reboot the gateway?",
    ],
)
def test_our_rules_propose_no_write_for_what_is_no_order(ours: Rules, said: str) -> None:
    assert not [one for one in ours.propose(read(said)).proposals if TOOLS[one.tool].writes]


def test_our_rules_cover_every_tool(ours: Rules) -> None:
    assert {one.tool.name for one in ours.rules if one.tool} == set(TOOLS)


def test_our_rules_never_take_a_direction_from_the_frame(ours: Rules) -> None:
    for said, tool, name, value in (
        ("turn off the guest wifi", "set_wlan_enabled", "enabled", False),
        ("turn the guest wifi on", "set_wlan_enabled", "enabled", True),
        ("disable poe on port 3 of core", "set_port_poe", "mode", "off"),
        ("stop blinking the lobby ap", "locate_device", "on", False),
        ("disable all leds", "set_device_led", "on", False),
    ):
        proposals = {one.tool: one for one in ours.propose(frame(said)).proposals}
        assert proposals[tool].arguments[name] == value


CLIENT, DEVICE, ID = "aa:bb:cc:dd:ee:01", "aa:bb:cc:dd:ee:02", "64b5f0c2a1b2c3d4e5f60718"


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        (f"show client {CLIENT}", "get_client", {"client": CLIENT}),
        (f"show the history of client {CLIENT}", "get_client_history", {"client": CLIENT}),
        (
            f"block client {CLIENT} for 1 h 30 min",
            "block_client",
            {"client": CLIENT, "duration": 5400},
        ),
        (f"unblock client {CLIENT}", "unblock_client", {"client": CLIENT}),
        (f"reconnect client {CLIENT}", "reconnect_client", {"client": CLIENT}),
        (
            f'rename client {CLIENT} to "Front Door"',
            "rename_client",
            {"client": CLIENT, "name": "Front Door"},
        ),
        (
            f"set the fixed ip of client {CLIENT} to 10.0.0.9",
            "set_client_fixed_ip",
            {"client": CLIENT, "ip": "10.0.0.9"},
        ),
        (f"authorize guest {CLIENT}", "authorize_guest", {"client": CLIENT}),
        (f"show the radios of device {DEVICE}", "get_radio", {"device": DEVICE}),
        (f"list clients of device {DEVICE}", "list_clients", {"device": DEVICE}),
        (f"list clients on network {ID}", "list_clients", {"network": ID}),
        (f"list events of client {CLIENT}", "list_events", {"client": CLIENT}),
        (f"list events of device {DEVICE}", "list_events", {"device": DEVICE}),
        (
            f"power cycle port 5 of device {DEVICE}",
            "power_cycle_port",
            {"device": DEVICE, "port": 5},
        ),
        (
            f"set poe of port uplink of device {DEVICE} to auto",
            "set_port_poe",
            {"device": DEVICE, "port": "uplink", "mode": "auto"},
        ),
        (
            f"set the 2.4 GHz radio of device {DEVICE} to channel auto with 40 MHz at low power",
            "set_radio",
            {"device": DEVICE, "band": "2.4", "channel": "auto", "width": "40", "power": "low"},
        ),
        (f"turn on wifi {ID}", "set_wlan_enabled", {"wlan": ID, "enabled": True}),
        (
            f"turn off firewall rule {ID}",
            "set_firewall_rule_enabled",
            {"rule": ID, "enabled": False},
        ),
        (
            f"create a firewall rule that blocks {CLIENT} from internet",
            "create_firewall_block",
            {"source": CLIENT, "destination": "internet"},
        ),
    ],
)
def test_a_query_with_ids_gives_back_exactly_its_call(
    ours: Rules, said: str, tool: str, arguments: dict[str, Any]
) -> None:
    opinion = ours.propose(read(said))
    assert surest(opinion) == [tool]
    assert opinion.proposals[0].arguments == arguments


WRONG: list[tuple[object, str, str]] = [
    (None, "routing", "a mapping"),
    ([], "routing", "a mapping"),
    ({}, "routing", "'routing' is missing"),
    ({"routing": {}, "rooting": {}}, "routing", "'rooting' is not known"),
    ({"routing": None}, "routing", "a mapping"),
    ({"routing": {}}, "routing", "'keywords' is missing"),
    ({"routing": {"keywords": {}}}, "routing.keywords", "a list"),
    (document(3), "routing.keywords[0]", "a mapping"),
    (document(rule(), rule(colour="red")), "routing.keywords[1]", "'colour' is not known"),
    (document(rule(pattern=None)), "routing.keywords[0].pattern", "a text"),
    (document(rule(pattern="")), "routing.keywords[0].pattern", "a text"),
    (document(rule(pattern="x" * 3_000)), "routing.keywords[0].pattern", "a text"),
    (document(rule(pattern="(?=x)")), "routing.keywords[0].pattern", "invalid perl operator"),
    (document(rule(pattern=r"(a)\1")), "routing.keywords[0].pattern", "invalid escape sequence"),
    (document(rule(pattern="a{2000}")), "routing.keywords[0].pattern", "repetition size"),
    (document(rule(pattern="\ud800")), "routing.keywords[0].pattern", "cannot be used"),
    (
        document(rule(pattern="(?P<site>a)(?P<site>b)")),
        "routing.keywords[0].pattern",
        "there twice",
    ),
    (document(rule(pattern="(?P<colour>a)")), "routing.keywords[0].pattern", "no argument of list"),
    (
        document({"pattern": "(?P<client>a)", "layer": "reasoning-slm"}),
        "routing.keywords[0].pattern",
        "no argument of a layer",
    ),
    (document(rule(tool="paint_fence")), "routing.keywords[0].tool", "no tool 'paint_fence'"),
    (document(rule(tool=3)), "routing.keywords[0].tool", "a tool's name"),
    (document({"pattern": "x"}), "routing.keywords[0].layer", "reasoning layer"),
    (document(rule(layer="reasoning-slm")), "routing.keywords[0].layer", "served elsewhere"),
    (document(rule(layer=[])), "routing.keywords[0].layer", "cannot be the layer"),
    (
        document(rule(tool="block_client", layer="execution-unifi-ssh")),
        "routing.keywords[0].layer",
        "(execution-unifi-api)",
    ),
    (document(rule(confidence=0)), "routing.keywords[0].confidence", "a number above 0"),
    (document(rule(confidence=1.5)), "routing.keywords[0].confidence", "a number above 0"),
    (document(rule(confidence=float("nan"))), "routing.keywords[0].confidence", "a number above 0"),
    (document(rule(confidence=True)), "routing.keywords[0].confidence", "a number above 0"),
    (document(rule(confidence="0.9")), "routing.keywords[0].confidence", "a number above 0"),
    (
        document(rule(requiresConfirmation="yes")),
        "routing.keywords[0].requiresConfirmation",
        "true or false",
    ),
    (document(rule(arguments=[])), "routing.keywords[0].arguments", "a mapping"),
    (
        document(rule(arguments={"colour": 1})),
        "routing.keywords[0].arguments.colour",
        "takes no argument",
    ),
    (
        document(rule(arguments={"status": "asleep"})),
        "routing.keywords[0].arguments.status",
        "one of online, offline, all",
    ),
    (
        document({"pattern": "x", "layer": "reasoning-slm", "arguments": {"client": "tv"}}),
        "routing.keywords[0].arguments.client",
        "takes no arguments",
    ),
    (document(rule(site="")), "routing.keywords[0].site", "cannot be ''"),
    (document(rule(examples="x")), "routing.keywords[0].examples", "a list"),
    (document(rule(examples=[1])), "routing.keywords[0].examples", "texts belong here"),
    (document(rule(examples=["pong"])), "routing.keywords[0].examples[0]", "does not match"),
    (
        document(rule(counterexamples=["ping"])),
        "routing.keywords[0].counterexamples[0]",
        "must not",
    ),
    (
        document(
            rule(examples=["ping"], confidence=0.5),
            rule(pattern="ping", tool="list_sites", confidence=0.6),
        ),
        "routing.keywords[0].examples[0]",
        "goes to routing.keywords[1] instead",
    ),
]


@pytest.mark.parametrize(("wrong", "place", "words"), WRONG)
def test_a_wrong_document_is_refused_at_its_place(wrong: object, place: str, words: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        compile_rules(wrong)
    assert caught.value.setting == place
    assert caught.value.message.startswith(f"{place}: ")
    assert words in caught.value.message


def test_the_place_says_which_document_is_wrong() -> None:
    with pytest.raises(Misconfigured, match=r"^my-rules\.yaml routing\.keywords\[0\]\.pattern: "):
        compile_rules(document(rule(pattern="(")), place="my-rules.yaml routing")


def test_a_bare_on_in_yaml_is_explained() -> None:
    entry = rule(tool="locate_device", arguments=yaml.safe_load("{on: true}"))
    with pytest.raises(Misconfigured) as caught:
        compile_rules(document(entry))
    assert "in quotes" in caught.value.hint


def test_rules_that_are_too_complex_together_are_refused() -> None:
    greedy = [rule(pattern=f"{index}\\pL{{80}}") for index in range(40)]
    with pytest.raises(Misconfigured) as caught:
        compile_rules(document(*greedy))
    assert caught.value.setting == "routing.keywords"


def test_a_thousand_rules_load_and_find_the_right_one() -> None:
    many = [
        rule(pattern=f"^(show|list) thing {index}$", examples=[f"show thing {index}"])
        for index in range(1_000)
    ]
    rules = compile_rules(document(*many))
    assert [one.place for one in rules.matching("please list thing 777!")] == [
        "routing.keywords[777]"
    ]


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(.*a){12}b", "(x+x+)+y", "(a?){25}a{25}"]
)
@pytest.mark.timeout(5)
def test_a_hostile_pattern_takes_linear_time(pattern: str) -> None:
    rules = compile_rules(document(rule(pattern=pattern)))
    rules.matching("a" * (TEXT_LIMIT - 1) + "!")
    rules.matching("x" * TEXT_LIMIT)


def test_a_text_too_long_for_a_command_is_left_to_others(ours: Rules) -> None:
    assert ours.propose(frame("block the tv " + "x" * 50_000)) == Opinion()
    assert ours.matching("block " + "x" * (TEXT_LIMIT - 10))


@given(st.text())
def test_any_text_gets_an_opinion(text: str) -> None:
    assert isinstance(COMPILED.propose(frame(text)), Opinion)
    assert isinstance(COMPILED.propose(read(text)), Opinion)


openings = st.sampled_from(
    ["block", "unblock", "rename", "please restart the", "turn off", "show", "create", "set the"]
)
middles = st.sampled_from(["tv", "guest wifi", "port 5", "password of x", "ap to", "vouchers for"])


@given(openings, middles, st.text(max_size=30))
def test_whatever_follows_an_order_is_read_or_left(opening: str, middle: str, rest: str) -> None:
    for proposal in COMPILED.propose(read(f"{opening} {middle} {rest}")).proposals:
        names = {one.name for one in TOOLS[proposal.tool].arguments}
        assert set(proposal.arguments) <= names


COMPILED = compile_rules(OURS)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(leaves, inner, max_size=3),
    max_leaves=6,
)
patterns = st.text(alphabet="ab.*+?()[]{}|\\^$?P<client>:=!19", max_size=16)
keywords = st.fixed_dictionaries(
    {"pattern": patterns | anything},
    optional={
        "tool": st.sampled_from([*TOOLS, "get_logs"]) | anything,
        "layer": st.sampled_from(["execution-unifi-api", "reasoning-slm"]) | anything,
        "confidence": st.floats(0, 1) | anything,
        "requiresConfirmation": anything,
        "arguments": anything,
        "site": anything,
        "examples": anything,
        "counterexamples": anything,
    },
)
documents = anything | st.builds(document, keywords) | st.builds(document, keywords, keywords)


@settings(max_examples=300)
@given(documents)
def test_any_document_gives_rules_or_a_misconfiguration(wild: object) -> None:
    with suppress(Misconfigured):
        compile_rules(wild).propose(frame("ab client 19"))


def test_weights_that_are_no_mapping_are_refused_at_their_place() -> None:
    with pytest.raises(Misconfigured, match="a mapping of weights belongs here") as raised:
        compile_rules({"routing": {"keywords": []}, "complexity": [1]})
    assert raised.value.setting == "complexity"


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("spotted it, make the hall ap stop flashing", "locate_device", {"device": "hall ap"}),
        ("I want the tv blocked", "block_client", {"client": "tv"}),
        ("my-phone-1, revoke its guest access", "revoke_guest", {"client": "my-phone-1"}),
        ("turn off the lights on every device", "set_device_led", {"device": "all", "on": False}),
        ("change the 5 ghz power on the hall ap to low", "set_radio", {"power": "low"}),
        ("set channel 40 for the hall ap's 5 ghz radio", "set_radio", {"device": "hall ap"}),
        ("sort the clients by their data usage", "list_clients", {"sort": "usage"}),
        ("what is attached over a cable", "list_clients", {"connection": "wired"}),
        ("bring up the stats for the hall ap", "get_device_stats", {"device": "hall ap"}),
        ("can you pull up the stats of the hall ap please", "get_device_stats", {}),
        ("yesterday's events pls", "list_events", {"day": "yesterday"}),
        ("events from last week", "list_events", {"since": 604_800}),
        ("could you check whether the hall ap is up or down?", "get_device", {"device": "hall ap"}),
        ("we'd like to know who is connected by cable", "list_clients", {"connection": "wired"}),
        ("let me have a look at the port profiles", "list_port_profiles", {}),
    ],
)
def test_a_roundabout_text_is_known_by_what_it_stands_for(
    ours: Rules, text: str, tool: str, arguments: dict[str, Any]
) -> None:
    best = ours.propose(read(text)).proposals[0]
    assert best.tool == tool
    assert arguments.items() <= best.arguments.items()


@pytest.mark.parametrize(
    "text",
    [
        "rename the printer to the",
        "have the gateway sing",
        "why is my phone slow, let me see",
        "the printer was blocked",
        "which gadgets like the home wifi",
    ],
)
def test_no_call_is_made_up_for_what_only_sounds_like_a_known_form(ours: Rules, text: str) -> None:
    frame = read(text)
    proposals = ours.propose(frame).proposals
    assert not any(
        isinstance(agree(TOOLS[one.tool], one.arguments, frame), Agreed)
        and not missing(TOOLS[one.tool], one.arguments)
        for one in proposals
    )
