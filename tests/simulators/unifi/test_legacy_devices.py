"""The legacy lane on devices: what a restart looks like, and every other command to hardware."""

from typing import Any

import pytest

from cortex.simulators.unifi.world import Device
from tests.simulators.unifi.console import START, Console, console, error

pytestmark = pytest.mark.anyio


async def devmgr(bench: Console, cmd: str, **body: Any) -> Any:
    return await bench.legacy("POST", "cmd/devmgr", {"cmd": cmd, **body})


async def record(bench: Console, name: str) -> dict[str, Any]:
    return (await bench.rows(f"stat/device/{bench.device(name).mac}"))[0]


async def states(bench: Console, device: Device, until: float) -> list[int]:
    """Return the states the device is seen in, each once, looking every second."""
    seen: list[int] = []
    while bench.now < until:
        row = (await bench.rows(f"stat/device/{device.mac}"))[0]
        if not seen or seen[-1] != row["state"]:
            seen.append(row["state"])
        bench.now += 1
    return seen


async def test_a_restarted_device_goes_dark_and_returns_with_a_small_uptime() -> None:
    async with console() as bench:
        point = bench.device("Garage AP")
        before = (await record(bench, "Garage AP"))["uptime"]
        answer = await devmgr(bench, "restart", mac=point.mac)
        assert answer.json() == {"meta": {"rc": "ok"}, "data": []}
        assert (await record(bench, "Garage AP"))["state"] == 1
        assert await states(bench, point, START + 120) == [1, 6, 0, 5, 1]
        assert (await record(bench, "Garage AP"))["uptime"] < 60 < before


async def test_a_lost_device_tells_no_uptime_and_since_when_it_is_lost() -> None:
    async with console() as bench:
        await devmgr(bench, "restart", mac=bench.device("Garage AP").mac)
        bench.now += 60
        row = await record(bench, "Garage AP")
        assert "uptime" not in row
        assert row["start_disconnected_millis"] == START * 1000


async def test_while_contact_is_lost_the_last_known_uptime_stays() -> None:
    async with console() as bench:
        before = (await record(bench, "Garage AP"))["uptime"]
        await devmgr(bench, "restart", mac=bench.device("Garage AP").mac)
        bench.now += 30
        row = await record(bench, "Garage AP")
        assert (row["state"], row["uptime"]) == (6, before)


async def test_clients_of_a_restarting_access_point_leave_and_return() -> None:
    async with console() as bench:
        plug = bench.client("shellyplug-s-4A11").mac
        await devmgr(bench, "restart", mac=bench.device("Garage AP").mac)
        assert plug not in await bench.online()
        bench.now += 110
        assert plug in await bench.online()


async def test_a_soft_restart_of_a_switch_does_not_reboot_what_hangs_on_it() -> None:
    async with console() as bench:
        booted = bench.device("Hall AP").booted_at
        await devmgr(bench, "restart", mac=bench.device("Core Switch").mac)
        assert bench.client("NAS").mac not in await bench.online()
        assert bench.client("Sarah's Laptop").mac not in await bench.online()
        assert await states(bench, bench.device("Hall AP"), START + 140) == [1, 6, 0, 1]
        assert bench.device("Hall AP").booted_at == booted
        assert bench.client("NAS").mac in await bench.online()


async def test_a_hard_restart_of_a_switch_takes_its_poe_children_down_in_cascade() -> None:
    async with console() as bench:
        await devmgr(bench, "restart", mac=bench.device("Core Switch").mac, reboot_type="hard")
        bench.now += 600
        bench.world.advance(bench.now - 500)
        assert [each.model for each in bench.home.pending()] == ["UAL6"]
        rows = {row["name"]: row for row in await bench.rows("stat/device") if "name" in row}
        assert {row["state"] for row in rows.values()} == {1}
        fed = {name: rows[name]["uptime"] for name in ("Core Switch", "Garage Switch", "Garage AP")}
        # Each one boots only once the one before it gives power again.
        assert fed["Core Switch"] > fed["Garage Switch"] > fed["Garage AP"]
        assert rows["Office Switch"]["uptime"] > 86_400 < rows["Gateway"]["uptime"]


