"""The legacy lane on stored documents, commands to the site, and what happened there."""

from typing import Any

import pytest

from tests.simulators.unifi.console import START, Console, console, error

pytestmark = pytest.mark.anyio


async def document(bench: Console, table: str, name: str) -> dict[str, Any]:
    return next(each for each in await bench.rows(f"rest/{table}") if each["name"] == name)


async def test_sites_are_listed_by_short_name_and_description() -> None:
    async with console() as bench:
        rows = (await bench.call("GET", "/api/self/sites")).json()["data"]
        assert [(row["name"], row["desc"]) for row in rows] == [
            ("default", "Home"),
            ("mmu5lnvg", "Workshop"),
        ]
        detailed = (await bench.call("GET", "/api/stat/sites")).json()["data"]
        assert {len(row["health"]) for row in detailed} == {5}
        assert detailed[0]["num_new_alarms"] > 0


@pytest.mark.parametrize("site", ["Home", "Workshop", "nowhere"])
async def test_a_site_is_addressed_by_its_short_name_only(site: str) -> None:
    async with console() as bench:
        answer = await bench.legacy("GET", "stat/sta", site=site)
        assert (answer.status_code, error(answer)) == (400, "api.err.NoSiteContext")
        v2 = await bench.v2("GET", "clients/active", site=site)
        assert (v2.status_code, error(v2)) == (400, "api.err.NoSiteContext")
        assert v2.json()["errorCode"] == 400


async def test_sites_keep_their_things_apart() -> None:
    async with console() as bench:
        away = await bench.rows("stat/device", site="mmu5lnvg")
        assert {row["name"] for row in away} == {
            "Workshop Gateway",
            "Workshop Switch",
            "Workshop AP",
        }
        home = {row["mac"] for row in await bench.rows("stat/device")}
        assert home.isdisjoint(row["mac"] for row in away)
        health = {r["subsystem"]: r for r in await bench.rows("stat/health", site="mmu5lnvg")}
        assert health["wan"]["num_gw"] == 1


async def test_the_system_tells_its_version_and_the_caller_who_he_is() -> None:
    async with console() as bench:
        row = (await bench.rows("stat/sysinfo"))[0]
        assert (row["version"], row["ubnt_device_type"]) == ("10.4.57", "UDMPRO")
        own = (await bench.rows("self"))[0]
        assert (own["name"], own["site_role"], own["site_name"]) == ("admin", "admin", "default")


async def test_health_counts_what_is_there() -> None:
    async with console() as bench:
        rows = {row["subsystem"]: row for row in await bench.rows("stat/health")}
        assert set(rows) == {"wlan", "wan", "www", "lan", "vpn"}
        wlan = rows["wlan"]
        assert (wlan["num_ap"], wlan["num_disconnected"], wlan["num_pending"]) == (7, 1, 1)
        assert wlan["status"] == "warning"
        here = len(await bench.online())
        people = sum(
            rows[part][key] for part in ("wlan", "lan") for key in ("num_user", "num_guest")
        )
        assert people == here


async def test_an_unknown_path_is_not_found_in_the_lane_s_own_words() -> None:
    async with console() as bench:
        legacy = await bench.legacy("GET", "stat/nonsense")
        assert legacy.status_code == 404
        assert legacy.json() == {"meta": {"rc": "error", "msg": "api.err.NotFound"}, "data": []}
        v2 = await bench.v2("GET", "nonsense")
        assert (v2.status_code, v2.json()["code"]) == (404, "api.err.NotFound")
        other = await bench.http.get("/nonsense")
        assert (other.status_code, other.json()["error"]["code"]) == (404, 404)


@pytest.mark.parametrize("content", ["{", "7", '"x"', "\xff"])
async def test_a_body_that_is_no_json_object_is_an_invalid_payload(content: str) -> None:
    async with console() as bench:
        path = "/proxy/network/api/s/default/cmd/stamgr"
        answer = await bench.http.post(path, content=content.encode("latin-1"))
        assert (answer.status_code, error(answer)) == (400, "api.err.InvalidPayload")


async def test_a_wlan_change_merges_and_an_off_wlan_drops_its_clients() -> None:
    async with console() as bench:
        guest = await document(bench, "wlanconf", "Home Guest")
        assert guest["x_passphrase"].startswith("home-guest-")
        assert len(guest["x_iapp_key"]) == 32
        rows = await bench.rows(f"rest/wlanconf/{guest['_id']}", {"enabled": False}, method="PUT")
        assert rows[0] == guest | {"enabled": False}
        assert bench.client("Galaxy-A54").mac not in await bench.online()
        assert all(
            vap["essid"] != "Home Guest"
            for row in await bench.rows("stat/device")
            for vap in row.get("vap_table", [])
        )
        await bench.rows(f"rest/wlanconf/{guest['_id']}", {"enabled": True}, method="PUT")
        assert bench.client("Galaxy-A54").mac in await bench.online()


