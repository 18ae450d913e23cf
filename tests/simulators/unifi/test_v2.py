"""The v2 lane: clients, the system log, the zone firewall, and what a PUT loses."""

from typing import Any

import pytest

from tests.simulators.unifi.console import START, Console, console, error

pytestmark = pytest.mark.anyio


async def got(bench: Console, path: str) -> Any:
    answer = await bench.v2("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def log(bench: Console, kind: str = "all", **body: Any) -> list[dict[str, Any]]:
    answer = await bench.v2("POST", f"system-log/{kind}", body)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


async def policy(bench: Console, name: str) -> dict[str, Any]:
    return next(each for each in await got(bench, "firewall-policies") if each["name"] == name)


@pytest.mark.parametrize(
    "query",
    [
        "includeTrafficUsage=true&includeUnifiDevices=true",
        "include_traffic_usage=true&include_unifi_devices=true",
    ],
)
async def test_active_clients_come_bare_with_names_usage_and_devices(query: str) -> None:
    async with console() as bench:
        rows = await got(bench, f"clients/active?{query}")
        by_name = {row["display_name"]: row for row in rows}
        ipad = by_name["Kids iPad"]
        assert ipad["last_connection_network_name"] == "Default"
        assert ipad["last_uplink_name"] == "Living Room AP"
        assert ipad["usage_bytes"] > 0
        assert by_name["Core Switch"]["unifi_device"] is True
        assert bench.client("Emma's iPhone").mac not in by_name
        plain = await got(bench, "clients/active")
        assert not any(row["unifi_device"] or "usage_bytes" in row for row in plain)
        assert {row["mac"] for row in plain} == await bench.online()


async def test_a_client_without_any_name_is_shown_by_its_address() -> None:
    async with console() as bench:
        nameless = next(c for c in bench.home.clients.values() if not c.name and not c.hostname)
        rows = await got(bench, "clients/active")
        assert nameless.mac in {row["display_name"] for row in rows}


async def test_history_holds_who_is_away() -> None:
    async with console() as bench:
        rows = await got(bench, "clients/history?withinHours=0")
        macs = {row["mac"] for row in rows}
        assert bench.client("TV").mac in macs
        assert bench.client("Old Phone").mac in macs
        assert macs.isdisjoint(await bench.online())
        free = await got(bench, "clients/history?onlyNonBlocked=true&withinHours=0")
        assert bench.client("Old Phone").mac not in {row["mac"] for row in free}
        recent = await got(bench, "clients/history?withinHours=24")
        assert bench.client("TV").mac not in {row["mac"] for row in recent}
        answer = await bench.v2("GET", "clients/history?withinHours=soon")
        assert error(answer) == "api.err.InvalidPayload"


async def test_every_mutation_leaves_a_row_in_the_log() -> None:
    async with console() as bench:
        ipad = bench.client("Kids iPad")
        bench.now += 1
        await bench.rows("cmd/stamgr", {"cmd": "block-sta", "mac": ipad.mac}, method="POST")
        row = (await log(bench, categories=["SECURITY"]))[0]
        assert (row["key"], row["severity"], row["status"]) == ("CLIENT_BLOCKED", "MEDIUM", "NEW")
        assert row["message_raw"] == "{CLIENT} was blocked by {ADMIN}."
        assert row["parameters"]["CLIENT"] == {"id": ipad.mac, "name": "Kids iPad"}
        assert row["timestamp"] == int((START + 1) * 1000)


async def test_the_log_pages_from_the_newest() -> None:
    async with console() as bench:
        first = (await bench.v2("POST", "system-log/all", {"pageSize": 10})).json()
        assert (len(first["data"]), first["page_number"]) == (10, 0)
        assert first["total_page_count"] == -(-first["total_element_count"] // 10)
        second = await log(bench, pageSize=10, pageNumber=1)
        assert second[0]["timestamp"] <= first["data"][-1]["timestamp"]
        assert {row["id"] for row in second}.isdisjoint(row["id"] for row in first["data"])


@pytest.mark.parametrize(
    "body", [{"pageSize": 201}, {"pageSize": 0}, {"pageNumber": -1}, {"pageSize": "many"}]
)
async def test_a_page_that_cannot_be_is_refused(body: Any) -> None:
    async with console() as bench:
        answer = await bench.v2("POST", "system-log/all", body)
        assert (answer.status_code, error(answer)) == (400, "api.err.InvalidPayload")


async def test_the_log_is_filtered_by_time_category_severity_and_text() -> None:
    async with console() as bench:
        threats = await log(bench, "threat-alert")
        assert [row["key"] for row in threats] == ["THREAT_BLOCKED_V2"]
        assert {row["severity"] for row in await log(bench, severities=["VERY_HIGH"])} == {
            "VERY_HIGH"
        }
        assert {row["category"] for row in await log(bench, categories=["AUDIT"])} == {"AUDIT"}
        since = int((START - 6 * 3600) * 1000)
        assert all(row["timestamp"] >= since for row in await log(bench, timestampFrom=since))
        assert await log(bench, timestampTo=1) == []
        found = await log(bench, searchText="kids IPAD")
        assert found
        assert all(row["parameters"]["CLIENT"]["name"] == "Kids iPad" for row in found)


async def test_an_unknown_category_is_refused_with_the_ones_there_are() -> None:
    async with console() as bench:
        answer = await bench.v2("POST", "system-log/all", {"categories": ["PETS"]})
        assert answer.status_code == 400
        body = answer.json()
        assert (body["code"], body["errorCode"]) == ("api.err.InvalidPayload", 400)
        assert "'PETS'" in body["message"]
        assert "UNIFI_DEVICES" in body["message"]


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("critical", {"SECURITY", "UNIFI_DEVICES", "INTERNET_AND_WAN"}),
        ("client-alert", {"CLIENT_DEVICES"}),
        ("device-alert", {"UNIFI_DEVICES"}),
        ("admin-activity", {"AUDIT", "SECURITY"}),
        ("vpn-alert", set()),
        ("update-alert", set()),
        ("next-ai-alert", set()),
        ("triggers", set()),
    ],
)
async def test_each_class_of_the_log_holds_its_own(kind: str, category: set[str]) -> None:
    async with console() as bench:
        assert {row["category"] for row in await log(bench, kind)} == category