async def test_a_restart_of_the_gateway_takes_everyone_offline() -> None:
    async with console() as bench:
        await devmgr(bench, "restart", macs=[bench.device("Gateway").mac])
        assert await bench.online() == set()
        health = {row["subsystem"]: row for row in await bench.rows("stat/health")}
        assert (health["wan"]["status"], health["www"]["status"]) == ("error", "error")
        bench.now += 260
        assert len(await bench.online()) > 20


async def test_a_restart_of_a_lost_device_is_ok_and_nothing() -> None:
    async with console() as bench:
        answer = await devmgr(bench, "restart", mac=bench.device("Basement AP").mac)
        assert answer.status_code == 200
        bench.now += 300
        assert (await record(bench, "Basement AP"))["state"] == 0


async def test_a_restart_is_told_in_the_log_and_on_the_websocket() -> None:
    async with console() as bench:
        frames: list[str] = []
        bench.home.subscribe(lambda frame: frames.append(frame.message))
        await devmgr(bench, "restart", mac=bench.device("Lobby AP").mac)
        bench.now += 200
        log = (await bench.v2("POST", "system-log/device-alert", {})).json()["data"]
        told = [row["key"] for row in log if row["timestamp"] >= START * 1000]
        assert told == [
            "DEVICE_RECONNECTED",
            "DEVICE_RESTARTED",
            "DEVICE_DISCONNECTED",
            "DEVICE_RESTARTED_BY_ADMIN",
        ]
        assert frames.count("device:sync") >= 4
        assert {"events", "alert", "sta:sync"} <= set(frames)


@pytest.mark.parametrize("cmd", ["restart", "force-provision", "set-locate", "upgrade"])
async def test_a_command_to_an_unknown_device_is_refused(cmd: str) -> None:
    async with console() as bench:
        for mac in ("02:00:00:00:00:01", bench.device("Lobby AP").mac.upper()):
            answer = await devmgr(bench, cmd, mac=mac)
            assert (answer.status_code, error(answer)) == (400, "api.err.UnknownDevice")


async def test_an_unknown_command_name_is_ok_and_nothing() -> None:
    async with console() as bench:
        answer = await devmgr(bench, "self-destruct", mac="anything")
        assert answer.json() == {"meta": {"rc": "ok"}, "data": []}


async def test_an_unknown_device_is_an_error_since_version_10_and_empty_before() -> None:
    path = "stat/device/02:00:00:00:00:01"
    async with console() as bench:
        assert error(await bench.legacy("GET", path)) == "api.err.UnknownDevice"
    async with console(version="9.5.21") as older:
        assert await older.rows(path) == []


async def test_devices_can_be_asked_for_by_address() -> None:
    async with console() as bench:
        mac = bench.device("Lobby AP").mac
        rows = await bench.rows("stat/device", {"macs": [mac]}, method="POST")
        assert [row["mac"] for row in rows] == [mac]
        basic = await bench.rows("stat/device-basic")
        assert {row["state"] for row in basic} == {0, 1, 2}


async def test_locating_blinks_until_it_is_stopped() -> None:
    async with console() as bench:
        mac = bench.device("Lobby AP").mac
        await devmgr(bench, "set-locate", mac=mac)
        assert (await record(bench, "Lobby AP"))["locating"] is True
        await devmgr(bench, "unset-locate", mac=mac)
        assert (await record(bench, "Lobby AP"))["locating"] is False


async def test_a_changed_device_is_provisioning_for_a_while() -> None:
    async with console() as bench:
        device = bench.device("Lobby AP")
        before = device.cfgversion
        rows = await bench.rows(f"rest/device/{device.id}", {"name": "Door AP"}, method="PUT")
        assert (rows[0]["name"], rows[0]["state"]) == ("Door AP", 5)
        assert rows[0]["cfgversion"] != before
        bench.now += 10
        assert (await record(bench, "Door AP"))["state"] == 1