async def test_a_new_password_drops_the_stations_of_the_wlan_for_a_moment() -> None:
    async with console() as bench:
        guest = await document(bench, "wlanconf", "Home Guest")
        path = f"rest/wlanconf/{guest['_id']}"
        changed = {"x_passphrase": "new-and-longer"}
        assert changed.items() <= (await bench.rows(path, changed, method="PUT"))[0].items()
        online = await bench.online()
        assert bench.client("Galaxy-A54").mac not in online
        assert bench.client("Kids iPad").mac in online
        bench.now += 5
        assert bench.client("Galaxy-A54").mac in await bench.online()


async def test_rates_of_a_wlan_are_dropped_unless_they_are_set_by_hand() -> None:
    async with console() as bench:
        wlan = await document(bench, "wlanconf", "Home")
        path = f"rest/wlanconf/{wlan['_id']}"
        rates = {"minrate_ng_enabled": True, "minrate_ng_data_rate_kbps": 6000}
        assert "minrate_ng_enabled" not in (await bench.rows(path, rates, method="PUT"))[0]
        manual = rates | {"minrate_setting_preference": "manual"}
        assert (await bench.rows(path, manual, method="PUT"))[0]["minrate_ng_enabled"] is True


async def test_a_network_for_guests_becomes_a_corporate_one() -> None:
    async with console() as bench:
        network = await document(bench, "networkconf", "Guest")
        path = f"rest/networkconf/{network['_id']}"
        body = {"purpose": "guest", "mdns_enabled": False, "vlan": 21}
        row = (await bench.rows(path, body, method="PUT"))[0]
        assert (row["purpose"], row["mdns_enabled"], row["vlan"]) == ("corporate", True, 21)
        renamed = (await bench.rows(path, {"name": "Visitors"}, method="PUT"))[0]
        assert (renamed["name"], renamed["purpose"]) == ("Visitors", "corporate")
        made = {"name": "Party", "purpose": "guest", "vlan": 66, "mdns_enabled": True}
        row = (await bench.rows("rest/networkconf", made, method="POST"))[0]
        assert (row["purpose"], "mdns_enabled" in row) == ("corporate", False)


async def test_a_port_forward_is_toggled_and_its_unknown_fields_vanish() -> None:
    async with console() as bench:
        forward = await document(bench, "portforward", "Old game server")
        path = f"rest/portforward/{forward['_id']}"
        body = {"enabled": True, "fwd_ip": "192.168.1.91", "dst_port": 25566}
        row = (await bench.rows(path, body, method="PUT"))[0]
        assert (row["enabled"], row["fwd"], row["dst_port"]) == (True, "192.168.1.90", "25566")
        assert "fwd_ip" not in row
        assert len(await bench.rows("stat/portforward")) == 3


async def test_documents_are_made_read_and_deleted() -> None:
    async with console() as bench:
        body = {"name": "Chess", "enabled": True, "dst_port": "5000", "fwd": "192.168.1.5"}
        made = (await bench.rows("rest/portforward", body, method="POST"))[0]
        assert await bench.rows(f"rest/portforward/{made['_id']}") == [made]
        frames: list[str] = []
        stop = bench.home.subscribe(lambda frame: frames.append(frame.message))
        assert await bench.rows(f"rest/portforward/{made['_id']}", method="DELETE") == []
        assert "portforward:delete" in frames
        stop()
        answer = await bench.legacy("GET", f"rest/portforward/{made['_id']}")
        assert error(answer) == "api.err.IdInvalid"
        assert len(frames) == 2


async def test_a_wlan_needs_its_access_point_groups() -> None:
    async with console() as bench:
        body = {"name": "New", "x_passphrase": "12345678"}
        answer = await bench.legacy("POST", "rest/wlanconf", body)
        assert error(answer) == "api.err.ApGroupMissing"
        group = (await bench.v2("GET", "apgroups")).json()[0]["_id"]
        made = await bench.rows("rest/wlanconf", body | {"ap_group_ids": [group]}, method="POST")
        assert made[0]["name"] == "New"


