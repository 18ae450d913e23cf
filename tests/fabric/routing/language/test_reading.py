"""What people really say to a network, and how it is read."""

import pytest

from cortex.fabric.catalogue.tool import Direction, TargetKind, Verb
from cortex.fabric.routing.frame import Frame, Mood, Polarity
from cortex.fabric.routing.language import read

COMMAND, REQUEST, QUESTION = Mood.COMMAND, Mood.REQUEST, Mood.QUESTION
STATEMENT, SCHEDULED = Mood.STATEMENT, Mood.SCHEDULED
ON, OFF, NO = Direction.ON, Direction.OFF, Direction.NONE
Kind = TargetKind
Expected = tuple[Mood, Verb | None, Direction, TargetKind | None, str]

UTTERANCES: dict[str, Expected] = {
    # reading
    "How many devices are connected to my network?": (QUESTION, Verb.SHOW, NO, None, "devices to network"),
    "What UniFi devices do I have?": (QUESTION, Verb.SHOW, NO, None, "UniFi devices"),
    "What VLANs do I have": (QUESTION, Verb.SHOW, NO, Kind.NETWORK, "VLANs"),
    "Show my networks": (COMMAND, Verb.SHOW, NO, Kind.NETWORK, "networks"),
    "What's my network health?": (QUESTION, Verb.SHOW, NO, Kind.HEALTH, "network health"),
    "Is anything offline right now?": (QUESTION, Verb.SHOW, NO, None, ""),
    "Show the living room AP": (COMMAND, Verb.SHOW, NO, Kind.DEVICE, "living room AP"),
    "What firmware is the garage switch on?": (QUESTION, Verb.SHOW, NO, Kind.DEVICE, "firmware garage switch"),
    "Which SSIDs are we broadcasting?": (QUESTION, Verb.SHOW, NO, Kind.WLAN, "SSIDs broadcasting"),
    "What's plugged into port 7 of the core switch?": (QUESTION, Verb.SHOW, NO, Kind.PORT, "port 7 of core switch"),
    "Find my iPhone": (COMMAND, Verb.SHOW, NO, Kind.CLIENT, "iPhone"),
    "Is the TV online?": (QUESTION, Verb.SHOW, NO, Kind.CLIENT, "TV"),
    "Who has 192.168.1.57?": (QUESTION, Verb.SHOW, NO, Kind.CLIENT, "192.168.1.57"),
    "Who's on my WiFi?": (QUESTION, Verb.SHOW, NO, Kind.CLIENT, "WiFi"),
    "who blocked the printer?": (QUESTION, Verb.SHOW, NO, Kind.EVENT, "printer"),
    "why was the printer blocked?": (QUESTION, Verb.DIAGNOSE, NO, Kind.CLIENT, "printer"),
    "Show me all clients on the Guest VLAN": (COMMAND, Verb.SHOW, NO, Kind.CLIENT, "clients on Guest VLAN"),
    "Which clients are using the most bandwidth?": (QUESTION, Verb.SHOW, NO, Kind.CLIENT, "clients using most bandwidth"),
    "List everything I have blocked.": (COMMAND, Verb.SHOW, NO, None, "everything"),
    "list blocked clients": (COMMAND, Verb.SHOW, NO, Kind.CLIENT, "clients"),
    "blocked clients": (STATEMENT, Verb.SHOW, NO, Kind.CLIENT, "clients"),
    "is the printer blocked?": (QUESTION, Verb.SHOW, NO, Kind.CLIENT, "printer"),
    "locate my phone": (COMMAND, Verb.SHOW, NO, Kind.CLIENT, "phone"),
    "Any threats blocked today?": (QUESTION, Verb.SHOW, NO, Kind.EVENT, "threats"),
    "Which ports are forwarded?": (QUESTION, Verb.SHOW, NO, Kind.PORT, "ports forwarded"),
    "Get the logs of the core switch for the last hour.": (COMMAND, Verb.SHOW, NO, Kind.LOG, "logs of core switch"),
    "could you list the clients please?": (REQUEST, Verb.SHOW, NO, Kind.CLIENT, "clients"),
    "give me the Wi-Fi password": (COMMAND, Verb.SHOW, NO, Kind.PASSWORD, "Wi-Fi password"),
    "look up the printer": (COMMAND, Verb.SHOW, NO, Kind.CLIENT, "printer"),
    "update me on the printer": (COMMAND, Verb.SHOW, NO, Kind.CLIENT, "printer"),
    "network status": (STATEMENT, Verb.SHOW, NO, Kind.HEALTH, "network status"),
    "uptime of ap-garage": (STATEMENT, Verb.SHOW, NO, None, "uptime of ap-garage"),
    "who is on vlan 30": (QUESTION, Verb.SHOW, NO, Kind.CLIENT, "vlan 30"),
    "show clients?": (QUESTION, Verb.SHOW, NO, Kind.CLIENT, "clients"),
    # diagnosing and testing
    "Internet is dead!": (STATEMENT, Verb.DIAGNOSE, NO, Kind.INTERNET, "Internet dead"),
    "Why is Wi-Fi slow in the meeting room?": (QUESTION, Verb.DIAGNOSE, NO, Kind.WLAN, "Wi-Fi slow in meeting room"),
    "Why does the AP keep rebooting": (QUESTION, Verb.DIAGNOSE, NO, Kind.DEVICE, "AP rebooting"),
    "what is wrong with the tv?": (QUESTION, Verb.DIAGNOSE, NO, Kind.CLIENT, "tv"),
    "how come the tv drops?": (QUESTION, Verb.DIAGNOSE, NO, Kind.CLIENT, "come tv drops"),
    "the tv keeps disconnecting": (STATEMENT, Verb.DIAGNOSE, NO, Kind.CLIENT, "tv keeps disconnecting"),
    "figure out what ails the gateway": (COMMAND, Verb.DIAGNOSE, NO, Kind.DEVICE, "ails gateway"),
    "ping the gateway": (COMMAND, Verb.DIAGNOSE, NO, Kind.DEVICE, "gateway"),
    "run a ping from the gateway": (COMMAND, Verb.DIAGNOSE, NO, Kind.DEVICE, "ping from gateway"),
    "fix the wifi": (COMMAND, Verb.DIAGNOSE, NO, Kind.WLAN, "wifi"),
    "Run a speed test": (COMMAND, Verb.TEST, NO, Kind.INTERNET, "speed test"),
    "do a speedtest": (COMMAND, Verb.TEST, NO, Kind.INTERNET, "speedtest"),
    "speed test please": (COMMAND, Verb.TEST, NO, None, ""),
    # clients
    "Block the kids iPad": (COMMAND, Verb.BLOCK, ON, Kind.CLIENT, "kids iPad"),
    "Unblock the kids iPad": (COMMAND, Verb.BLOCK, OFF, Kind.CLIENT, "kids iPad"),
    "un-block the kids iPad": (COMMAND, Verb.BLOCK, OFF, Kind.CLIENT, "kids iPad"),
    "block Salt & Pepper": (COMMAND, Verb.BLOCK, ON, None, "Salt & Pepper"),
    "block the iPad (2)": (COMMAND, Verb.BLOCK, ON, Kind.CLIENT, "iPad (2)"),
    "deny access to the printer": (COMMAND, Verb.BLOCK, ON, Kind.CLIENT, "printer"),
    "cut the ipad off": (COMMAND, Verb.BLOCK, ON, Kind.CLIENT, "ipad"),
    "kick out the ipad": (COMMAND, Verb.BLOCK, ON, Kind.CLIENT, "ipad"),
    "kick the ipad off the wifi": (COMMAND, Verb.RECONNECT, NO, Kind.CLIENT, "ipad"),
    "lock the ipad out": (COMMAND, Verb.BLOCK, ON, Kind.CLIENT, "ipad"),
    "block the ipad from the network": (COMMAND, Verb.BLOCK, ON, Kind.CLIENT, "ipad from network"),
    "block the ipad from the internet": (COMMAND, Verb.BLOCK, ON, Kind.RULE, "ipad from internet"),
    "block the ipad from": (COMMAND, Verb.BLOCK, ON, Kind.RULE, "ipad"),
    "block youtube on the tv": (COMMAND, Verb.BLOCK, ON, Kind.RULE, "youtube on tv"),
    "add the tv to the blocklist": (COMMAND, Verb.BLOCK, ON, Kind.CLIENT, "tv"),
    "remove the tv from the blacklist": (COMMAND, Verb.BLOCK, OFF, Kind.CLIENT, "tv from blacklist"),
    "remove the block on the iPad": (COMMAND, Verb.BLOCK, OFF, Kind.CLIENT, "iPad"),
    "remove the tv from the whitelist": (STATEMENT, Verb.SHOW, NO, Kind.CLIENT, "remove tv from whitelist"),
    "allow me a word": (STATEMENT, None, NO, None, "allow word"),
    "lift the ban": (COMMAND, Verb.BLOCK, OFF, None, ""),
    "let the ipad back on the wifi": (COMMAND, Verb.BLOCK, OFF, Kind.CLIENT, "ipad"),
    "allow the printer": (COMMAND, Verb.BLOCK, OFF, Kind.CLIENT, "printer"),
    "unblock me": (COMMAND, Verb.BLOCK, OFF, None, "me"),
    "Disconnect my laptop": (COMMAND, Verb.RECONNECT, NO, Kind.CLIENT, "laptop"),
    "force the tv to reconnect": (COMMAND, Verb.RECONNECT, NO, Kind.CLIENT, "tv"),
    "kick it so it reconnects": (COMMAND, Verb.RECONNECT, NO, None, "it"),
    "let the guest in for two hours": (COMMAND, Verb.AUTHORIZE, ON, Kind.CLIENT, "guest"),
    "give the guest ada-phone access": (COMMAND, Verb.AUTHORIZE, ON, Kind.CLIENT, "guest ada-phone access"),
    "end the guest access of ada-phone": (COMMAND, Verb.AUTHORIZE, OFF, Kind.CLIENT, "guest access of ada-phone"),
    "Rename aa:bb:cc:dd:ee:ff to Front Door Cam.": (COMMAND, Verb.RENAME, NO, None, "aa:bb:cc:dd:ee:ff"),
    'rename "Old Name" to "New Name"': (COMMAND, Verb.RENAME, NO, None, "Old Name"),
    'call the printer "Office Printer"': (COMMAND, Verb.RENAME, NO, Kind.CLIENT, "printer"),
    'name the printer "Office Printer"': (COMMAND, Verb.RENAME, NO, Kind.CLIENT, "printer"),
    "change the name of the printer to Office": (COMMAND, Verb.RENAME, NO, Kind.CLIENT, "printer"),
    "update the printer's name": (COMMAND, Verb.RENAME, NO, None, "printer's"),
    "Give the printer a fixed address 10.0.20.15.": (COMMAND, Verb.SET, NO, Kind.ADDRESS, "printer fixed address 10.0.20.15"),
    "fix the ip of the printer": (COMMAND, Verb.SET, NO, Kind.ADDRESS, "ip of printer"),
    "forget the client called Salt and Pepper": (COMMAND, Verb.FORGET, NO, Kind.CLIENT, "Salt and Pepper"),
    'block the client called "unblock me"': (COMMAND, Verb.BLOCK, ON, Kind.CLIENT, "unblock me"),
    # devices and ports
    "Restart the garage AP": (COMMAND, Verb.RESTART, NO, Kind.DEVICE, "garage AP"),
    "restart the device": (COMMAND, Verb.RESTART, NO, Kind.DEVICE, "device"),
    "block the device": (COMMAND, Verb.BLOCK, ON, None, "device"),
    "restart ap-garage": (COMMAND, Verb.RESTART, NO, None, "ap-garage"),
    "Reboot the AP named Living Room": (COMMAND, Verb.RESTART, NO, Kind.DEVICE, "Living Room"),
    "Power-cycle the camera on port 12.": (COMMAND, Verb.CYCLE, NO, Kind.PORT, "camera on port 12"),
    "power cycle the AP": (COMMAND, Verb.CYCLE, NO, Kind.DEVICE, "AP"),
    "Blink the light on the lobby AP.": (COMMAND, Verb.LOCATE, ON, Kind.DEVICE, "light on lobby AP"),
    "stop blinking the lobby AP": (COMMAND, Verb.LOCATE, OFF, Kind.DEVICE, "lobby AP"),
    "flash the firmware of the AP": (COMMAND, Verb.UPGRADE, NO, Kind.DEVICE, "firmware of AP"),
    "Upgrade the firmware of the office switch tonight.": (SCHEDULED, Verb.UPGRADE, NO, Kind.DEVICE, "firmware of office switch"),
    "install the firmware on the gateway": (COMMAND, Verb.UPGRADE, NO, Kind.DEVICE, "firmware on gateway"),
    "Adopt the new access point.": (COMMAND, Verb.ADOPT, NO, Kind.DEVICE, "new access point"),
    "push the config to the AP": (COMMAND, Verb.PROVISION, NO, Kind.DEVICE, "config to AP"),
    "Turn off PoE on port 5.": (COMMAND, Verb.SWITCH, OFF, Kind.POE, "PoE on port 5"),
    "turn PoE on port 5 off": (COMMAND, Verb.SWITCH, OFF, Kind.POE, "PoE on port 5"),
    "turn PoE off on port 5": (COMMAND, Verb.SWITCH, OFF, Kind.POE, "PoE on port 5"),
    "set PoE on port 5 of the core switch to off": (COMMAND, Verb.SWITCH, OFF, Kind.POE, "PoE on port 5 of core switch"),
    "set the leds on": (COMMAND, Verb.SWITCH, ON, Kind.LED, "leds"),
    "Turn the LEDs off.": (COMMAND, Verb.SWITCH, OFF, Kind.LED, "LEDs"),
    "set port 5 to the profile Cameras": (COMMAND, Verb.SET, NO, Kind.PROFILE, "port 5"),
    "Put the U6 in the hall on channel 36, 40 MHz.": (COMMAND, Verb.SET, NO, Kind.RADIO, "U6 in hall on channel 36, 40 MHz"),
    # wireless, networks, rules
    "Turn off the guest Wi-Fi.": (COMMAND, Verb.SWITCH, OFF, Kind.WLAN, "guest Wi-Fi"),
    "turn the guest wifi back on": (COMMAND, Verb.SWITCH, ON, Kind.WLAN, "guest wifi"),
    "turn the guest wifi on in the garage": (COMMAND, Verb.SWITCH, ON, Kind.WLAN, "guest wifi in garage"),
    "turn the wifi off and on": (COMMAND, Verb.SWITCH, NO, Kind.WLAN, "wifi"),
    "toggle the wifi": (COMMAND, Verb.SWITCH, NO, Kind.WLAN, "wifi"),
    "disable the wireless network Visitors": (COMMAND, Verb.SWITCH, OFF, Kind.WLAN, "wireless network Visitors"),
    "Change the guest password to hunter2": (COMMAND, Verb.SET, NO, Kind.PASSWORD, "guest password"),
    "update the guest password": (COMMAND, Verb.SET, NO, Kind.PASSWORD, "guest password"),
    "Make a new SSID for IoT": (COMMAND, Verb.CREATE, NO, Kind.WLAN, "new SSID for IoT"),
    "make the wifi faster": (COMMAND, Verb.SET, NO, Kind.WLAN, "wifi faster"),
    "Create a guest WiFi voucher": (COMMAND, Verb.CREATE, NO, Kind.VOUCHER, "guest WiFi voucher"),
    "ten vouchers for 24 hours": (REQUEST, Verb.CREATE, NO, Kind.VOUCHER, "ten vouchers"),
    "set up a guest network": (COMMAND, Verb.CREATE, NO, Kind.NETWORK, "guest network"),
    "Forward 32400 to the Plex server.": (COMMAND, Verb.CREATE, NO, None, "32400 to Plex server"),
    'Disable the rule "Allow guest to LAN".': (COMMAND, Verb.SWITCH, OFF, Kind.RULE, "Allow guest to LAN"),
    "switch on the firewall policy Block cameras": (COMMAND, Verb.SWITCH, ON, Kind.RULE, "firewall policy Block cameras"),
    "delete the block rule": (COMMAND, Verb.FORGET, NO, Kind.RULE, "block rule"),
    "show the rule events": (COMMAND, Verb.SHOW, NO, Kind.EVENT, "rule events"),
    # about actions
    "which AP should I restart?": (QUESTION, Verb.RESTART, NO, None, ""),
    "what happens if I block the printer": (QUESTION, Verb.BLOCK, ON, Kind.CLIENT, "printer"),
    "is rebooting the AP dangerous": (QUESTION, Verb.RESTART, NO, Kind.DEVICE, "AP dangerous"),
    "the printer was blocked": (Mood.PAST, Verb.BLOCK, ON, None, ""),
    'say "block the printer"': (Mood.QUOTED, Verb.BLOCK, ON, Kind.CLIENT, "printer"),
    # nothing that we do
    "the second one": (STATEMENT, None, NO, None, "second one"),
    "put it back": (STATEMENT, None, NO, None, "put"),
    "forget it": (STATEMENT, None, NO, None, "forget"),
    "get rid of the tv": (STATEMENT, Verb.SHOW, NO, Kind.CLIENT, "get rid of tv"),
    "let me think": (STATEMENT, None, NO, None, "let think"),
    "call the ISP": (STATEMENT, Verb.SHOW, NO, Kind.INTERNET, "call ISP"),
    "name all clients": (STATEMENT, Verb.SHOW, NO, Kind.CLIENT, "name clients"),
    "give the tv a rest": (STATEMENT, Verb.SHOW, NO, Kind.CLIENT, "give tv rest"),
    "forward the logs": (STATEMENT, Verb.SHOW, NO, Kind.LOG, "forward logs"),
    "run the microwave": (STATEMENT, None, NO, None, "run microwave"),
}  # fmt: skip


