"""No write touches what is protected, or cuts off whoever asks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cortex.errors import Rejected
from cortex.fabric.execution.inventory import NEEDS_CONTROLLER, Found
from cortex.fabric.execution.plan.guard import judge
from cortex.fabric.messages import Asker, Plan, PlanReply, Preview, Target
from cortex.settings.knobs import Guard
from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio


def code_of(reply: PlanReply) -> str:
    return reply.error.code if reply.error else reply.status


@pytest.mark.parametrize(
    ("protected", "tool", "arguments"),
    [
        ("nas", "block_client", {"client": "NAS"}),
        ("diskstation", "block_client", {"client": "NAS"}),
        ("Core Switch", "restart_device", {"device": "core switch"}),
        ("core-switch", "set_port_poe", {"device": "core switch", "port": 12, "mode": "off"}),
        ("Home Guest", "set_wlan_enabled", {"wlan": "guest wifi", "enabled": False}),
        ("iot", "create_firewall_block", {"source": "iot", "destination": "internet"}),
        ("Lobby AP", "set_port_poe", {"device": "core switch", "port": 2, "mode": "off"}),
        ("front door cam", "power_cycle_port", {"device": "core switch", "port": 12}),
        ("Lobby AP", "set_device_led", {"device": "all", "on": False}),
        ("plex", "set_port_forward_enabled", {"forward": "plex", "enabled": False}),
    ],
)
async def test_what_is_protected_is_not_touched(
    tmp_path: Path, protected: str, tool: str, arguments: dict[str, Any]
) -> None:
    bench = Bench(tmp_path, guard=Guard(protected=(protected,)))
    assert code_of(await bench.plan(tool, **arguments)) == "protected"


async def test_an_address_protects_in_any_spelling(tmp_path: Path) -> None:
    mac = Bench(tmp_path).client("NAS").mac
    bench = Bench(tmp_path, guard=Guard(protected=(mac.upper().replace(":", "-"),)))
    assert code_of(await bench.plan("block_client", client="nas")) == "protected"
    assert (await bench.plan("block_client", client="kids ipad")).status == "planned"


async def test_protected_things_may_be_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path, guard=Guard(protected=("nas",)))
    assert (await bench.do("get_client", client="nas")).status == "done"


async def test_the_guard_is_asked_again_before_sending(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plan = await bench.planned("block_client", client="nas")
    bench.settings = type(bench.settings)(
        home=tmp_path, controller=bench.settings.controller, guard=Guard(protected=("nas",))
    )
    bench.start()
    outcome = await bench.execute(plan)
    assert (outcome.status, outcome.error and outcome.error.code) == ("refused", "protected")
    assert bench.sent() == []


WIRELESS = [
    ("block_client", {"client": "Sarah's Laptop"}),
    ("forget_client", {"client": "Sarah's Laptop"}),
    ("reconnect_client", {"client": "Sarah's Laptop"}),
    ("set_wlan_enabled", {"wlan": "home", "enabled": False}),
    ("set_wlan_password", {"wlan": "home", "password": "a new one 9"}),
    ("forget_device", {"device": "hall ap"}),
    ("forget_device", {"device": "core switch"}),
    ("create_firewall_block", {"source": "default", "destination": "internet"}),
]
WIRED = [
    ("block_client", {"client": "nas"}),
    ("set_port_poe", {"device": "core switch", "port": 7, "mode": "off"}),
    ("set_port_profile", {"device": "core switch", "port": 7, "profile": "disabled"}),
    ("forget_device", {"device": "core switch"}),
    ("create_firewall_block", {"source": "nas", "destination": "internet"}),
]


@pytest.mark.parametrize(
    ("who", "tool", "arguments"),
    [("Sarah's Laptop", *case) for case in WIRELESS] + [("NAS", *case) for case in WIRED],
)
async def test_nobody_cuts_themselves_off(
    tmp_path: Path, who: str, tool: str, arguments: dict[str, Any]
) -> None:
    bench = Bench(tmp_path)
    reply = await bench.plan(tool, address=bench.client(who).ip, **arguments)
    assert code_of(reply) == "lockout", reply


async def test_the_port_above_the_askers_access_point_is_part_of_the_way(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    hall = bench.device("Hall AP")
    switch = bench.home.devices[hall.uplink_mac]
    reply = await bench.plan(
        "set_port_poe",
        address=bench.client("Sarah's Laptop").ip,
        device=switch.mac,
        port=hall.uplink_port,
        mode="off",
    )
    assert code_of(reply) == "lockout"


@pytest.mark.parametrize("spelling", ["ip", "mac"])
async def test_the_machines_that_cortex_needs_are_guarded_for_everyone(
    tmp_path: Path, spelling: str
) -> None:
    own = getattr(Bench(tmp_path).client("NAS"), spelling)
    bench = Bench(tmp_path, guard=Guard(own_addresses=(own,)))
    assert code_of(await bench.plan("block_client", client="nas", address="127.0.0.1")) == "lockout"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("restart_device", {"device": "hall ap"}),
        ("restart_device", {"device": "core switch"}),
        ("provision_device", {"device": "hall ap"}),
        ("set_radio", {"device": "hall ap", "band": "5", "channel": 36}),
    ],
)
async def test_a_cut_that_heals_is_a_warning(
    tmp_path: Path, tool: str, arguments: dict[str, Any]
) -> None:
    bench = Bench(tmp_path)
    address = bench.client("Sarah's Laptop").ip
    reply = await bench.plan(tool, address=address, **arguments)
    assert reply.plan is not None
    assert any("Your own connection" in warning for warning in reply.plan.preview.warnings)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("block_client", {"client": "kids ipad"}),
        ("set_wlan_enabled", {"wlan": "guest wifi", "enabled": False}),
        ("restart_device", {"device": "lobby ap"}),
        ("set_port_poe", {"device": "core switch", "port": 12, "mode": "off"}),
        ("forget_device", {"device": "basement ap"}),
    ],
)
async def test_other_ways_stay_free(tmp_path: Path, tool: str, arguments: dict[str, Any]) -> None:
    bench = Bench(tmp_path)
    address = bench.client("Sarah's Laptop").ip
    reply = await bench.plan(tool, address=address, **arguments)
    assert reply.plan is not None, reply
    assert not any("Your own" in warning for warning in reply.plan.preview.warnings)


@pytest.mark.parametrize("address", ["", "127.0.0.1", "::1", "::ffff:127.0.0.1", "nonsense"])
async def test_the_loopback_is_nobodys_client(tmp_path: Path, address: str) -> None:
    bench = Bench(tmp_path)
    assert (await bench.plan("block_client", client="nas", address=address)).status == "planned"


async def test_a_mapped_address_is_the_clients(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    address = f"::ffff:{bench.client('NAS').ip}"
    assert code_of(await bench.plan("block_client", client="nas", address=address)) == "lockout"


async def test_the_gateway_is_never_forgotten(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    gateway = bench.home.gateway()
    assert gateway is not None
    assert code_of(await bench.plan("forget_device", device=gateway.mac)) == "lockout"


async def test_a_rule_that_would_stop_the_asker_is_not_switched_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    rule = next(
        one for one in bench.home.firewall_policies.values() if one["name"] == "Block IoT to LAN"
    )
    rule["enabled"] = False
    iot = bench.client("ESP_4F2A10").ip
    reply = await bench.plan(
        "set_firewall_rule_enabled", address=iot, rule="block iot to lan", enabled=True
    )
    assert code_of(reply) == "lockout"


async def test_the_operator_may_switch_the_guard_off(tmp_path: Path) -> None:
    bench = Bench(tmp_path, guard=Guard(lockout=False))
    reply = await bench.plan("block_client", client="nas", address=bench.client("NAS").ip)
    assert reply.status == "planned"


async def test_the_machine_that_cortex_runs_on_is_not_cut_off_without_being_named(
    tmp_path: Path,
) -> None:
    own = Bench(tmp_path).client("NAS")
    bench = Bench(tmp_path, lan_address=own.ip)
    port = {"device": "core switch", "port": 7, "mode": "off"}
    for tool, arguments in (("block_client", {"client": own.mac}), ("set_port_poe", port)):
        assert code_of(await bench.plan(tool, **arguments)) == "lockout"
    assert (await bench.plan("block_client", client="kids ipad")).status == "planned"
    restart = await bench.planned("restart_device", device="core switch")
    assert any("Your own connection" in warning for warning in restart.preview.warnings)
    assert bench.sent() == []


async def test_the_guard_holds_at_execution_where_the_address_is_new(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    own = bench.client("NAS")
    plan = await bench.planned("block_client", client=own.mac)
    bench.lan_address = own.ip
    bench.start()
    assert (await bench.execute(plan)).status == "refused"
    assert bench.sent() == []


@dataclass
class _Remembered:
    """A site of which no Wi-Fi networks are known."""

    clients: dict[str, dict[str, Any]]
    site_name: str = "default"

    async def of(self, kind: str) -> Found:
        if kind == "wlan":
            message = "what wlans there are is known to the controller only"
            raise Rejected(message, reason=NEEDS_CONTROLLER)
        rows = self.clients if kind == "client" else {}
        return Found((), rows)

    async def client(self, mac: str) -> Found:
        return Found((), {mac: self.clients[mac]})


def _plan(tool: str, kind: str, id_: str) -> Plan:
    return Plan(
        tool=tool,
        site="default",
        arguments={kind: id_},
        targets=(Target(kind=kind, id=id_, name="it"),),
        risk="write",
        preview=Preview(what=""),
        digest="",
    )


async def test_a_change_of_no_wifi_network_is_judged_without_knowing_them() -> None:
    mac, address = "3c:22:fb:92:8a:51", "192.168.1.51"
    site = _Remembered({mac: {"ip": address, "essid": "Home", "online": True}})
    asker = Asker(principal="ada", address=address)
    verdict = await judge(Guard(), _plan("block_client", "client", mac), asker, site)
    assert verdict.error is not None
    assert verdict.error.code == "lockout"
    with pytest.raises(Rejected, match="known to the controller only"):
        await judge(Guard(), _plan("set_wlan_enabled", "wlan", "w1"), asker, site)