@pytest.mark.parametrize("body", [{}, [], [1]])
async def test_a_change_must_change_something(body: Any) -> None:
    async with console() as bench:
        wlan = await document(bench, "wlanconf", "Home")
        answer = await bench.legacy("PUT", f"rest/wlanconf/{wlan['_id']}", body)
        assert error(answer) == "api.err.InvalidPayload"


async def test_the_legacy_firewall_is_empty_where_zones_rule() -> None:
    async with console() as bench:
        assert await bench.rows("rest/firewallrule") == []


async def test_settings_hold_the_ssh_login_of_the_devices() -> None:
    async with console() as bench:
        mgmt = (await bench.rows("get/setting/mgmt"))[0]
        assert mgmt["x_ssh_username"] == "fieldtech"
        assert len(mgmt["x_ssh_password"]) == 16
        assert len(await bench.rows("get/setting")) == 10
        assert await bench.rows("get/setting/nothing") == []
        row = (await bench.rows("set/setting/mgmt", {"led_enabled": False}, method="POST"))[0]
        assert row == mgmt | {"led_enabled": False}
        row = (await bench.rows("set/setting/lcm", {"enabled": True, "key": "x"}, method="PUT"))[0]
        assert (row["key"], row["enabled"]) == ("lcm", True)


async def test_vouchers_are_made_listed_and_taken_back() -> None:
    async with console() as bench:
        body = {"cmd": "create-voucher", "n": 10, "quota": 1, "expire_number": 24,
                "expire_unit": 60, "down": 2048, "note": "party"}  # fmt: skip
        made = (await bench.rows("cmd/hotspot", body, method="POST"))[0]["create_time"]
        rows = [row for row in await bench.rows("stat/voucher") if row["create_time"] == made]
        assert len({row["code"] for row in rows}) == len(rows) == 10
        assert {(row["duration"], row["status"], row["note"]) for row in rows} == {
            (1440, "VALID_ONE", "party")
        }
        assert rows[0]["code"].isdigit()
        assert len(rows[0]["code"]) == 10
        same = await bench.rows("stat/voucher", {"create_time": made}, method="POST")
        assert same == rows
        gone = {"cmd": "delete-voucher", "_id": rows[0]["_id"]}
        await bench.rows("cmd/hotspot", gone, method="POST")
        assert error(await bench.legacy("POST", "cmd/hotspot", gone)) == "api.err.IdInvalid"


@pytest.mark.parametrize(
    ("more", "minutes", "status"),
    [
        ({"quota": 0}, 1440, "VALID_MULTI"),
        ({"expire": 90, "quota": 5}, 90, "VALID_MULTI"),
        ({"expire_number": 2, "expire_unit": 1}, 2, "VALID_ONE"),
    ],
)
async def test_a_voucher_lasts_as_long_as_asked(
    more: dict[str, int], minutes: int, status: str
) -> None:
    async with console() as bench:
        await bench.rows("cmd/hotspot", {"cmd": "create-voucher", **more}, method="POST")
        row = (await bench.rows("stat/voucher"))[-1]
        assert (row["duration"], row["status"]) == (minutes, status)


@pytest.mark.parametrize("more", [{"n": 0}, {"n": 10_001}, {"expire_number": 0}])
async def test_vouchers_that_cannot_be_are_refused(more: dict[str, int]) -> None:
    async with console() as bench:
        answer = await bench.legacy("POST", "cmd/hotspot", {"cmd": "create-voucher", **more})
        assert error(answer) == "api.err.InvalidValue"


async def test_a_guest_pass_can_be_extended() -> None:
    async with console() as bench:
        guest = bench.client("Galaxy-A54")
        body = {"cmd": "authorize-guest", "mac": guest.mac, "minutes": 60}
        await bench.rows("cmd/stamgr", body, method="POST")
        await bench.rows("cmd/hotspot", {"cmd": "extend", "_id": guest.id}, method="POST")
        assert guest.authorized_until == START + 60 * 60 + 8 * 3600


