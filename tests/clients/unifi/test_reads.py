"""What a site tells: whole or marked as not, from a source that is alive, and without secrets."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from cortex.clients.unifi import EventQuery, Listing, ReportQuery, Site, UnifiClient
from cortex.clients.unifi.fields import RENAMED
from cortex.errors import BadAnswer, Malformed, Rejected, SchemaChanged, Unreachable
from cortex.simulators.unifi.control.faults import BadStatus, DroppedFields, LostReply
from cortex.simulators.unifi.knobs import Knobs
from tests.clients.unifi.console import ADMIN, KEY, NOW, Console

pytestmark = pytest.mark.anyio
TODAY = datetime.fromtimestamp(NOW, UTC)
NOBODY = "02:00:00:00:00:01"
OFFICIAL_ONLY = Knobs(private_lanes_take_keys=False)
PUBLIC = {*RENAMED, "x_wan_ip"}


async def everything(site: Site) -> AsyncIterator[tuple[str, Any]]:
    """Read all that can be read of a site."""
    devices = await site.devices()
    online = await site.online_clients()
    week = (TODAY - timedelta(days=7), TODAY)
    yield "devices", devices
    yield "online_clients", online
    for row in devices.rows:
        yield "device", await site.device(row["mac"])
    for row in online.rows:
        yield "online_client", await site.online_client(row["mac"])
        yield "known_client", await site.known_client(row["mac"])
    for name in (
        "known_clients", "all_clients", "blocked_clients", "vouchers", "wlans", "networks",
        "port_profiles", "port_forwards", "firewall_policies", "firewall_zones", "firewall_rules",
        "health", "system", "device_access", "speedtest_status",
    ):  # fmt: skip
        yield name, await getattr(site, name)()
    yield "events", await site.events(EventQuery(*week, limit=3000))
    yield "client_sessions", await site.client_sessions(*week)
    for subject in ("site", "user", "ap", "gw"):
        query = ReportQuery("hourly", subject, ("bytes", "num_sta"), *week)
        yield "report", await site.report(query)


def secret_values(place: Any, *, hidden: bool = False) -> Iterator[str]:
    """Find every text that the simulated controller keeps under a secret's name."""
    match place:
        case Mapping():
            for name, value in place.items():
                secret = str(name).startswith("x_") and name not in PUBLIC
                yield from secret_values(value, hidden=hidden or secret)
        case list():
            for value in place:
                yield from secret_values(value, hidden=hidden)
        case str() if hidden and len(place) > 5:
            yield place
        case _:
            pass


def keys(place: Any) -> Iterator[str]:
    match place:
        case Mapping():
            yield from place
            for value in place.values():
                yield from keys(value)
        case list() | tuple():
            for value in place:
                yield from keys(value)
        case _:
            pass


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("version", ["9.5.21", "10.4.57"])
async def test_no_secret_of_the_controller_leaves_the_client(seed: int, version: str) -> None:
    console = Console(seed=seed, version=version)
    secrets = {
        *secret_values([list(site.tables.values()) for site in console.world.sites.values()]),
        *secret_values([site.settings for site in console.world.sites.values()]),
        *secret_values([each.secrets for each in console.home.devices.values()]),
        *console.world.api_keys,
        *(account.password for account in console.world.accounts.values()),
    }
    assert len(secrets) > 10
    async with console.client() as unifi:
        site = await console.site(unifi)
        seen = [(name, read) async for name, read in everything(site)]
        seen.append(("sites", await unifi.sites()))
    for name, read in seen:
        rows = read.rows if isinstance(read, Listing) else read
        text = json.dumps(rows)
        assert not [secret for secret in secrets if secret in text], name
        assert not [key for key in keys(rows) if key.lower().startswith("x_")], name
    names = {name for name, read in seen if isinstance(read, Listing) and read.rows}
    assert {"devices", "online_clients", "wlans", "networks", "firewall_policies"} <= names


async def test_who_is_online_is_told_whole_and_with_its_source() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.online_clients()
    online = {client.mac for client in console.home.online(console.clock())}
    assert {row["mac"] for row in listing.rows} == online
    assert (listing.complete, listing.source) == (True, "legacy:stat/sta")
    assert all({"mac", "ip", "is_wired", "network"} <= set(row) for row in listing.rows)


