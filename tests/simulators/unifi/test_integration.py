"""The official integration API: who gets in, what each version offers, what it tells and does."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest

from cortex.simulators.unifi.control.clock import VirtualClock
from cortex.simulators.unifi.integration.lane import IntegrationLane
from cortex.simulators.unifi.integration.operations import OPERATIONS
from cortex.simulators.unifi.world import World, build_world
from cortex.simulators.unifi.world.ladder import Version, offer

pytestmark = pytest.mark.anyio
START = 1_800_000_000.0


@dataclass
class Bench:
    """A world with its integration API, and a client that holds a key."""

    version: str = "10.4.57"
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(lambda: START + 60))

    def __post_init__(self) -> None:
        self.world: World = build_world(1, now=START, version=self.version)
        lane = IntegrationLane(self.world, self.clock)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=lane),
            base_url="http://simulator/v1",
            headers={"X-API-KEY": "lab-admin-key"},
        )

    async def get(self, path: str, **query: str | int) -> Any:
        """Return the JSON of a GET that must succeed."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def site(self) -> str:
        """Return the path of the first site."""
        sites = (await self.get("/sites"))["data"]
        return f"/sites/{sites[0]['id']}"

    async def named(self, path: str, name: str) -> dict[str, Any]:
        """Return the entry of a list that has this name."""
        everything = (await self.get(path, limit=200))["data"]
        return next(each for each in everything if each["name"] == name)


@asynccontextmanager
async def bench(version: str = "10.4.57") -> AsyncIterator[Bench]:
    made = Bench(version)
    async with made.http:
        yield made


async def test_the_version_is_told_to_whoever_holds_a_key() -> None:
    async with bench() as b:
        assert await b.get("/info") == {"applicationVersion": "10.4.57"}


@pytest.mark.parametrize("headers", [{}, {"X-API-KEY": "wrong"}, {"Cookie": "TOKEN=anything"}])
async def test_anything_but_a_good_key_is_a_missing_credential(headers: dict[str, str]) -> None:
    async with bench() as b:
        b.http.headers.pop("X-API-KEY")
        answer = await b.http.get("/info", headers=headers)
    assert answer.status_code == 401
    body = answer.json()
    UUID(body.pop("requestId"))
    assert body == {
        "statusCode": 401,
        "statusName": "UNAUTHORIZED",
        "code": "api.authentication.missing-credentials",
        "message": "Missing credentials",
        "timestamp": "2027-01-15T08:01:00Z",
        "requestPath": "/integration/v1/info",
    }


async def test_a_read_only_owner_may_look_but_not_touch() -> None:
    async with bench() as b:
        site = await b.site()
        device = (await b.get(f"{site}/devices"))["data"][0]
        b.http.headers["X-API-KEY"] = "lab-viewer-key"
        assert (await b.get(f"{site}/devices"))["count"]
        path = f"{site}/devices/{device['id']}/actions"
        assert (await b.http.post(path, json={"action": "RESTART"})).status_code == 403


async def test_pages_follow_each_other_without_gap_or_overlap() -> None:
    async with bench() as b:
        path = f"{await b.site()}/clients"
        whole = await b.get(path, limit=200)
        pages = [await b.get(path, offset=at, limit=7) for at in range(0, whole["totalCount"], 7)]
    assert [entry for page in pages for entry in page["data"]] == whole["data"]
    assert all(page["totalCount"] == whole["totalCount"] for page in pages)
    assert all(page["count"] == len(page["data"]) for page in pages)


@pytest.mark.parametrize(
    "query",
    [{"limit": "201"}, {"limit": "-1"}, {"offset": "-1"}, {"limit": "x"}, {"offset": "1e3"}],
)
async def test_a_page_beyond_the_limits_is_refused(query: dict[str, str]) -> None:
    async with bench() as b:
        answer = await b.http.get(f"{await b.site()}/clients", params=query)
    assert answer.status_code == 400
    assert answer.json()["statusName"] == "BAD_REQUEST"