async def test_the_log_is_counted_and_marked_as_read() -> None:
    async with console() as bench:
        counted = (await bench.v2("POST", "system-log/count", {})).json()
        assert {each["name"] for each in counted["events"]} >= {"THREAT_BLOCKED_V2", "ADMIN_LOGIN"}
        critical = (await bench.v2("POST", "system-log/critical/count", {})).json()
        assert sum(each["count"] for each in critical["subcategories"]) == len(
            await log(bench, "critical")
        )
        assert (await got(bench, "system-log/setting"))["logging_enabled"] is True
        answer = await bench.v2("PUT", "system-log/critical/mark-all-as-read", {})
        assert answer.status_code == 200
        assert {row["status"] for row in await log(bench, "critical")} == {"READ"}


async def test_the_log_has_no_other_classes_and_older_versions_no_log() -> None:
    async with console() as bench:
        answer = await bench.v2("POST", "system-log/gossip", {})
        assert (answer.status_code, error(answer)) == (404, "api.err.NotFound")
    async with console(version="8.6.9") as older:
        assert (await older.v2("POST", "system-log/all", {})).status_code == 404
        assert (await older.v2("GET", "system-log/setting")).status_code == 404
        assert (await older.v2("GET", "firewall-policies")).status_code == 404


async def test_policies_come_in_order_and_bridge_to_the_integration_ids() -> None:
    async with console() as bench:
        rows = await got(bench, "firewall-policies")
        assert [row["index"] for row in rows] == sorted(row["index"] for row in rows)
        assert rows[0]["name"] == "Block IoT to LAN"
        assert len(rows[0]["external_id"]) == 36
        assert {row["predefined"] for row in rows} == {True, False}
        one = await got(bench, f"firewall-policies/{rows[0]['_id']}")
        assert one == rows[0]