async def test_a_client_is_looked_up_alone_online_or_not() -> None:
    console = Console()
    here = console.someone()
    away = next(each for each in console.home.clients.values() if not each.present)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        online, known = (
            await site.online_client(here.mac.upper()),
            await site.known_client(away.mac),
        )
        assert online is not None
        assert known is not None
        assert (online["mac"], known["mac"]) == (here.mac, away.mac)
        assert await site.online_client(away.mac) is None
        assert await site.known_client(NOBODY) is None
        assert await site.online_client(NOBODY) is None


@pytest.mark.parametrize("text", ["", "kitchen", "aa:bb:cc:dd:ee", "aa:bb:cc:dd:ee:fg", "../../x"])
async def test_what_is_no_address_is_refused_before_anything_is_asked(text: str) -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        asked = len(console.journal)
        with pytest.raises(Malformed):
            await site.known_client(text)
        with pytest.raises(Malformed):
            await site.block_client(text)
    assert len(console.journal) == asked


async def test_a_list_of_known_clients_cut_at_its_cap_says_so() -> None:
    console = Console(clients=3200)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        cut, whole = await site.known_clients(), await site.all_clients()
    assert (len(cut.rows), cut.complete) == (3000, False)
    assert "3000" in cut.note
    assert len(whole.rows) == len(console.home.clients) > 3000
    assert whole.complete


async def test_a_blocked_client_beyond_the_cap_is_not_missed() -> None:
    console = Console(clients=3200)
    beyond = list(console.home.clients.values())[-1]
    beyond.blocked = True
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.blocked_clients()
    assert beyond.mac in {row["mac"] for row in listing.rows}
    assert listing.complete
    assert "alluser" in listing.source


async def test_a_small_site_needs_one_question_for_its_blocked_clients() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.blocked_clients()
    blocked = {each.mac for each in console.home.clients.values() if each.blocked}
    assert {row["mac"] for row in listing.rows} == blocked
    assert not console.asked("alluser")


@pytest.mark.parametrize("version", ["9.5.21", "10.4.57"])
async def test_an_unknown_device_is_none_in_every_version(version: str) -> None:
    console = Console(version=version)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        assert await site.device(NOBODY) is None
        found = await site.device(console.something("usw").mac)
    assert found is not None
    assert found["port_table"]
    assert found["ssh_hostkey_fingerprint"] == console.something("usw").hostkey_fingerprint


async def test_new_controllers_are_asked_for_their_system_log() -> None:
    console = Console()
    query = EventQuery(TODAY - timedelta(days=7), TODAY, limit=3000)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.events(query)
    assert (listing.source, listing.complete) == ("v2:system-log/all", True)
    span = {row["id"] for row in console.home.system_log if row["timestamp"] >= _ms(query.since)}
    assert {row["id"] for row in listing.rows} == span
    assert not console.asked("stat/event")


async def test_a_log_cut_at_the_limit_says_how_much_there_is() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.events(EventQuery(TODAY - timedelta(days=30), TODAY, limit=3))
    assert len(listing.rows) == 3
    assert not listing.complete
    assert "3 of" in listing.note


async def test_a_log_that_does_not_tell_its_length_is_read_to_its_end() -> None:
    console = Console()
    console.home.system_log *= 3
    console.strike(DroppedFields(path="*/system-log/*", fields=("total_element_count",)))
    since = TODAY - timedelta(days=3650)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.events(EventQuery(since, TODAY, limit=3000))
        cut = await site.events(EventQuery(since, TODAY, limit=100))
    assert len(listing.rows) == len(console.home.system_log) > 200
    assert listing.complete
    assert not cut.complete


async def test_a_controller_that_hides_its_version_is_not_asked_for_frozen_events() -> None:
    console = Console()
    console.strike(DroppedFields(path="*", fields=("version", "applicationVersion")))
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.events(EventQuery(TODAY - timedelta(days=1), TODAY))
    assert site.capabilities.version == ""
    assert listing.source == "v2:system-log/all"


@pytest.mark.parametrize("knobs", [Knobs(), OFFICIAL_ONLY])
async def test_records_without_what_names_them_are_a_changed_schema(knobs: Knobs) -> None:
    console = Console(knobs=knobs)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        console.strike(DroppedFields(path="*", fields=("_id", "id")))
        point = console.something("uap").mac
        named = partial(site.rename_device, point, "x")
        with pytest.raises(SchemaChanged, match="id"):
            await (named() if knobs is not OFFICIAL_ONLY else site.restart_device(point))
    assert not console.journal.entries(mutating=True)