async def test_lists_of_a_device_are_replaced_and_never_merged() -> None:
    async with console() as bench:
        device = bench.device("Core Switch")
        assert len(device.port_overrides) == 2
        body = {"port_overrides": [{"port_idx": 7, "name": "Storage"}]}
        row = (await bench.rows(f"rest/device/{device.id}", body, method="PUT"))[0]
        assert row["port_overrides"] == body["port_overrides"]
        names = {port["port_idx"]: port["name"] for port in row["port_table"]}
        assert (names[7], names[8], len(names)) == ("Storage", "Port 8", 26)


async def test_a_radio_table_sent_in_part_loses_the_other_radio() -> None:
    async with console() as bench:
        device = bench.device("Hall AP")
        radio = {**device.radio_table[1], "channel": 36, "ht": "40"}
        body = {"radio_table": [radio]}
        row = (await bench.rows(f"rest/device/{device.id}", body, method="PUT"))[0]
        assert [each["radio"] for each in row["radio_table_stats"]] == ["na"]
        assert row["radio_table_stats"][0]["channel"] == 36
        tablet = bench.client("Emma's iPad")
        assert (await bench.rows(f"stat/sta/{tablet.mac}"))[0]["channel"] == 36


@pytest.mark.parametrize(
    "body", [{"port_overrides": {}}, {"radio_table": ["ng"]}, {}, [{"name": "x"}]]
)
async def test_a_device_change_of_the_wrong_shape_is_refused(body: Any) -> None:
    async with console() as bench:
        device = bench.device("Core Switch")
        answer = await bench.legacy("PUT", f"rest/device/{device.id}", body)
        assert (answer.status_code, error(answer)) == (400, "api.err.InvalidPayload")
        answer = await bench.legacy("PUT", "rest/device/0", {"name": "x"})
        assert error(answer) == "api.err.IdInvalid"


async def test_facts_about_a_device_cannot_be_put_and_unknown_keys_are_kept() -> None:
    async with console() as bench:
        device = bench.device("Lobby AP")
        body = {"version": "99", "state": 0, "snmp_location": "Lobby", "led_override": "off"}
        row = (await bench.rows(f"rest/device/{device.id}", body, method="PUT"))[0]
        assert (row["version"], row["state"]) == (device.version, 5)
        assert (row["snmp_location"], row["led_override"]) == ("Lobby", "off")


async def test_a_disabled_access_point_carries_nobody() -> None:
    async with console() as bench:
        device = bench.device("Hall AP")
        await bench.rows(f"rest/device/{device.id}", {"disabled": True}, method="PUT")
        assert bench.client("Emma's iPad").mac not in await bench.online()
        health = {row["subsystem"]: row for row in await bench.rows("stat/health")}
        assert health["wlan"]["num_disabled"] == 1
        await bench.rows(f"rest/device/{device.id}", {"disabled": False}, method="PUT")
        assert bench.client("Emma's iPad").mac in await bench.online()


async def test_a_power_cycled_port_reboots_what_it_feeds() -> None:
    async with console() as bench:
        switch = bench.device("Garage Switch")
        answer = await devmgr(bench, "power-cycle", mac=switch.mac, port_idx=2)
        assert answer.status_code == 200
        bench.now += 200
        assert (await record(bench, "Garage AP"))["uptime"] < 200
        assert (await record(bench, "Garage Switch"))["uptime"] > 86_400


async def test_a_power_cycled_camera_drops_and_returns() -> None:
    async with console() as bench:
        camera = bench.client("Front Door Cam").mac
        await devmgr(bench, "power-cycle", mac=bench.device("Core Switch").mac, port_idx=12)
        assert camera not in await bench.online()
        bench.now += 10
        assert camera in await bench.online()


@pytest.mark.parametrize("port", [7, 21, 25, 99])
async def test_a_port_that_gives_no_power_cannot_be_cycled(port: int) -> None:
    async with console() as bench:
        mac = bench.device("Core Switch").mac
        answer = await devmgr(bench, "power-cycle", mac=mac, port_idx=port)
        assert (answer.status_code, error(answer)) == (400, "api.err.InvalidTargetPort")


