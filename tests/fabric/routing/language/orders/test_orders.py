"""Roundabout orders are understood, and what only looks like one changes nothing."""

import pytest

from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.frame import Mood
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.orders import plainly
from cortex.fabric.routing.language.text import normalise, tokenise
from tests.fabric.routing.calls import WRITES

UNDERSTOOD = {
    "restart_device": [
        "I'd like the garage AP rebooted.",
        "we need to have the core switch restarted, please",
        "please have the garage AP restarted",
        "could the garage AP please be restarted, please?",
        "the garage AP should be restarted, please",
        "give the garage AP a reboot",
        "do a hard restart of the core switch",
        "the core switch needs a reboot, please",
        "sw-idf-2: reboot",
        "turn the garage AP off and on again",
        "the garage AP is stuck, restart it",
        "the garage AP isn't responding; kindly reboot it",
        "restart the garage AP, it keeps dropping my phone",
        "restart the garage AP because the garage is offline",
        "restart the garage AP. The wifi is slow",
        "restart the garage AP so that I can see the lights",
    ],
    "power_cycle_port": [
        "I want port 9 of the core switch power cycled",
        "core switch port 9, power cycle it",
        "the camera's frozen, power cycle port 7",
        "cut and restore the power on port 4 of the core switch",
        "turn port 5 of the core switch off and back on",
        "core-sw port 7 poe cycle",
    ],
    "set_port_poe": ["poe off sw-1 port 5", "set poe to auto on port 3 of the core switch"],
    "set_device_led": [
        "led off ap-gym",
        "the led of the garage AP on please",
        "I want the status light of the garage AP off",
    ],
    "set_wlan_enabled": [
        "wifi Guests: off",
        "take the guest wifi off the air",
        "I'd like the guest wifi turned off",
        "stop broadcasting the guest wifi",
    ],
    "set_firewall_rule_enabled": ['fw rule "Block All" off', "pause the rule Drop Cameras"],
    "set_port_forward_enabled": ["close the port forward Jellyfin", "stop forwarding port 22"],
    "upgrade_device": ["put the latest firmware on the garage AP", "bring the switch up to date"],
    "adopt_device": ["accept the new AP", "we need to have the new switch adopted"],
    "provision_device": ["resend the settings to the garage AP", "sw-core-01: force provision"],
    "locate_device": [
        "make the garage AP blink",
        "end the locate mode on the garage AP",
        "I want the core switch to flash its light",
        "we need the core switch to blink so that I can spot it",
        "have the garage AP flash so I can find it",
        "garage AP, start blinking",
        "garage AP, blink your led",
    ],
    "authorize_guest": [
        "grant guest access for my phone",
        "wave my tablet through the portal",
        "I want my phone authorized",
        "approve my tablet as a guest",
    ],
    "revoke_guest": [
        "withdraw the guest access of my phone",
        "end guest session my-tablet-2",
        "we want the guest access of my phone revoked",
        "my-tablet-2, revoke its guest access",
        "end my tablet's access as a guest",
    ],
    "cancel_timer": [
        "cancel the unblock of the playstation",
        "cancel the unblock",
        "call off the scheduled unblocking of the tv",
        "please abort the undo of the guest wifi",
        "cancel the pending undo",
        "scrap the restart of the core switch",
        "cancel the scheduled reboot",
        "cancel the planned block of the kids ipad",
        "cancel the scheduled ban",
        "cancel everything that is scheduled",
        "cancel everything that's still pending",
        "could you please cancel everything scheduled",
        "cancel all the scheduled orders",
    ],
    "forget_client": ["drop the old printer from the controller"],
    "forget_device": ["take the old switch out of the site", "decommission ap-old-2"],
    "reconnect_client": [
        "have the doorbell join the network afresh",
        "I want the doorbell to reconnect",
        "bounce the doorbell's connection",
        "drop the doorbell briefly so it reconnects",
        "get the tablet to reconnect",
        "force the printer to reconnect",
    ],
    "rename_client": ["give the tv the name Big Screen"],
    "set_wlan_password": ["new password for the guest wifi : pancakes4ever"],
    "set_port_profile": ["apply the profile Cameras to port 5 of the core switch"],
    "set_radio": ["crank the channel width of the garage AP to 80"],
    "set_client_fixed_ip": ["pin the nas to 192.168.1.5"],
    "create_vouchers": ["print me 20 codes for guest wifi", "I need a voucher for my guest"],
    "run_speedtest": ["kick off a fresh speed test", "the internet is slow, run a speed test"],
    "create_firewall_block": ["make a rule so the cameras can't reach the internet"],
    "block_client": [
        "take the ipad off our network",
        "put the ipad on the block list",
        "I want the ipad blocked",
        "we need my laptop banned right away",
        "the camera is to be blocked immediately",
        "the camera is to be blocked, please",
        "my old tablet, block it",
        "scanner-2: ban it now",
        "the kids tv, block please",
        "the speaker is compromised, block it",
        "keep the speaker off our wifi",
        "cut off the speaker's network access",
    ],
    "unblock_client": [
        "take the block off the ipad",
        "I'd like the ipad unblocked",
        "I want my laptop unblocked again",
        "the tv, unblock it",
    ],
}
CASES = [(text, tool) for tool, texts in UNDERSTOOD.items() for text in texts]