@pytest.mark.parametrize("knobs", [Knobs(), OFFICIAL_ONLY])
async def test_a_list_that_lost_its_rows_is_not_told_as_empty(knobs: Knobs) -> None:
    console = Console(knobs=knobs)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        console.strike(DroppedFields(path="*", fields=("data",)))
        with pytest.raises(SchemaChanged):
            await site.online_clients()
        with pytest.raises(SchemaChanged):
            await site.devices()


async def test_pages_that_end_before_their_total_are_a_bad_answer() -> None:
    console = Console(knobs=OFFICIAL_ONLY)

    async def never_enough(request: httpx.Request) -> httpx.Response:
        if "clients" in request.url.path:
            return httpx.Response(200, json={"data": [], "totalCount": 3})
        return await httpx.ASGITransport(console.simulator.app).handle_async_request(request)

    async with UnifiClient(KEY, httpx.MockTransport(never_enough)) as unifi:
        await unifi.connect()
        with pytest.raises(BadAnswer, match="before their total"):
            await unifi.site("default").online_clients()


async def test_zones_are_found_under_their_other_spelling() -> None:
    console = Console()

    async def renamed(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/firewall/zone"):
            return httpx.Response(404, json={"code": "api.err.NotFound", "errorCode": 404})
        return await httpx.ASGITransport(console.simulator.app).handle_async_request(request)

    async with UnifiClient(KEY, httpx.MockTransport(renamed)) as unifi:
        await unifi.connect()
        listing = await unifi.site("default").firewall_zones()
    assert listing.source == "v2:firewall/zones"
    assert len(listing.rows) == len(console.home.firewall_zones)


async def test_old_controllers_are_asked_for_their_event_list() -> None:
    console = Console(version="9.5.21")
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.events(EventQuery(TODAY - timedelta(days=30), TODAY, limit=3000))
        few = await site.events(EventQuery(TODAY - timedelta(days=30), TODAY, limit=2))
    assert listing.source == "legacy:stat/event"
    assert listing.rows
    assert listing.complete
    assert not few.complete


async def test_a_log_that_a_version_does_not_have_is_never_an_empty_list() -> None:
    console = Console(version="8.6.9")
    async with console.client() as unifi:
        site = await console.site(unifi)
        with pytest.raises(SchemaChanged, match=r"8\.6\.9"):
            await site.events(EventQuery(TODAY, TODAY, log="threat-alert"))
        with pytest.raises(SchemaChanged, match=r"8\.6\.9"):
            await site.firewall_policies()
        assert (await site.firewall_rules()).complete


async def test_a_wrong_category_is_refused_with_the_ones_there_are() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        with pytest.raises(Rejected, match="CLIENT_DEVICES"):
            await site.events(EventQuery(TODAY, TODAY, categories=("GOSSIP",)))


async def test_events_are_narrowed_by_category_severity_and_text() -> None:
    console = Console()
    window = (TODAY - timedelta(days=60), TODAY)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        everything_ = await site.events(EventQuery(*window, limit=3000))
        devices = await site.events(
            EventQuery(*window, categories=("UNIFI_DEVICES",), severities=("LOW", "MEDIUM"))
        )
        none = await site.events(EventQuery(*window, search="no such words anywhere"))
    expected = [
        row["id"]
        for row in everything_.rows
        if row["category"] == "UNIFI_DEVICES" and row["severity"] in {"LOW", "MEDIUM"}
    ]
    assert [row["id"] for row in devices.rows] == expected
    assert (none.rows, none.complete) == ((), True)


async def test_a_refusal_other_than_unknown_is_not_taken_for_absence() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        del console.world.sites["default"]
        with pytest.raises(Rejected) as refused:
            await site.known_client(NOBODY)
        with pytest.raises(Rejected):
            await site.device(NOBODY)
    assert refused.value.reason == "api.err.NoSiteContext"


async def test_an_official_call_needs_the_official_name_of_the_site() -> None:
    console = Console(version="9.0.114", knobs=OFFICIAL_ONLY)
    async with console.client(KEY) as unifi:
        found = await unifi.connect()
        assert [site.display_name for site in found.sites] == ["Home", "Workshop"]
        assert (await unifi.site("Home").online_clients()).rows


async def test_the_empty_old_firewall_of_a_zone_console_is_not_told_as_no_rules() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        old, new = await site.firewall_rules(), await site.firewall_policies()
    assert (old.rows, old.complete) == ((), False)
    assert "policies" in old.note
    assert len(new.rows) == len(console.home.firewall_policies)
    assert all("schedule" in row and "source" in row for row in new.rows)


async def test_a_report_beyond_what_is_kept_says_so() -> None:
    console = Console()
    span = (TODAY - timedelta(days=3), TODAY)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        fine = await site.report(ReportQuery("5minutes", "site", ("bytes",), *span))
        hourly = await site.report(ReportQuery("hourly", "site", ("bytes",), *span))
        one = await site.report(
            ReportQuery("hourly", "ap", ("num_sta",), *span, console.something("uap").mac)
        )
    assert not fine.complete
    assert hourly.complete
    assert {row["ap"] for row in one.rows} == {console.something("uap").mac}


async def test_sessions_can_be_asked_for_one_client() -> None:
    console = Console()
    mac = console.home.sessions[0]["mac"]
    month = (TODAY - timedelta(days=60), TODAY)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.client_sessions(*month, mac=mac.upper())
        cut = await site.client_sessions(*month, limit=1)
    assert {row["mac"] for row in listing.rows} == {mac}
    assert not cut.complete


async def test_a_read_survives_one_cut_line_and_no_more() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        console.strike(LostReply(path="*/stat/sta", times=1))
        assert (await site.online_clients()).rows
        console.strike(LostReply(path="*/stat/health"))
        with pytest.raises(Unreachable):
            await site.health()
    assert len(console.asked("stat/health")) == 2


async def test_a_failed_source_is_an_error_and_not_an_empty_list() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        console.strike(BadStatus(path="*/rest/user", status=503))
        with pytest.raises(Unreachable):
            await site.blocked_clients()


async def test_official_lists_come_in_the_words_of_the_legacy_api_and_name_their_source() -> None:
    console = Console(knobs=OFFICIAL_ONLY)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        lists = {
            "clients": await site.online_clients(),
            "devices": await site.devices(),
            "networks": await site.networks(),
            "wifi/broadcasts": await site.wlans(),
            "hotspot/vouchers": await site.vouchers(),
            "firewall/policies": await site.firewall_policies(),
            "firewall/zones": await site.firewall_zones(),
        }
        sites = await unifi.sites()
    for path, listing in lists.items():
        assert listing.source == f"integration:{path}"
    assert len(sites.rows) == 2
    online = {client.mac for client in console.home.online(console.clock())}
    assert {row["mac"] for row in lists["clients"].rows} == online
    assert {row["type"] for row in lists["devices"].rows} == {"uap", "usw", "ugw"}
    assert all(
        row["action"] in {"ALLOW", "BLOCK", "REJECT"} for row in lists["firewall/policies"].rows
    )


async def test_an_official_list_in_pages_is_read_to_its_end() -> None:
    console = Console(clients=900, knobs=OFFICIAL_ONLY)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        listing = await site.online_clients()
    assert len(listing.rows) == len(list(console.home.online(console.clock()))) > 200


@pytest.mark.parametrize("version", ["9.1.120", "9.5.21", "10.4.57"])
async def test_an_official_device_is_found_by_address_even_where_filters_are_ignored(
    version: str,
) -> None:
    console = Console(version=version, knobs=OFFICIAL_ONLY)
    switch = console.something("usw")
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        found = await site.device(switch.mac.upper())
        assert await site.device(NOBODY) is None
        client = await site.online_client(console.someone().mac)
        assert (await site.system())["version"] == version
    assert found is not None
    assert client is not None
    assert (found["mac"], client["mac"]) == (switch.mac, console.someone().mac)
    assert found["uptime"] > 0


async def test_an_account_without_a_key_lists_sites_from_the_legacy_lane() -> None:
    console = Console()
    async with console.client(ADMIN) as unifi:
        assert [row["name"] for row in (await unifi.sites()).rows] == ["default", "mmu5lnvg"]


def _ms(moment: datetime) -> float:
    return moment.timestamp() * 1000


@pytest.mark.parametrize(
    ("dropped", "told"),
    [(("cpuUtilizationPct",), {"mem"}), (("cpuUtilizationPct", "memoryUtilizationPct"), set())],
)
async def test_a_load_that_the_official_api_does_not_tell_stays_absent(
    dropped: tuple[str, ...], told: set[str]
) -> None:
    console = Console(knobs=OFFICIAL_ONLY)
    console.strike(DroppedFields(fields=dropped))
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        row = await site.device(console.something("uap").mac)
    assert row is not None
    assert set(row["system-stats"]) == told
    assert "None" not in row["system-stats"].values()
