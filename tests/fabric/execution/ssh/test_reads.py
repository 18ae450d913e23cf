"""Reads over SSH: what devices tell stands under the catalogue's keys, and says what is missing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cortex.fabric.catalogue.tool import Facts, Table
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.execution.ssh.table import CHANGES, READS
from cortex.fabric.messages import Outcome
from tests.fabric.execution.ssh.bench import bench

pytestmark = pytest.mark.anyio

AP, SWITCH, GATEWAY, OLD = "Living Room AP", "Core Switch", "Gateway", "Garage Switch"
_OWN_WORDS = {"get_device_logs", "run_diagnostic"}
_CALLS: dict[str, dict[str, Any]] = {
    "get_device": {"device": AP},
    "get_device_stats": {"device": SWITCH},
    "get_device_logs": {"device": AP},
    "run_diagnostic": {"device": SWITCH, "check": "info"},
    "get_radio": {"device": AP},
    "list_ports": {"device": SWITCH},
    "get_client": {"client": "Kids iPad"},
    "get_wlan": {"wlan": "Home"},
}


def rows_of(outcome: Outcome) -> list[dict[str, Any]]:
    assert outcome.status == "done", outcome
    rows: list[dict[str, Any]] = outcome.data["rows"]
    return rows


def test_a_tool_has_a_twin_here_exactly_if_the_catalogue_says_so() -> None:
    twins = {tool.name for tool in TOOLS.values() if tool.ssh_twin}
    assert set(READS) | set(CHANGES) == twins
    assert {name for name in twins if TOOLS[name].writes} == set(CHANGES)


async def test_every_read_answers_under_the_keys_of_the_catalogue(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        for tool in READS:
            outcome = await layer.do(tool, **_CALLS.get(tool, {}))
            assert outcome.status == "done", (tool, outcome)
            assert any("over SSH" in one for one in outcome.data["sources"]), tool
            layout = TOOLS[tool].layout
            assert isinstance(layout, Table | Facts)
            keys = {column.key for column in layout.columns}
            told = outcome.data.get("rows") or [outcome.data.get("facts")]
            assert told
            assert all(set(row) == keys for row in told), (tool, told[0])
            assert not (outcome.data["complete"] and outcome.data.get("missing")), tool
            assert ("missing" in outcome.data) is (tool not in _OWN_WORDS), tool


@pytest.mark.parametrize("tool", ["list_devices", "list_clients", "get_network_health"])
async def test_a_site_without_devices_is_told_and_never_done(tmp_path: Path, tool: str) -> None:
    async with bench(tmp_path) as layer:
        layer.known = msgspec.structs.replace(layer.known, devices=(), clients=())
        reply = await layer.plan(tool)
        assert reply.status == "failed", reply
        assert "no device of the site 'default' is remembered" in reply.answer


async def test_a_device_is_shown_by_what_it_says_now(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        outcome = await layer.do("get_device", device="living room ap")
        facts = outcome.data["facts"]
        assert (facts["mac"], facts["status"], facts["type"]) == (layer.mac(AP), "online", "ap")
        assert facts["uptime"] == "19 d 42 s"
        assert outcome.data["sources"] == [f"{AP} over SSH"]


async def test_the_gateway_is_asked_as_the_console_it_is(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        assert (await layer.do("get_device", device=GATEWAY)).status == "done"
        logins = await layer.street.journal("SSH-LOGIN")
        assert [entry["body"]["username"] for entry in logins] == ["root"]


async def test_the_devices_that_do_not_answer_are_said_and_the_others_shown(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("refused_port", device=AP)
        await layer.street.trap("changed_hostkey", device="Hall AP")
        await layer.street.trap("auth_refused", device="Lobby AP")
        outcome = await layer.do("list_devices", type="ap")
        states = {row["name"]: row["status"] for row in rows_of(outcome)}
        assert states[AP] == "not answering"
        assert states["Hall AP"] == "host key changed"
        assert states["Lobby AP"] == "login refused"
        assert states["Office AP"] == "online"
        assert outcome.answer.startswith("3 of 7 access points remembered answer over SSH;")
        assert f"not answering: Basement AP and {AP};" in outcome.answer
        assert "; host key changed: Hall AP; login refused: Lobby AP; 1 waits" in outcome.answer
        assert outcome.answer.endswith("Whether a silent one is off cannot be told from here.")
        assert "Hall AP" not in outcome.data["missing"]
        online = rows_of(await layer.do("list_devices", status="online"))
        assert AP not in {row["name"] for row in online}
        offline = rows_of(await layer.do("list_devices", status="offline", search="living"))
        assert [row["name"] for row in offline] == [AP]


@pytest.mark.parametrize("trap", ["refused_port", "slow_banner"])
async def test_whether_a_dead_device_is_alive_is_answered(trap: str, tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        extra = {"seconds": 600} if trap == "slow_banner" else {}
        await layer.street.trap(trap, device=AP, **extra)
        async with layer.again(connect_timeout=timedelta(seconds=0.5)) as hasty:
            outcome = await hasty.do("get_device", device=AP)
        why = "connection refused" if trap == "refused_port" else "no connection in time"
        where = layer.street.fleet.addresses[layer.mac(AP)]
        assert (outcome.status, outcome.error) == ("done", None)
        assert outcome.answer == (
            f"{AP} does not answer over SSH ({why} at {where});"
            " whether it is off cannot be told from here."
        )
        assert outcome.data["facts"]["status"] == "not answering"
        assert outcome.data["facts"]["mac"] == layer.mac(AP)
        assert (outcome.data["complete"], outcome.data["missing"]) == (False, "")


async def test_silent_devices_of_one_name_are_told_apart_by_their_addresses(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("refused_port", device="Hall AP")
        await layer.street.trap("refused_port", device="Lobby AP")
        macs = sorted(map(layer.mac, ("Hall AP", "Lobby AP")))
        for mac in macs:
            layer.remember(mac, name="Attic AP")
        answer = (await layer.do("list_devices", type="ap")).answer
        first, second = (f"Attic AP ({mac})" for mac in macs)
        assert f"not answering: {first}, {second} and Basement AP;" in answer


async def test_a_device_whose_host_key_changed_is_no_dead_one(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("changed_hostkey", device=AP)
        outcome = await layer.do("get_device", device=AP)
        assert outcome.status == "failed"
        assert outcome.answer.startswith(f"find out why the host key of {AP} at ")
        assert ": known MD5:" in outcome.answer
        assert ", shown MD5:" in outcome.answer
        assert outcome.error is not None
        assert outcome.error.hint.startswith("if it was reset or replaced, run `cortex ssh accept")


async def test_only_what_was_asked_for_and_is_not_there_is_missed(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("refused_port", device="Hall AP")
        one = await layer.do("get_device", device=AP)
        assert (one.data["complete"], one.data["missing"]) == (True, "")
        port = await layer.do("list_ports", device=SWITCH, port=1)
        assert (port.data["complete"], port.data["missing"]) == (True, "")
        ports = await layer.do("list_ports", device=SWITCH)
        assert ports.data["missing"] == "only the controller knows the profiles of ports"
        everyone = await layer.do("list_clients")
        assert everyone.data["missing"] == (
            "only the controller knows usage and when each was last seen;"
            " not answering: Basement AP and Hall AP"
        )
        seen = await layer.do("get_client", client="Kids iPad")
        assert (seen.data["complete"], seen.data["missing"]) == (True, "")
        away = next(row for row in layer.known.clients if not row["online"])
        unseen = await layer.do("get_client", client=away["mac"])
        assert unseen.data["missing"] == "not answering: Basement AP and Hall AP"


async def test_an_uplink_is_called_by_its_name_and_by_its_address_if_none_is_known(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as layer:
        named = await layer.do("get_device", device=AP)
        assert named.data["facts"]["uplink"] == SWITCH
        mac = layer.mac(SWITCH)
        rows = tuple(row for row in layer.known.devices if row["mac"] != mac)
        layer.known = msgspec.structs.replace(layer.known, devices=rows)
        unnamed = await layer.do("get_device", device=AP)
        assert unnamed.data["facts"]["uplink"] == mac


async def test_what_only_the_controller_knows_of_devices_is_not_made_up(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        outcome = await layer.do("list_devices", status="upgradable")
        assert outcome.status == "failed"
        assert "controller only" in outcome.answer
        assert outcome.error is not None
        assert outcome.error.reason == "needs-controller"


async def test_logs_are_the_last_lines_and_filtered_here(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        last = rows_of(await layer.do("get_device_logs", device=AP, lines=3))
        assert len(last) == 3
        many = rows_of(await layer.do("get_device_logs", device=AP, lines=300))
        assert many[-3:] == last
        found = rows_of(await layer.do("get_device_logs", device=AP, contains="INFORM OK"))
        assert found
        assert all("inform ok" in row["line"] for row in found)
        assert not [words for words in await layer.commands() if "INFORM" in " ".join(words)]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_device_logs", {}),
        ("run_diagnostic", {"check": "uptime"}),
        ("run_diagnostic", {"check": "info"}),
        ("list_events", {}),
    ],
)
async def test_another_device_at_the_address_is_asked_for_nothing_but_its_name(
    tool: str, arguments: dict[str, Any], tmp_path: Path
) -> None:
    async with bench(tmp_path) as layer:
        stranger = layer.mac("Lobby AP")
        pin = next(row for row in layer.known.devices if row["mac"] == stranger)
        layer.places(**{layer.mac(AP): layer.street.fleet.addresses[stranger]})
        layer.remember(layer.mac(AP), ssh_hostkey_fingerprint=pin["ssh_hostkey_fingerprint"])
        outcome = await layer.do(tool, device=AP, **arguments)
        assert outcome.status == "failed"
        assert stranger in outcome.answer
        assert await layer.commands() == [["mca-cli-op", "info"]]


async def test_a_device_is_asked_who_it_is_once_on_a_connection(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        for _ in range(3):
            await layer.do("get_device_logs", device=AP)
        assert (await layer.commands()).count(["mca-cli-op", "info"]) == 1
        async with layer.again() as other:
            await other.do("get_device_logs", device=AP)
        assert (await layer.commands()).count(["mca-cli-op", "info"]) == 2


async def test_logs_that_read_like_orders_are_shown_and_nothing_else(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("hostile_logs", device=AP)
        outcome = await layer.do("get_device_logs", device=AP, lines=500)
        assert outcome.status == "done"
        text = "".join(row["line"] for row in rows_of(outcome))
        assert all(char.isprintable() for char in text)
        assert "\\u001b" not in layer.bodies[-1]
        assert {tuple(words) for words in await layer.commands()} <= {
            ("mca-cli-op", "info"),
            ("logread",),
            ("tail", "-n", "500", "/var/log/messages"),
        }


async def test_ports_are_joined_with_what_is_remembered_on_them(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        (row,) = rows_of(await layer.do("list_ports", device=SWITCH, port=1))
        assert (row["clients"], row["status"]) == (AP, "up")
        up = rows_of(await layer.do("list_ports", device=SWITCH, only="up"))
        assert {row["status"] for row in up} == {"up"}
        powered = await layer.do("list_ports", device=SWITCH, only="poe")
        assert rows_of(powered)
        assert f" ports of {SWITCH} have PoE." in powered.answer
        none = await layer.do("list_ports", device=SWITCH, port=99)
        assert "no such port 99" in none.answer


async def test_clients_are_those_that_devices_see(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        everyone = rows_of(await layer.do("list_clients", status="all"))
        online = rows_of(await layer.do("list_clients"))
        here = {row["mac"] for row in layer.known.clients if row["online"]}
        assert {row["mac"] for row in online} <= here
        assert len(online) > len(here) * 2 // 3
        assert len(everyone) == len(layer.known.clients)
        on_ap = rows_of(await layer.do("list_clients", device=AP, sort="signal"))
        assert {row["device"] for row in on_ap} == {AP}
        assert [row["signal"] for row in on_ap] == sorted(
            (row["signal"] for row in on_ap), reverse=True
        )
        guests = rows_of(await layer.do("list_clients", wlan="Home Guest"))
        assert {row["wlan"] for row in guests} == {"Home Guest"}
        things = rows_of(await layer.do("list_clients", network="IoT"))
        assert {row["network"] for row in things} == {"IoT"}
        wired = rows_of(await layer.do("list_clients", connection="wired"))
        assert wired
        assert not set(layer.street.fleet.addresses) & {row["mac"] for row in wired}


async def test_a_client_is_found_at_its_access_point(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        outcome = await layer.do("get_client", client="Kids iPad")
        facts = outcome.data["facts"]
        assert (facts["device"], facts["wlan"], facts["status"]) == (AP, "Home", "online")
        away = next(row for row in layer.known.clients if not row["online"])
        outcome = await layer.do("get_client", client=away["mac"])
        assert "not seen" in outcome.answer


async def test_networks_are_those_that_the_gateway_routes(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        rows = rows_of(await layer.do("list_networks"))
        assert {row["name"]: row["subnet"] for row in rows}["IoT"] == "10.30.0.0/16"


async def test_the_internet_is_judged_by_the_gateway(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        outcome = await layer.do("get_network_health")
        assert outcome.answer.startswith("The internet is up.")
        await layer.street.trap("refused_port", device=GATEWAY)
        async with layer.again() as later:
            outcome = await later.do("get_network_health")
        assert "not known" in outcome.answer
        assert GATEWAY in outcome.answer


@pytest.mark.parametrize(
    "tool", ["get_network_health", "list_clients", "list_events", "list_wlans"]
)
async def test_what_nobody_answers_is_not_done(tool: str, tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("refused_port", device="*")
        outcome = await layer.do(tool)
        assert outcome.status == "failed"
        assert outcome.error is not None
        assert outcome.error.code == "unreachable"


async def test_a_wifi_network_that_nobody_sends_is_not_found(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        reply = await layer.plan("get_wlan", wlan="Nowhere at all")
        assert reply.plan is None
        assert "access points" in reply.answer


async def test_events_are_what_devices_wrote(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        rows = rows_of(await layer.do("list_events", device=AP, search="inform"))
        assert rows
        assert all(row["message"].startswith(AP) for row in rows)
        assert not rows_of(await layer.do("list_events", category="vpn"))


async def test_without_anything_remembered_nothing_is_asked(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        layer.known = type(layer.known)(site="elsewhere", at=0.0)
        reply = await layer.plan("get_device", device=AP, site="default")
        assert reply.error is not None
        assert reply.error.reason == "nothing-known"
        reply = await layer.plan("get_system_info", site="elsewhere")
        assert reply.error is not None
        assert reply.error.reason == "nothing-known"


async def test_old_firmware_is_asked_once_it_is_named(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        assert (await layer.do("get_device", device=OLD)).status == "done"
        async with layer.again(old_keys=()) as strict:
            outcome = await strict.do("get_device", device=OLD)
        assert outcome.error is not None
        assert (outcome.error.reason, OLD in outcome.answer) == ("host-key-old", True)
        assert "ssh.old_keys" in outcome.error.hint


async def test_a_device_that_waits_to_be_adopted_is_shown_and_never_logged_in_to(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as layer:
        layer.remember(layer.mac(AP), adopted=False)
        async with layer.again(first_use=True) as trusting:
            for tool in ("list_devices", "list_clients", "list_wlans", "get_network_health"):
                await trusting.do(tool)
            waiting = rows_of(await trusting.do("list_devices", status="pending"))
        assert AP in {row["name"] for row in waiting}
        assert {row["status"] for row in waiting} == {"pending"}
        logins = await layer.street.journal("SSH-LOGIN")
        greeted = {entry["body"]["name"] for entry in logins}
        assert "Office AP" in greeted
        assert AP not in greeted


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_device", {"device": AP}),
        ("get_device_logs", {"device": AP}),
        ("run_diagnostic", {"device": AP, "check": "uptime"}),
        ("list_events", {"device": AP}),
        ("restart_device", {"device": AP}),
        ("adopt_device", {}),
    ],
)
async def test_our_login_is_not_given_to_a_device_that_is_not_adopted_whoever_names_it(
    tool: str, arguments: dict[str, Any], tmp_path: Path
) -> None:
    async with bench(tmp_path) as layer:
        mac = layer.mac(AP)
        layer.remember(mac, adopted=False)
        reply = await layer.plan(tool, **(arguments or {"mac": mac}))
        answer = reply.answer
        if reply.plan is not None and tool not in CHANGES:
            answer = (await layer.execute(reply.plan)).answer
        assert answer == f"{AP} waits to be adopted, and has another login than ours"
        assert not await layer.street.journal("SSH-LOGIN")


async def test_a_silent_device_holds_up_nobody_else(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("slow_banner", device=AP, seconds=600)
        async with layer.again(concurrent=2) as narrow:
            outcome = await narrow.do("list_devices", deadline_ms=8_000)
        states = {row["name"]: row["status"] for row in rows_of(outcome)}
        assert (states[SWITCH], states[AP]) == ("online", "not answering")


async def test_the_tables_of_a_switch_stand_in_for_its_dump(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        by_dump = rows_of(await layer.do("list_ports", device=SWITCH))
        await layer.street.trap("garbage", device=SWITCH, command="mca-dump")
        by_table = rows_of(await layer.do("list_ports", device=SWITCH))
        keys = ("port", "status", "poe", "poe_power", "clients")
        assert [[row[key] for key in keys] for row in by_table] == [
            [row[key] for key in keys] for row in by_dump
        ]