async def test_power_cycling_revives_an_access_point_that_hangs() -> None:
    async with console() as bench:
        await devmgr(bench, "power-cycle", mac=bench.device("Core Switch").mac, port_idx=6)
        bench.now += 120
        assert (await record(bench, "Basement AP"))["state"] == 1


async def test_power_cycling_the_port_of_a_newcomer_leaves_it_waiting() -> None:
    async with console() as bench:
        await devmgr(bench, "power-cycle", mac=bench.device("Core Switch").mac, port_idx=20)
        bench.now += 120
        assert (await record(bench, ""))["state"] == 2


async def test_poe_switched_off_takes_a_device_down_until_it_is_on_again() -> None:
    async with console() as bench:
        switch = bench.device("Core Switch")
        off = {"port_overrides": [{"port_idx": 5, "poe_mode": "off"}]}
        row = (await bench.rows(f"rest/device/{switch.id}", off, method="PUT"))[0]
        port = row["port_table"][4]
        assert (port["poe_mode"], port["poe_enable"], port["poe_power"]) == ("off", False, "0.00")
        bench.now += 400
        assert (await record(bench, "Garage Switch"))["state"] == 0
        assert (await record(bench, "Garage AP"))["state"] == 0
        await bench.rows(f"rest/device/{switch.id}", {"port_overrides": []}, method="PUT")
        bench.now += 400
        assert (await record(bench, "Garage Switch"))["state"] == 1
        assert (await record(bench, "Garage AP"))["state"] == 1
        assert (await record(bench, "Core Switch"))["port_table"][4]["poe_enable"] is True


async def test_poe_switched_off_takes_a_camera_offline() -> None:
    async with console() as bench:
        switch = bench.device("Core Switch")
        off = {"port_overrides": [{"port_idx": 12, "poe_mode": "off"}]}
        await bench.rows(f"rest/device/{switch.id}", off, method="PUT")
        assert bench.client("Front Door Cam").mac not in await bench.online()


async def test_a_port_profile_can_take_the_power_too() -> None:
    async with console() as bench:
        switch = bench.device("Core Switch")
        disabled = next(
            each["_id"] for each in await bench.rows("rest/portconf") if each["name"] == "Disabled"
        )
        body = {"port_overrides": [{"port_idx": 12, "portconf_id": disabled}]}
        row = (await bench.rows(f"rest/device/{switch.id}", body, method="PUT"))[0]
        assert row["port_table"][11]["portconf_id"] == disabled
        assert row["port_table"][11]["poe_enable"] is False


async def test_an_upgrade_passes_through_state_4_and_changes_the_version() -> None:
    async with console() as bench:
        switch = bench.device("Office Switch")
        row = await record(bench, "Office Switch")
        assert row["upgradable"] is True
        await devmgr(bench, "upgrade", mac=switch.mac)
        assert await states(bench, switch, START + 200) == [4, 5, 1]
        after = await record(bench, "Office Switch")
        assert after["version"] == row["upgrade_to_firmware"]
        assert (after["upgradable"], after["uptime"] < 200) == (False, True)


async def test_an_upgrade_that_is_not_offered_changes_nothing() -> None:
    async with console() as bench:
        device = bench.device("Lobby AP")
        before = device.version
        answer = await bench.legacy("POST", "cmd/devmgr/upgrade", {"mac": device.mac})
        assert answer.status_code == 200
        bench.now += 400
        assert (device.version, (await record(bench, "Lobby AP"))["state"]) == (before, 1)


async def test_an_upgrade_from_an_address_installs_that_version() -> None:
    async with console() as bench:
        url = "https://fw.example/7.2.0.17000.bin"
        await devmgr(bench, "upgrade-external", mac=bench.device("Lobby AP").mac, url=url)
        bench.now += 400
        assert (await record(bench, "Lobby AP"))["version"] == "7.2.0.17000"


async def test_upgrade_all_takes_what_is_offered_to_one_kind() -> None:
    async with console() as bench:
        await bench.rows("cmd/devmgr/upgrade-all", {"type": "uap"}, method="POST")
        assert bench.device("Office Switch").state == 1
        await bench.rows("cmd/devmgr/upgrade-all", {}, method="POST")
        assert bench.device("Office Switch").state == 4
        await bench.rows("cmd/devmgr/set-rollupgrade", ["uap"], method="POST")