async def test_a_policy_put_whole_is_stored_and_put_in_part_loses_the_rest() -> None:
    async with console() as bench:
        row = await policy(bench, "Allow guest to LAN")
        path = f"firewall-policies/{row['_id']}"
        answer = await bench.v2("PUT", path, row | {"enabled": False})
        assert answer.json() == row | {"enabled": False}
        await bench.v2("PUT", path, {"enabled": True})
        assert await got(bench, path) == {"enabled": True, "_id": row["_id"]}
        assert (await bench.v2("PUT", path, {})).status_code == 400
        matrix = await got(bench, "firewall/zone-matrix")
        assert sum(cell["policy_count"] for line in matrix for cell in line["data"]) == 6


async def test_a_policy_needs_a_schedule_and_an_ip_version() -> None:
    async with console() as bench:
        row = await policy(bench, "Block IoT to LAN")
        wanted = {key: row[key] for key in ("action", "source", "destination", "protocol")}
        wanted["name"] = "New"
        for missing in ({"schedule": {"mode": "ALWAYS"}}, {"ip_version": "BOTH"}):
            answer = await bench.v2("POST", "firewall-policies", wanted | missing)
            assert (answer.status_code, error(answer)) == (400, "api.err.InvalidPayload")
        whole = wanted | {"schedule": {"mode": "ALWAYS"}, "ip_version": "BOTH"}
        made = (await bench.v2("POST", "firewall-policies", whole)).json()
        assert (made["enabled"], made["predefined"]) == (True, False)
        assert made["index"] > row["index"]
        gone = await bench.v2("DELETE", f"firewall-policies/{made['_id']}")
        assert gone.status_code == 200
        answer = await bench.v2("GET", f"firewall-policies/{made['_id']}")
        assert error(answer) == "api.err.IdInvalid"


@pytest.mark.parametrize(
    ("action", "outward", "allowed"),
    [
        ("ALLOW", False, True),
        ("ALLOW", True, False),
        ("BLOCK", False, False),
        ("REJECT", True, False),
    ],
)
async def test_return_traffic_can_only_be_allowed_inwards(
    action: str, *, outward: bool, allowed: bool
) -> None:
    async with console() as bench:
        zones = {zone["name"]: zone["_id"] for zone in await got(bench, "firewall/zones")}
        destination = zones["External" if outward else "Internal"]
        wanted = {
            "name": "Return",
            "action": action,
            "ip_version": "IPV4",
            "schedule": {"mode": "ALWAYS"},
            "create_allow_respond": True,
            "source": {"zone_id": zones["Hotspot"]},
            "destination": {"zone_id": destination},
        }
        answer = await bench.v2("POST", "firewall-policies", wanted)
        code = "api.err.FirewallPolicyCreateRespondTrafficPolicyNotAllowed"
        assert (answer.status_code == 200) is allowed
        assert allowed or error(answer) == code


async def test_a_system_policy_cannot_be_deleted() -> None:
    async with console() as bench:
        row = await policy(bench, "Block Hotspot to Internal")
        answer = await bench.v2("DELETE", f"firewall-policies/{row['_id']}")
        assert (answer.status_code, error(answer)) == (400, "api.err.InvalidPayload")


async def test_making_a_zone_is_ok_and_nothing_and_changing_one_is_stored() -> None:
    async with console() as bench:
        before = await got(bench, "firewall/zone")
        answer = await bench.v2("POST", "firewall/zone", {"name": "Lab", "network_ids": []})
        assert answer.status_code == 200
        assert await got(bench, "firewall/zone") == before
        zone = before[0] | {"network_ids": []}
        await bench.v2("PUT", f"firewall/zone/{zone['_id']}", zone)
        assert (await got(bench, "firewall/zone"))[0] == zone


async def test_the_other_documents_are_made_replaced_and_deleted() -> None:
    async with console() as bench:
        body = {"description": "No games", "enabled": True, "action": "BLOCK"}
        made = (await bench.v2("POST", "trafficrules", body)).json()
        assert await got(bench, "trafficrules") == [made]
        path = f"trafficrules/{made['_id']}"
        stored = (await bench.v2("PUT", path, {"enabled": False})).json()
        assert stored == {"enabled": False, "_id": made["_id"]}
        assert (await bench.v2("POST", "trafficrules", [])).status_code == 400
        assert (await bench.v2("DELETE", path)).json() == {}
        assert (await bench.v2("DELETE", path)).status_code == 400
        assert (await got(bench, "static-dns"))[0]["key"] == "nas.home.arpa"
        assert await got(bench, "network-members-groups") == []
        assert await got(bench, "object-oriented-network-configs") == []