async def test_a_filter_narrows_the_list_and_its_total() -> None:
    async with bench() as b:
        path = f"{await b.site()}/clients"
        wired = await b.get(path, filter="type.eq('WIRED')", limit=200)
        assert 0 < wired["totalCount"] < (await b.get(path))["totalCount"]
        assert {entry["type"] for entry in wired["data"]} == {"WIRED"}


async def test_clients_cannot_be_filtered_by_name() -> None:
    async with bench() as b:
        answer = await b.http.get(f"{await b.site()}/clients", params={"filter": "name.eq('x')"})
    assert answer.status_code == 400
    assert "'name' is not filterable" in answer.json()["message"]


async def test_version_9_0_ignores_filters_and_hides_what_came_later() -> None:
    async with bench("9.0.99") as b:
        sites = (await b.get("/sites", filter="nonsense("))["data"]
        assert set(sites[0]) == {"id", "name"}
        device = (await b.get(f"/sites/{sites[0]['id']}/devices"))["data"][0]
        assert "firmwareVersion" not in device


@pytest.mark.parametrize("version", ["8.6.9", "9.0.99", "9.5.21", "10.0.162", "10.1.68", "10.5.66"])
async def test_an_operation_exists_from_its_version_on(version: str) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    async with bench(version) as b:
        for operation in OPERATIONS:
            path = re.sub(r"{\w+}", nowhere, operation.path)
            answer = await b.http.request(operation.method, path, json={})
            lacking = answer.status_code in {404, 405} and answer.json()["code"] in {
                "api.request.not-found",
                "api.request.method-not-allowed",
            }
            assert lacking == (operation.since > Version.parse(version)), path


async def test_a_device_is_told_in_list_detail_and_statistics() -> None:
    async with bench() as b:
        site = await b.site()
        entry = await b.named(f"{site}/devices", "Garage AP")
        assert entry["features"] == ["accessPoint"]
        detail = await b.get(f"{site}/devices/{entry['id']}")
        assert detail["macAddress"] == entry["macAddress"]
        assert detail["interfaces"]["radios"]
        numbers = await b.get(f"{site}/devices/{entry['id']}/statistics/latest")
        assert numbers["uptimeSec"] > 0


async def test_a_restart_takes_the_device_away_and_resets_its_uptime() -> None:
    async with bench() as b:
        site = await b.site()
        entry = await b.named(f"{site}/devices", "Garage AP")
        path = f"{site}/devices/{entry['id']}"
        before = await b.get(f"{path}/statistics/latest")
        answer = await b.http.post(f"{path}/actions", json={"action": "RESTART"})
        assert (answer.status_code, answer.content) == (200, b"")
        assert (await b.get(path))["state"] == "ONLINE"
        b.clock.skip(30)
        assert (await b.get(path))["state"] == "CONNECTION_INTERRUPTED"
        b.clock.skip(30)
        assert (await b.get(path))["state"] == "OFFLINE"
        b.clock.skip(60)
        assert (await b.get(path))["state"] == "ONLINE"
        after = await b.get(f"{path}/statistics/latest")
        assert after["uptimeSec"] < before["uptimeSec"]


async def test_restart_is_the_only_action_a_device_knows() -> None:
    async with bench() as b:
        site = await b.site()
        entry = await b.named(f"{site}/devices", "Garage AP")
        path = f"{site}/devices/{entry['id']}/actions"
        answer = await b.http.post(path, json={"action": "LOCATE"})
        assert answer.status_code == 400
        assert "expected one of RESTART" in answer.json()["message"]


async def test_a_port_that_gives_no_power_cannot_be_cycled() -> None:
    async with bench() as b:
        site = await b.site()
        switch = next(
            each for each in b.world.sites["default"].devices.values() if each.kind == "usw"
        )
        entry = await b.named(f"{site}/devices", switch.name)
        ports = (await b.get(f"{site}/devices/{entry['id']}"))["interfaces"]["ports"]
        giving = next(each["idx"] for each in ports if each.get("poe", {}).get("state") == "UP")
        idle = next(each["idx"] for each in ports if each.get("poe", {}).get("state") != "UP")
        path = f"{site}/devices/{entry['id']}/interfaces/ports/{{}}/actions"
        good = await b.http.post(path.format(giving), json={"action": "POWER_CYCLE"})
        assert good.status_code == 200
        refused = await b.http.post(path.format(idle), json={"action": "POWER_CYCLE"})
        assert (refused.status_code, refused.json()["code"]) == (400, "api.err.InvalidTargetPort")
        missing = await b.http.post(path.format(999), json={"action": "POWER_CYCLE"})
        assert missing.status_code == 404