async def test_a_newcomer_is_adopted_and_may_not_be_forgotten_at_once() -> None:
    async with console() as bench:
        newcomer = bench.home.pending()[0]
        answer = await devmgr(bench, "adopt", mac=newcomer.mac)
        assert answer.status_code == 200
        forget = {"cmd": "delete-device", "mac": newcomer.mac}
        bench.now += 5
        assert error(await bench.legacy("POST", "cmd/sitemgr", forget)) == "api.err.DeviceBusy"
        assert await states(bench, newcomer, START + 60) == [7, 5, 1]
        row = (await bench.rows(f"stat/device/{newcomer.mac}"))[0]
        assert (row["adopted"], row["name"]) == (True, "U6 Lite")
        assert (await bench.legacy("POST", "cmd/sitemgr", forget)).status_code == 200


async def test_only_a_waiting_device_can_be_adopted() -> None:
    async with console() as bench:
        answer = await devmgr(bench, "adopt", mac="02:00:00:00:00:01")
        assert error(answer) == "api.err.CanNotAdoptUnknownDevice"
        answer = await devmgr(bench, "adopt", mac=bench.device("Lobby AP").mac)
        assert error(answer) == "api.err.InvalidTarget"


async def test_a_forgotten_device_within_reach_waits_to_be_adopted_again() -> None:
    async with console() as bench:
        device = bench.device("Hall AP")
        body = {"cmd": "delete-device", "mac": device.mac}
        await bench.rows("cmd/sitemgr", body, method="POST")
        assert await states(bench, device, START + 10) == [8, 2]
        assert "name" not in (await bench.rows(f"stat/device/{device.mac}"))[0]
        assert bench.client("Emma's iPad").mac not in await bench.online()
        await devmgr(bench, "adopt", mac=device.mac)
        bench.now += 60
        assert bench.client("Emma's iPad").mac in await bench.online()


async def test_a_forgotten_device_out_of_reach_is_gone() -> None:
    async with console() as bench:
        mac = bench.device("Basement AP").mac
        await bench.rows("cmd/sitemgr", {"cmd": "delete-device", "mac": mac}, method="POST")
        bench.now += 10
        assert error(await bench.legacy("GET", f"stat/device/{mac}")) == "api.err.UnknownDevice"
        assert (await record(bench, "Core Switch"))["port_table"][5]["up"] is False


async def test_a_device_sent_to_another_controller_is_lost_to_this_one() -> None:
    async with console() as bench:
        mac = bench.device("Hall AP").mac
        await devmgr(bench, "migrate", mac=mac, inform_url="http://192.0.2.1:8080/inform")
        bench.now += 60
        assert (await record(bench, "Hall AP"))["state"] == 0


async def test_a_speed_test_runs_for_a_while_and_is_kept() -> None:
    async with console() as bench:
        before = len(
            await bench.rows("stat/report/archive.speedtest", {"attrs": ["time"]}, method="POST")
        )
        await devmgr(bench, "speedtest")
        await bench.rows("cmd/devmgr/speedtest", {}, method="POST")
        running = (await devmgr(bench, "speedtest-status")).json()["data"][0]
        assert (running["status_summary"], running["xput_download"]) == (1, 0.0)
        bench.now += 26
        done = (await devmgr(bench, "speedtest-status")).json()["data"][0]
        assert (done["status_summary"], done["xput_download"] > 100) == (2, True)
        body = {"start": int(START - 86_400) * 1000}
        rows = await bench.rows("stat/report/archive.speedtest", body, method="POST")
        assert rows[-1]["xput_download"] == done["xput_download"]
        everything = await bench.rows("stat/report/archive.speedtest", {}, method="POST")
        assert len(everything) == before + 1
        health = {row["subsystem"]: row for row in await bench.rows("stat/health")}
        assert health["www"]["xput_down"] == done["xput_download"]


async def test_a_speed_test_needs_a_gateway_that_is_up() -> None:
    async with console() as bench:
        await devmgr(bench, "restart", mac=bench.device("Gateway").mac)
        assert error(await devmgr(bench, "speedtest")) == "api.err.SpeedTestNotSupported"