def _said(frame: Frame) -> Expected:
    return frame.mood, frame.verb, frame.direction, frame.target, frame.object


@pytest.mark.parametrize(("text", "expected"), UTTERANCES.items(), ids=UTTERANCES)
def test_an_utterance_is_read_as_it_is_meant(text: str, expected: Expected) -> None:
    assert _said(read(text)) == expected


@pytest.mark.parametrize(
    ("text", "mood", "polarity"),
    [
        ("cancel the timer for the tv", Mood.COMMAND, Polarity.POSITIVE),
        ("stop my timers", Mood.COMMAND, Polarity.POSITIVE),
        ("would you mind cancelling the timer?", Mood.REQUEST, Polarity.POSITIVE),
        ("don't cancel the timer", Mood.COMMAND, Polarity.NEGATIVE),
        ("stop cancelling the timer", Mood.COMMAND, Polarity.NEGATIVE),
        ("should I cancel the timer?", Mood.QUESTION, Polarity.POSITIVE),
        ("he said cancel the timer", Mood.REPORTED, Polarity.POSITIVE),
        ("I cancelled the timer", Mood.PAST, Polarity.POSITIVE),
        ("don't forget to cancel the timer", Mood.STATEMENT, Polarity.POSITIVE),
    ],
)
def test_what_denies_of_all_else_ends_a_timer(text: str, mood: Mood, polarity: Polarity) -> None:
    frame = read(text)
    assert (frame.mood, frame.polarity) == (mood, polarity)
    assert (frame.verb, frame.target) == (Verb.CANCEL, TargetKind.TIMER)


@pytest.mark.parametrize(
    "text", ["cancel", "cancel that", "cancel blocking the tv", "cancel it all"]
)
def test_what_names_no_timer_still_denies(text: str) -> None:
    frame = read(text)
    assert frame.polarity is Polarity.NEGATIVE
    assert frame.verb is not Verb.CANCEL