REFUSED = (
    "don't cancel the unblock of the playstation",
    "never cancel everything that is scheduled",
    "should I cancel the unblock of the playstation?",
    "cancel the unblock of the playstation?",
    "can I cancel everything that is scheduled",
    "what happens if I cancel everything that is scheduled",
    "she said cancel the unblock of the playstation",
    "my boss wants me to cancel everything that is scheduled",
    "I cancelled the unblock of the playstation",
    "I have cancelled everything that is scheduled",
    "if it rains, cancel the unblock of the playstation",
    "cancel everything that is scheduled unless I say no",
    "cancel the unblock of the playstation tomorrow",
    "cancel everything that is scheduled for tomorrow",
    'the note says "cancel the unblock of the playstation"',
    '"cancel everything that is scheduled"',
    "maybe cancel everything that is scheduled",
    "cancel the unblock of the tv and block the printer",
    "cancel unblocking the playstation",
    "don't cancel the hall ap restart",
    "should I cancel the bedroom tv block?",
    "she said cancel the printer one",
    "cancel the hall ap restart tomorrow at 7",
    "cancel the second one",
    "undo the block",
    "stop the unblock of the playstation",
    "the unblock of the playstation was cancelled",
    "cancel everything but the timer for the tv",
    "cancel everything",
    "cancel that",
    "don't unblock the playstation",
    "keep the playstation blocked",
    "leave the playstation blocked",
    "never turn the guest wifi back on",
    "the garage AP is slow, should I restart it?",
    "the garage AP is slow, she said restart it",
    "the garage AP is slow, maybe restart it",
    "the garage AP is slow, don't restart it",
    "restart the garage AP, it is a joke",
    "restart the garage AP, you are kidding",
    "restart the garage AP, it isn't urgent",
    "restart the garage AP, not now and not ever",
    "restart the garage AP, was the plan",
    "restart the garage AP, is it slow?",
    'restart the garage AP, it is "fine"',
    "restart the garage AP, is home",
    "restart the garage AP, wonderful news",
    "I'd like the guest wifi turned off tomorrow",
    "I'd like to know. I'd like the AP rebooted? never",
    "I'd like the unknown thing frobbed",
    "I would like the garage AP listed",
    "don't forget to give the garage AP a reboot",
    "is the guest wifi: off",
    "wifi Guests: off?",
    "wifi off? on",
    "we'd like the ap? rebooted",
    "give my dog a reboot",
    "accept the offer",
    "close the door",
    "open the window",
    "the garage AP is slow, show clients, it is old",
    "could the printer be blocked",
    "the printer is to be blocked",
    "could you say when the printer is to be blocked right away",
    "guest, block it",
    "the thing, block it",
    "block it, the thing",
    "the kids tv, block",
    "the tvs, block it",
    "I want the history of the printer blocked",
    "I want the printer to be left blocked",
    "I want the tv on",
    "keep the printer off the network for a week",
    "have the printer blocked",
    "it seems the printer is to be blocked right away",
    "the kids think the printer is to be blocked right away",
    "the kids think kids tv, block it",
    "my-tablet-2, revoke its guest access for 2 hours",
    "my-tablet-2, revoke its guest access one day",
    "the garage AP, stop blinking for 2 hours",
    "the garage AP, stop blinking?",
    "the garage AP, don't stop blinking",
    "the garage AP, stop blinking the hall AP",
    "I doubt the garage AP is stuck, restart it",
    "in theory the garage AP is stuck, restart it",
    "my phone lost the camera, it is off, block it not",
)