async def test_a_spectrum_scan_is_accepted() -> None:
    async with console() as bench:
        mac = bench.device("Hall AP").mac
        assert (await devmgr(bench, "spectrum-scan", mac=mac)).status_code == 200
        assert (await bench.rows(f"stat/spectrum-scan/{mac}"))[0]["mac"] == mac


async def test_records_hold_the_secrets_a_reader_must_keep_back() -> None:
    async with console() as bench:
        row = await record(bench, "Lobby AP")
        assert all(len(row[key]) == 32 for key in ("x_authkey", "x_vwirekey", "x_inform_authkey"))
        assert row["x_has_ssh_hostkey"] is True
        assert len(row["x_ssh_hostkey_fingerprint"].split(":")) == 16


async def test_a_record_tells_what_its_kind_has() -> None:
    async with console() as bench:
        gateway = await record(bench, "Gateway")
        assert gateway["wan1"]["up"] is True
        assert gateway["uptime_stats"]["WAN"]["monitors"]
        switch = await record(bench, "Core Switch")
        lobby = bench.device("Lobby AP")
        assert switch["port_table"][1]["poe_enable"] is True
        assert {"local_port_idx": 2, "chassis_id": lobby.mac, "port_id": "Port 2",
                "is_wired": True} in switch["lldp_table"]  # fmt: skip
        nas = switch["port_table"][6]
        assert (nas["up"], nas["mac_table"][0]["mac"]) == (True, bench.client("NAS").mac)
        point = await record(bench, "Lobby AP")
        assert point["uplink"]["uplink_mac"] == bench.device("Core Switch").mac
        assert {vap["essid"] for vap in point["vap_table"]} == {
            "Home", "Home Office", "Home IoT", "Home Guest",
        }  # fmt: skip
        assert [radio["radio"] for radio in point["radio_table"]] == ["ng", "na", "6e"]


async def test_a_device_can_be_provisioned_again() -> None:
    async with console() as bench:
        mac = bench.device("Lobby AP").mac
        assert (await devmgr(bench, "force-provision", mac=mac)).status_code == 200
        assert (await record(bench, "Lobby AP"))["state"] == 5


async def test_a_newcomer_without_power_still_waits() -> None:
    async with console() as bench:
        switch = bench.device("Core Switch")
        off = {"port_overrides": [{"port_idx": 20, "poe_mode": "off"}]}
        await bench.rows(f"rest/device/{switch.id}", off, method="PUT")
        assert (await record(bench, ""))["state"] == 2


async def test_what_hung_on_a_forgotten_switch_is_offline() -> None:
    async with console() as bench:
        switch, desktop = bench.device("Office Switch"), bench.client("Office PC")
        await devmgr(bench, "restart", mac=switch.mac)
        forget = {"cmd": "delete-device", "mac": switch.mac}
        await bench.rows("cmd/sitemgr", forget, method="POST")
        bench.now += 10
        answer = await bench.legacy("GET", f"stat/sta/{desktop.mac}")
        assert error(answer) == "api.err.UnknownStation"
        assert switch.mac not in bench.home.devices


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"radio_table": [{"radio": "na", "channel": "loud"}]}, "api.err.InvalidValue"),
        ({"radio_table": [{"radio": 5}]}, "api.err.InvalidPayload"),
        ({"port_overrides": [{"port_idx": True}]}, "api.err.InvalidPayload"),
        ({"name": 7}, "api.err.InvalidPayload"),
        ({"disabled": 1}, "api.err.InvalidPayload"),
    ],
)
async def test_a_setting_of_the_wrong_kind_is_refused_and_nothing_is_stored(
    body: Any, code: str
) -> None:
    async with console() as bench:
        device = bench.device("Hall AP")
        radios = list(device.radio_table)
        answer = await bench.legacy("PUT", f"rest/device/{device.id}", body)
        assert (answer.status_code, error(answer)) == (400, code)
        assert (device.name, device.radio_table) == ("Hall AP", radios)
        assert device.state == 1