async def test_sites_can_be_added_renamed_and_deleted() -> None:
    async with console() as bench:
        made = await bench.rows("cmd/sitemgr", {"cmd": "add-site", "desc": "Barn"}, method="POST")
        name, key = made[0]["name"], made[0]["_id"]
        assert await bench.rows("stat/device", site=name) == []
        assert (await bench.rows("stat/health", site=name))[1]["status"] == "unknown"
        assert error(await bench.legacy("GET", "stat/routing", site=name)) == "api.err.NotFound"
        assert error(
            await bench.legacy("POST", "cmd/system", {"cmd": "reboot"}, site=name)
        ) == "api.err.NotFound"  # fmt: skip
        command = {"cmd": "update-site", "desc": "Old Barn"}
        await bench.rows("cmd/sitemgr", command, method="POST", site=name)
        assert bench.world.site(name).desc == "Old Barn"
        move = {"cmd": "move-device", "mac": bench.device("Hall AP").mac, "site": key}
        await bench.rows("cmd/sitemgr", move, method="POST")
        assert len(await bench.rows("stat/device", site=name)) == 1
        answer = await bench.legacy(
            "POST", "cmd/sitemgr", move | {"mac": bench.device("Lobby AP").mac, "site": "x"}
        )
        assert error(answer) == "api.err.InvalidPayload"
        await bench.rows("cmd/sitemgr", {"cmd": "delete-site", "site": key}, method="POST")
        answer = await bench.legacy("GET", "stat/device", site=name)
        assert error(answer) == "api.err.NoSiteContext"


@pytest.mark.parametrize(("site", "code"), [("0", "NotFoundSite"), (None, "NoDelete")])
async def test_the_first_site_stays(site: str | None, code: str) -> None:
    async with console() as bench:
        body = {"cmd": "delete-site"} | ({"site": site} if site else {})
        answer = await bench.legacy("POST", "cmd/sitemgr", body)
        assert error(answer) == f"api.err.{code}"


async def test_admins_are_listed_without_their_passwords() -> None:
    async with console() as bench:
        rows = await bench.rows("cmd/sitemgr", {"cmd": "get-admins"}, method="POST")
        assert {row["name"] for row in rows} == {"admin", "viewer", "cloudy", "careful"}
        assert "correct-horse" not in str(rows)


async def test_backups_are_made_listed_and_deleted() -> None:
    async with console() as bench:
        made = await bench.rows("cmd/backup", {"cmd": "backup", "days": -1}, method="POST")
        name = made[0]["url"].rsplit("/", 1)[-1]
        listing = {"cmd": "list-backups"}
        rows = await bench.rows("cmd/backup", listing, method="POST")
        assert name in {row["filename"] for row in rows}
        await bench.rows("cmd/backup", {"cmd": "delete-backup", "filename": name}, method="POST")
        rows = await bench.rows("cmd/backup", listing, method="POST")
        assert name not in {row["filename"] for row in rows}


async def test_the_system_reboots_its_gateway() -> None:
    async with console() as bench:
        await bench.rows("cmd/system", {"cmd": "reboot"}, method="POST")
        assert not bench.device("Gateway").reachable


@pytest.mark.parametrize("version", ["9.5.21", "9.0.114"])
async def test_events_and_alarms_live_before_version_10(version: str) -> None:
    async with console(version=version) as bench:
        ipad = bench.client("Kids iPad")
        await bench.rows("cmd/stamgr", {"cmd": "block-sta", "mac": ipad.mac}, method="POST")
        body = {"within": 1, "_limit": 2, "_sort": "-time"}
        answer = await bench.legacy("POST", "stat/event", body)
        rows = answer.json()["data"]
        assert [row["key"] for row in rows] == ["EVT_WC_Blocked", "EVT_WU_Disconnected"]
        assert rows[0]["msg"] == "Kids iPad was blocked by admin."
        assert answer.json()["meta"]["count"] >= 2
        alarms = await bench.rows("stat/alarm")
        assert await bench.rows("cnt/alarm") == [{"count": len(alarms)}]
        command = {"cmd": "archive-alarm", "_id": alarms[0]["_id"]}
        await bench.rows("cmd/evtmgr", command, method="POST")
        assert len(await bench.rows("list/alarm?archived=true")) == 1
        await bench.rows("cmd/evtmgr", {"cmd": "archive-all-alarms"}, method="POST")
        assert await bench.rows("stat/alarm?archived=false") == []
        assert await bench.rows("stat/ips/event", {}, method="POST") == []


async def test_events_page_from_either_end() -> None:
    async with console(version="9.5.21") as bench:
        newest = await bench.rows("stat/event", {"_limit": 3, "_start": 1}, method="POST")
        oldest = await bench.rows("stat/event", {"_limit": 3, "_sort": "time"}, method="POST")
        assert newest[0]["time"] >= newest[2]["time"] > oldest[2]["time"] >= oldest[0]["time"]