async def test_a_client_that_is_blocked_is_unknown_to_this_api() -> None:
    async with bench() as b:
        site = await b.site()
        entry = (await b.get(f"{site}/clients"))["data"][0]
        assert (await b.get(f"{site}/clients/{entry['id']}"))["macAddress"] == entry["macAddress"]
        b.world.sites["default"].clients[entry["macAddress"]].blocked = True
        answer = await b.http.get(f"{site}/clients/{entry['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "api.client.not-found")


async def test_a_guest_is_let_in_and_sent_back() -> None:
    async with bench() as b:
        site = await b.site()
        guests = await b.get(f"{site}/clients", filter="access.type.eq('GUEST')")
        path = f"{site}/clients/{guests['data'][0]['id']}"
        grant = {"action": "AUTHORIZE_GUEST_ACCESS", "timeLimitMinutes": 90, "rxRateLimitKbps": 500}
        answer = (await b.http.post(f"{path}/actions", json=grant)).json()
        assert answer["grantedAuthorization"]["rxRateLimitKbps"] == 500
        assert (await b.get(path))["access"]["authorized"]
        answer = await b.http.post(f"{path}/actions", json={"action": "UNAUTHORIZE_GUEST_ACCESS"})
        assert "revokedAuthorization" in answer.json()
        assert not (await b.get(path))["access"]["authorized"]


async def test_only_guests_can_be_authorized() -> None:
    async with bench() as b:
        site = await b.site()
        clients = await b.get(f"{site}/clients", filter="access.type.eq('DEFAULT')")
        path = f"{site}/clients/{clients['data'][0]['id']}/actions"
        answer = await b.http.post(path, json={"action": "AUTHORIZE_GUEST_ACCESS"})
        assert (answer.status_code, answer.json()["code"]) == (400, "api.client.not-a-guest")


async def test_vouchers_are_made_listed_and_deleted() -> None:
    async with bench() as b:
        path = f"{await b.site()}/hotspot/vouchers"
        order = {"name": "Party", "timeLimitMinutes": 60, "count": 3, "authorizedGuestLimit": 2}
        made = await b.http.post(path, json=order)
        assert made.status_code == 201
        vouchers = made.json()["vouchers"]
        assert [len(each["code"]) for each in vouchers] == [10, 10, 10]
        assert (await b.get(f"{path}/{vouchers[0]['id']}")) == vouchers[0]
        gone = await b.http.delete(f"{path}/{vouchers[0]['id']}")
        assert gone.json() == {"vouchersDeleted": 1}
        assert (await b.http.delete(path)).status_code == 400
        gone = await b.http.delete(path, params={"filter": "name.eq('Party')"})
        assert gone.json() == {"vouchersDeleted": 2}
        assert (await b.get(path, filter="name.eq('Party')"))["totalCount"] == 0


@pytest.mark.parametrize(
    "wrong", [{"count": 1001}, {"timeLimitMinutes": 0}, {"name": ""}, {"rxRateLimitKbps": 1}]
)
async def test_an_order_for_vouchers_beyond_its_limits_is_refused(wrong: dict[str, Any]) -> None:
    order = {"name": "Party", "timeLimitMinutes": 60} | wrong
    async with bench() as b:
        answer = await b.http.post(f"{await b.site()}/hotspot/vouchers", json=order)
    assert (answer.status_code, answer.json()["code"]) == (400, "api.request.invalid-payload")


async def test_networks_are_lans_and_name_their_zone() -> None:
    async with bench() as b:
        site = await b.site()
        networks = (await b.get(f"{site}/networks"))["data"]
        assert "Internet 1" not in {each["name"] for each in networks}
        iot = await b.named(f"{site}/networks", "IoT")
        assert iot["vlanId"] == 30
        detail = await b.get(f"{site}/networks/{iot['id']}")
        assert detail["ipv4Configuration"]["prefixLength"] == 16
        zone = await b.get(f"{site}/firewall/zones/{detail['zoneId']}")
        assert iot["id"] in zone["networkIds"]
        assert (await b.get(f"{site}/networks/{iot['id']}/references"))["referenceResources"]
        assert [each["name"] for each in (await b.get(f"{site}/wans"))["data"]] == ["Internet 1"]


async def test_only_the_detail_of_a_wlan_gives_its_passphrase_away() -> None:
    async with bench() as b:
        path = f"{await b.site()}/wifi/broadcasts"
        listing = await b.get(path)
        assert "passphrase" not in str(listing)
        detail = await b.get(f"{path}/{listing['data'][0]['id']}")
        assert detail["securityConfiguration"]["passphrase"]


async def test_of_a_policy_only_the_logging_can_be_patched() -> None:
    async with bench() as b:
        path = f"{await b.site()}/firewall/policies"
        policy = await b.named(path, "Block IoT to LAN")
        patch = {"loggingEnabled": True, "name": "ignored"}
        answer = await b.http.patch(f"{path}/{policy['id']}", json=patch)
        assert answer.json() == policy | {"loggingEnabled": True}
        assert await b.get(f"{path}/{policy['id']}") == answer.json()
        ends = {
            "sourceFirewallZoneId": policy["source"]["zoneId"],
            "destinationFirewallZoneId": policy["destination"]["zoneId"],
        }
        order = (await b.get(f"{path}/ordering", **ends))["orderedFirewallPolicyIds"]
        assert policy["id"] in order["beforeSystemDefined"]
        assert (await b.http.get(f"{path}/ordering")).status_code == 400


async def test_a_network_moves_into_the_zone_that_claims_it() -> None:
    async with bench() as b:
        site = await b.site()
        iot = await b.named(f"{site}/networks", "IoT")
        draft = {"name": "Things", "networkIds": [iot["id"]]}
        made = await b.http.post(f"{site}/firewall/zones", json=draft)
        assert made.status_code == 201
        zone = made.json()
        moved = await b.get(f"{site}/networks/{iot['id']}")
        assert moved["zoneId"] == zone["id"]
        old = await b.get(f"{site}/firewall/zones/{iot['zoneId']}")
        assert iot["id"] not in old["networkIds"]
        path = f"{site}/firewall/zones/{zone['id']}"
        renamed = await b.http.put(path, json={"name": "Gadgets", "networkIds": []})
        assert renamed.json()["name"] == "Gadgets"
        assert (await b.http.delete(path)).status_code == 200
        assert (await b.http.get(path)).status_code == 404


async def test_a_policy_is_made_changed_and_removed() -> None:
    async with bench() as b:
        site = await b.site()
        path = f"{site}/firewall/policies"
        inside = await b.named(f"{site}/firewall/zones", "Internal")
        outside = await b.named(f"{site}/firewall/zones", "External")
        iot = await b.named(f"{site}/networks", "IoT")
        draft: dict[str, Any] = {
            "enabled": True,
            "name": "No internet at night",
            "action": {"type": "BLOCK"},
            "source": {
                "zoneId": inside["id"],
                "trafficFilter": {
                    "type": "NETWORK",
                    "networkFilter": {"networkIds": [iot["id"]], "matchOpposite": False},
                },
            },
            "destination": {
                "zoneId": outside["id"],
                "trafficFilter": {
                    "type": "PORT",
                    "portFilter": {
                        "type": "PORTS",
                        "matchOpposite": False,
                        "items": [
                            {"type": "PORT_NUMBER", "value": 443},
                            {"type": "PORT_NUMBER_RANGE", "start": 8000, "stop": 8100},
                        ],
                    },
                },
            },
            "ipProtocolScope": {
                "ipVersion": "IPV4",
                "protocolFilter": {"type": "PRESET", "preset": {"name": "TCP_UDP"}},
            },
            "connectionStateFilter": ["NEW"],
            "loggingEnabled": False,
            "schedule": {
                "mode": "EVERY_WEEK",
                "timeFilter": {"startTime": "22:00", "stopTime": "06:00"},
                "repeatOnDays": ["MONDAY", "FRIDAY"],
            },
        }
        made = await b.http.post(path, json=draft)
        assert made.status_code == 201, made.text
        policy = made.json()
        assert {name: policy[name] for name in draft} == draft
        renamed = await b.http.put(f"{path}/{policy['id']}", json=draft | {"name": "Night"})
        assert renamed.json()["name"] == "Night"
        assert renamed.json()["id"] == policy["id"]
        assert (await b.http.delete(f"{path}/{policy['id']}")).status_code == 200
        assert (await b.http.get(f"{path}/{policy['id']}")).status_code == 404


async def test_a_policy_of_the_system_cannot_be_removed() -> None:
    async with bench() as b:
        path = f"{await b.site()}/firewall/policies"
        policy = await b.named(path, "Allow Internal to Internet")
        assert (await b.http.delete(f"{path}/{policy['id']}")).status_code == 400


async def test_policies_are_put_in_another_order() -> None:
    async with bench() as b:
        path = f"{await b.site()}/firewall/policies"
        policy = await b.named(path, "Cameras stay inside")
        ends = {
            "sourceFirewallZoneId": policy["source"]["zoneId"],
            "destinationFirewallZoneId": policy["destination"]["zoneId"],
        }
        order = await b.get(f"{path}/ordering", **ends)
        first, second = order["orderedFirewallPolicyIds"]["beforeSystemDefined"]
        wanted = {"beforeSystemDefined": [second], "afterSystemDefined": [first]}
        body = {"orderedFirewallPolicyIds": wanted}
        answer = await b.http.put(f"{path}/ordering", params=ends, json=body)
        assert answer.json() == body
        assert await b.get(f"{path}/ordering", **ends) == body
        body["orderedFirewallPolicyIds"]["afterSystemDefined"] = []
        refused = await b.http.put(f"{path}/ordering", params=ends, json=body)
        assert refused.status_code == 400


async def test_a_network_is_made_changed_and_removed() -> None:
    async with bench() as b:
        path = f"{await b.site()}/networks"
        draft: dict[str, Any] = {
            "management": "GATEWAY",
            "name": "Lab",
            "enabled": True,
            "vlanId": 77,
            "isolationEnabled": True,
            "internetAccessEnabled": False,
            "mdnsForwardingEnabled": False,
            "ipv4Configuration": {
                "autoScaleEnabled": False,
                "hostIpAddress": "10.77.0.1",
                "prefixLength": 24,
                "dhcpConfiguration": {
                    "mode": "SERVER",
                    "ipAddressRange": {"start": "10.77.0.6", "stop": "10.77.0.99"},
                    "leaseTimeSeconds": 3600,
                    "domainName": "lab",
                    "pingConflictDetectionEnabled": True,
                    "dnsServerIpAddressesOverride": ["9.9.9.9"],
                },
            },
        }
        made = await b.http.post(path, json=draft)
        assert made.status_code == 201, made.text
        network = made.json()
        assert {name: network[name] for name in draft} == draft
        assert (await b.http.post(path, json=draft)).json()["code"] == "api.err.VlanUsed"
        changed = await b.http.put(f"{path}/{network['id']}", json=draft | {"name": "Bench"})
        assert changed.json()["name"] == "Bench"
        assert (await b.http.delete(f"{path}/{network['id']}")).status_code == 200
        assert (await b.http.get(f"{path}/{network['id']}")).status_code == 404


async def test_a_network_in_use_goes_only_by_force() -> None:
    async with bench() as b:
        path = f"{await b.site()}/networks"
        iot, default = await b.named(path, "IoT"), await b.named(path, "Default")
        assert (await b.http.delete(f"{path}/{iot['id']}")).status_code == 400
        forced = await b.http.delete(f"{path}/{iot['id']}", params={"force": "true"})
        assert forced.status_code == 200
        stays = await b.http.delete(f"{path}/{default['id']}", params={"force": "true"})
        assert stays.status_code == 400


async def test_a_wlan_is_made_changed_and_removed() -> None:
    async with bench() as b:
        site = await b.site()
        path = f"{site}/wifi/broadcasts"
        iot = await b.named(f"{site}/networks", "IoT")
        draft: dict[str, Any] = {
            "type": "STANDARD",
            "name": "Things",
            "enabled": True,
            "network": {"type": "SPECIFIC", "networkId": iot["id"]},
            "securityConfiguration": {"type": "WPA2_PERSONAL", "passphrase": "long-enough"},
            "broadcastingFrequenciesGHz": [2.4],
            "multicastToUnicastConversionEnabled": False,
            "clientIsolationEnabled": True,
            "hideName": True,
            "uapsdEnabled": False,
            "channel2gLockedTo6": False,
            "dtimPeriod2gLockedTo3": False,
        }
        made = await b.http.post(path, json=draft)
        assert made.status_code == 201, made.text
        wlan = made.json()
        plain = {name: wlan[name] for name in draft if name != "securityConfiguration"}
        assert plain == {name: draft[name] for name in plain}
        assert wlan["securityConfiguration"].items() >= draft["securityConfiguration"].items()
        short = draft | {"securityConfiguration": {"type": "WPA3_PERSONAL", "passphrase": "short"}}
        assert (await b.http.put(f"{path}/{wlan['id']}", json=short)).status_code == 400
        off = await b.http.put(f"{path}/{wlan['id']}", json=draft | {"enabled": False})
        assert not off.json()["enabled"]
        open_ = draft | {"securityConfiguration": {"type": "OPEN"}}
        opened = await b.http.put(f"{path}/{wlan['id']}", json=open_)
        assert opened.json()["securityConfiguration"] == {"type": "OPEN"}
        assert (await b.http.delete(f"{path}/{wlan['id']}")).status_code == 200
        assert (await b.http.get(f"{path}/{wlan['id']}")).status_code == 404


async def test_switching_a_wlan_off_sends_its_stations_away() -> None:
    async with bench() as b:
        site = await b.site()
        before = (await b.get(f"{site}/clients"))["totalCount"]
        wlan = await b.named(f"{site}/wifi/broadcasts", "Home")
        draft = await b.get(f"{site}/wifi/broadcasts/{wlan['id']}")
        path = f"{site}/wifi/broadcasts/{wlan['id']}"
        answer = await b.http.put(path, json=draft | {"enabled": False})
        assert answer.status_code == 200, answer.text
        assert (await b.get(f"{site}/clients"))["totalCount"] < before


@pytest.mark.parametrize(
    ("path", "draft"),
    [
        (
            "acl-rules",
            {
                "type": "IPV4",
                "enabled": True,
                "name": "No telnet",
                "action": "BLOCK",
                "protocolFilter": ["TCP"],
                "destinationFilter": {"type": "PORTS", "portFilter": [23]},
            },
        ),
        (
            "traffic-matching-lists",
            {"type": "PORTS", "name": "Web", "items": [{"type": "PORT_NUMBER", "value": 443}]},
        ),
        (
            "dns/policies",
            {
                "type": "A_RECORD",
                "enabled": True,
                "domain": "printer.home.arpa",
                "ipv4Address": "192.168.1.30",
                "ttlSeconds": 300,
            },
        ),
        (
            "dns/policies",
            {
                "type": "SRV_RECORD",
                "enabled": False,
                "domain": "home.arpa",
                "serverDomain": "sip.home.arpa",
                "port": 5060,
                "priority": 1,
                "weight": 2,
            },
        ),
    ],
)
async def test_a_document_is_made_changed_and_removed(path: str, draft: dict[str, Any]) -> None:
    async with bench() as b:
        path = f"{await b.site()}/{path}"
        before = (await b.get(path))["totalCount"]
        made = await b.http.post(path, json=draft)
        assert made.status_code == 201, made.text
        document = made.json()
        assert {name: document[name] for name in draft} == draft
        assert await b.get(f"{path}/{document['id']}") == document
        assert (await b.get(path))["totalCount"] == before + 1
        wrong = await b.http.put(f"{path}/{document['id']}", json=draft | {"type": "NONE"})
        assert wrong.status_code == 400
        same = await b.http.put(f"{path}/{document['id']}", json=draft)
        assert same.json() == document
        assert (await b.http.delete(f"{path}/{document['id']}")).status_code == 200
        assert (await b.get(path))["totalCount"] == before


async def test_acl_rules_are_put_in_another_order() -> None:
    draft = {"type": "MAC", "enabled": True, "name": "one", "action": "ALLOW"}
    async with bench() as b:
        path = f"{await b.site()}/acl-rules"
        ids = [(await b.http.post(path, json=draft)).json()["id"] for _ in range(3)]
        assert await b.get(f"{path}/ordering") == {"orderedAclRuleIds": ids}
        turned = {"orderedAclRuleIds": ids[::-1]}
        assert (await b.http.put(f"{path}/ordering", json=turned)).json() == turned
        assert [each["id"] for each in (await b.get(path))["data"]] == ids[::-1]
        partial = {"orderedAclRuleIds": ids[:1]}
        assert (await b.http.put(f"{path}/ordering", json=partial)).status_code == 400


async def test_a_dns_policy_is_the_static_record_of_the_private_api() -> None:
    async with bench() as b:
        policies = (await b.get(f"{await b.site()}/dns/policies"))["data"]
        records = b.world.sites["default"].table("static-dns").values()
        assert [each["domain"] for each in policies] == [each["key"] for each in records]
        draft = {"type": "TXT_RECORD", "enabled": True, "domain": "x.home.arpa"}
        answer = await b.http.post(f"{await b.site()}/dns/policies", json=draft)
        assert answer.status_code == 400
        assert "'text' is required" in answer.json()["message"]


async def test_there_are_as_many_operations_as_the_version_offers() -> None:
    for version in ("9.0.99", "9.5.21", "10.0.162", "10.1.68", "10.1.78", "10.5.66"):
        there = [each for each in OPERATIONS if each.since <= Version.parse(version)]
        assert len(there) == offer(version).integration_operations


async def test_a_system_zone_stays() -> None:
    async with bench() as b:
        path = f"{await b.site()}/firewall/zones"
        zone = await b.named(path, "Internal")
        assert (await b.http.delete(f"{path}/{zone['id']}")).status_code == 400


async def test_a_waiting_device_is_adopted_and_let_go() -> None:
    async with bench() as b:
        site = await b.site()
        mac = (await b.get("/pending-devices"))["data"][0]["macAddress"]
        wanted = {"macAddress": mac.upper(), "ignoreDeviceLimit": True}
        adopted = await b.http.post(f"{site}/devices", json=wanted)
        assert adopted.json()["state"] == "ADOPTING"
        b.clock.skip(60)
        path = f"{site}/devices/{adopted.json()['id']}"
        assert (await b.get(path))["state"] == "ONLINE"
        assert (await b.http.delete(path)).status_code == 200
        b.clock.skip(60)
        assert (await b.http.get(path)).status_code == 404
        unknown = {"macAddress": "00:00:00:00:00:01", "ignoreDeviceLimit": True}
        assert (await b.http.post(f"{site}/devices", json=unknown)).status_code == 404


async def test_the_small_lists_answer() -> None:
    async with bench() as b:
        site = await b.site()
        for path in ("/countries", "/dpi/categories", "/dpi/applications", f"{site}/vpn/servers"):
            assert (await b.get(path))["totalCount"] > 0
        for path in (
            "radius/profiles",
            "device-tags",
            "vpn/site-to-site-tunnels",
            "switching/lags",
        ):
            assert "totalCount" in await b.get(f"{site}/{path}")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/sites/not-a-uuid/devices", 400), (f"/sites/{UUID(int=1)}/devices", 404), ("/nothing", 404)],
)
async def test_what_is_not_there_is_refused(path: str, status: int) -> None:
    async with bench() as b:
        assert (await b.http.get(path)).status_code == status


async def test_a_body_that_is_not_json_is_refused() -> None:
    async with bench() as b:
        path = f"{await b.site()}/hotspot/vouchers"
        assert (await b.http.post(path, content=b"{")).status_code == 400