async def test_content_filtering_cannot_be_posted() -> None:
    async with console() as bench:
        assert await got(bench, "content-filtering") == []
        answer = await bench.v2("POST", "content-filtering", {"name": "x"})
        assert (answer.status_code, error(answer)) == (405, "api.err.MethodNotAllowed")


async def test_the_dashboard_speed_tests_and_models_are_told() -> None:
    async with console() as bench:
        board = await got(bench, "aggregated-dashboard?historySeconds=600")
        assert board["clients"]["total"] == len(await bench.online())
        assert board["dashboard_meta"]["history_seconds"] == 600
        assert len(await got(bench, "speedtest")) == 14
        assert (await got(bench, "models"))["UDMPRO"]["type"] == "udm"
        assert await got(bench, "vpn/connections") == {"connections": []}
        devices = await bench.call("GET", "/v2/api/fingerprint_devices/0")
        assert devices.status_code == 200


async def test_a_flow_query_must_carry_all_its_filters() -> None:
    async with console() as bench:
        assert error(await bench.v2("POST", "traffic-flows", {})) == "api.err.InvalidPayload"
        names = (
            "risk action direction protocol policy policy_type service source_host source_mac"
            " source_ip source_port source_network_id source_domain source_zone_id source_region"
            " destination_host destination_mac destination_ip destination_port"
            " destination_network_id destination_domain destination_zone_id destination_region"
            " in_network_id out_network_id next_ai_query except_for"
        )
        body: dict[str, Any] = {name: [] for name in names.split()}
        page = (await bench.v2("POST", "traffic-flows", body | {"pageSize": 5})).json()
        assert (len(page["data"]), page["has_next"]) == (5, True)
        assert (await bench.v2("POST", "traffic-flows", body | {"pageSize": 0})).status_code == 400


async def test_the_busiest_clients_of_a_period_are_told() -> None:
    async with console() as bench:
        body = await got(bench, "traffic-flow-latest-statistics?period=DAY&top=3")
        assert len(body["top_clients"]) == 3
        for query in ("period=YEAR", "period=DAY&top=x"):
            answer = await bench.v2("GET", f"traffic-flow-latest-statistics?{query}")
            assert error(answer) == "api.err.InvalidPayload"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("cmd/devmgr", {"cmd": "restart", "mac": "{ap}"}),
        ("cmd/devmgr", {"cmd": "force-provision", "mac": "{ap}"}),
        ("cmd/devmgr", {"cmd": "set-locate", "mac": "{ap}"}),
        (
            "cmd/devmgr",
            {"cmd": "upgrade-external", "mac": "{ap}", "url": "https://fw.example/9.bin"},
        ),
        ("cmd/sitemgr", {"cmd": "update-site", "desc": "House"}),
        ("cmd/sitemgr", {"cmd": "delete-device", "mac": "{ap}"}),
        ("cmd/backup", {"cmd": "backup"}),
        ("cmd/hotspot", {"cmd": "create-voucher"}),
        ("cmd/stamgr", {"cmd": "block-sta", "mac": "{client}"}),
        ("cmd/stamgr", {"cmd": "forget-sta", "macs": ["{client}"]}),
        ("cmd/stamgr", {"cmd": "authorize-guest", "mac": "{client}"}),
        ("set/setting/mgmt", {"led_enabled": False}),
    ],
)
async def test_what_an_administrator_does_is_told_with_the_name(
    path: str, body: dict[str, Any]
) -> None:
    async with console() as bench:
        names = {"{ap}": bench.device("Hall AP").mac, "{client}": bench.client("Kids iPad").mac}
        sent = {
            key: [names[each] for each in value] if isinstance(value, list)
            else names.get(value, value)
            for key, value in body.items()
        }  # fmt: skip
        bench.now += 1
        await bench.rows(path, sent, method="POST")
        row = (await log(bench, "admin-activity"))[0]
        assert row["timestamp"] == int(bench.now * 1000)
        assert row["parameters"]["ADMIN"]["name"] == "admin"