@pytest.mark.parametrize("version", ["10.0.162", "10.1.78"])
async def test_events_are_frozen_in_the_first_versions_10(version: str) -> None:
    async with console(version=version) as bench:
        before = await bench.rows("stat/event", {}, method="POST")
        assert before
        bench.now += 60
        body = {"cmd": "block-sta", "mac": bench.client("Kids iPad").mac}
        await bench.rows("cmd/stamgr", body, method="POST")
        after = await bench.rows("stat/event", {}, method="POST")
        assert [row["_id"] for row in after] == [row["_id"] for row in before]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "stat/event"),
        ("GET", "stat/alarm"),
        ("GET", "list/alarm"),
        ("GET", "cnt/alarm"),
        ("POST", "stat/ips/event"),
    ],
)
async def test_events_and_alarms_are_gone_later(method: str, path: str) -> None:
    async with console() as bench:
        answer = await bench.legacy(method, path, {} if method == "POST" else None)
        assert (answer.status_code, error(answer)) == (404, "api.err.NotFound")


async def test_sessions_are_told_newest_first_and_by_kind() -> None:
    async with console() as bench:
        rows = await bench.rows("stat/session", {"type": "all", "_limit": 5}, method="POST")
        times = [row["assoc_time"] for row in rows]
        assert times == sorted(times, reverse=True)
        assert len(rows) == 5
        guests = await bench.rows("stat/session", {"type": "guest"}, method="POST")
        assert {row["is_guest"] for row in guests} == {True}
        assert await bench.rows("stat/session", {"start": 0, "end": 1}, method="POST") == []


@pytest.mark.parametrize(
    ("report", "key"),
    [
        ("hourly.site", "oid"),
        ("hourly.ap", "ap"),
        ("daily.gw", "gw"),
        ("5minutes.user", "user"),
        ("daily.dev", "dev"),
    ],
)
async def test_a_report_has_a_row_for_each_time_and_thing(report: str, key: str) -> None:
    async with console() as bench:
        body = {"attrs": ["bytes", "num_sta", "time"]}
        rows = await bench.rows(f"stat/report/{report}", body, method="POST")
        assert rows
        assert all({"bytes", "num_sta", "time", key} <= set(row) for row in rows)
        assert rows == await bench.rows(f"stat/report/{report}", body, method="POST")


async def test_a_report_can_be_about_one_client_even_one_that_is_away() -> None:
    async with console() as bench:
        mac = bench.client("TV").mac
        for body in ({"mac": mac}, {"macs": [mac]}):
            rows = await bench.rows("stat/report/daily.user", body, method="POST")
            assert {row["user"] for row in rows} == {mac}
        nobody = {"mac": "02:00:00:00:00:01"}
        assert await bench.rows("stat/report/daily.ap", nobody, method="POST") == []


async def test_reports_reach_back_only_as_far_as_they_are_kept() -> None:
    async with console() as bench:
        rows = await bench.rows("stat/report/5minutes.site", {"start": 0}, method="POST")
        assert len(rows) == 288


@pytest.mark.parametrize("report", ["weekly.site", "hourly.cat", "hourly"])
async def test_a_report_nobody_keeps_is_an_invalid_object(report: str) -> None:
    async with console() as bench:
        answer = await bench.legacy("POST", f"stat/report/{report}", {})
        assert error(answer) == "api.err.InvalidObject"


async def test_usage_by_application_is_told_by_number() -> None:
    async with console() as bench:
        assert (await bench.rows("stat/dpi"))[0]["by_cat"][0]["cat"] == 4
        rows = await bench.rows("stat/sitedpi", {"type": "by_app"}, method="POST")
        assert rows[0]["by_app"][0]["app"] == 40
        mac = bench.client("NAS").mac
        rows = await bench.rows("stat/stadpi", {"type": "by_cat", "macs": [mac]}, method="POST")
        assert [row["mac"] for row in rows] == [mac]
        for path in ("stat/sitedpi", "stat/stadpi"):
            answer = await bench.legacy("POST", path, {"type": "by_magic"})
            assert error(answer) == "api.err.InvalidPayload"


async def test_neighbours_channels_routes_and_countries_are_told() -> None:
    async with console() as bench:
        rogues = await bench.rows("stat/rogueap", {"within": 24}, method="POST")
        assert [row["essid"] for row in rogues if row["is_rogue"]] == ["Home-Free"]
        assert 36 in (await bench.rows("stat/current-channel"))[0]["channels_na"]
        assert (await bench.rows("stat/ccode"))[0]["key"] == "DE"
        assert {"0.0.0.0/0", "192.168.1.1/24"} <= {
            row["pfx"] for row in await bench.rows("stat/routing")
        }
        assert await bench.rows("stat/fwupdate/latest-version") == []
        assert await bench.rows("cmd/stat", {"cmd": "reset-dpi"}, method="POST") == []