def _writes_for(text: str) -> set[str]:
    frame = read(text)
    return {tool.name for tool, call in WRITES if isinstance(agree(tool, call, frame), Agreed)}


@pytest.mark.parametrize(("text", "tool"), CASES)
def test_a_roundabout_order_is_understood_and_never_done_unasked(text: str, tool: str) -> None:
    frame = read(text)
    verdicts = [agree(one, call, frame) for one, call in WRITES if one.name == tool]
    agreed = [verdict for verdict in verdicts if isinstance(verdict, Agreed)]
    assert agreed
    assert not any(verdict.unasked for verdict in agreed)


@pytest.mark.parametrize("text", REFUSED)
def test_what_only_looks_like_a_roundabout_order_changes_nothing(text: str) -> None:
    assert _writes_for(text) == set()


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        ("take the block off the ipad", {"unblock_client"}),
        ("put the ipad on the block list", {"block_client"}),
        ("locate off ap-gym", {"locate_device"}),
    ],
)
def test_a_roundabout_order_goes_one_way_only(text: str, tools: set[str]) -> None:
    assert _writes_for(text) == tools


@pytest.mark.parametrize(
    "text",
    [
        "garage AP, stop blinking",
        "found it, make the garage AP stop flashing",
        "spotted it, have the garage AP stop blinking its light",
        "I want the garage AP to quit flashing",
        "switch the locate light of the garage AP off",
        "turn the locate mode on the garage AP off",
        "the garage AP can stop blinking now please",
    ],
)
def test_a_light_that_is_to_stop_blinking_is_never_made_to_blink(text: str) -> None:
    frame = read(text)
    calls = [
        (one.name, call) for one, call in WRITES if isinstance(agree(one, call, frame), Agreed)
    ]
    assert calls == [("locate_device", {"on": False})]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("kids tv, block it", "block kids tv"),
        ("I want the guest access of my-phone-1 revoked", "revoke the guest access of my-phone-1"),
        ("the hall AP is stuck, restart it", "restart the hall AP"),
        ("my phone lost the hall AP, restart it", "restart it"),
        ('give the tv the name "Big Screen"', 'rename the tv to "Big Screen"'),
        ("bounce the tv's connection", "reconnect the tv"),
        ("block the tv", ""),
    ],
)
def test_a_roundabout_order_tells_the_plain_one_it_stands_for(text: str, plain: str) -> None:
    assert read(text).plain == plain


def test_the_opposite_switch_never_agrees() -> None:
    for text, on in (("wifi Guests: off", False), ("put the guest wifi back on air", True)):
        frame = read(text)
        ways = {
            call["enabled"]
            for tool, call in WRITES
            if tool.name == "set_wlan_enabled" and isinstance(agree(tool, call, frame), Agreed)
        }
        assert ways == {on}


def test_a_plain_order_stays_as_it_stands() -> None:
    tokens, _ = tokenise(normalise("restart the garage AP"))
    assert plainly(tokens) is None
    assert read("restart the garage AP").mood is Mood.COMMAND


def test_a_long_text_is_no_roundabout_order() -> None:
    tokens, _ = tokenise("the AP is slow, restart it " + "now " * 60)
    assert plainly(tokens) is None
