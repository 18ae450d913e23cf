"""Whatever is sent, the console answers in its own words and keeps answering."""

import asyncio
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from cortex.simulators.unifi.lanes import legacy, v2
from cortex.simulators.unifi.lanes.calls import Endpoint
from tests.simulators.unifi.console import Console, console

COMMANDS: Final = (
    "block-sta", "unblock-sta", "kick-sta", "forget-sta", "authorize-guest", "unauthorize-guest",
    "restart", "adopt", "force-provision", "set-locate", "power-cycle", "upgrade",
    "upgrade-external", "migrate", "speedtest", "add-site", "update-site", "move-device",
    "delete-device", "archive-alarm", "backup", "delete-backup", "create-voucher",
    "delete-voucher", "extend", "nonsense",
)  # fmt: skip
KEYS: Final = (
    "mac", "macs", "minutes", "port_idx", "name", "note", "fixed_ip", "use_fixedip", "network_id",
    "enabled", "x_passphrase", "wlan_bands", "radio_table", "port_overrides", "disabled", "url",
    "led_override", "purpose", "vlan", "ip_subnet", "index", "schedule", "ip_version", "action",
    "source", "destination", "create_allow_respond", "attrs", "start", "end", "within", "_limit",
    "_start", "_sort", "type", "pageSize", "pageNumber", "categories", "severities", "searchText",
    "timestampFrom", "n", "quota", "expire", "expire_number", "desc", "objects", "ap_group_ids",
    "usergroup_id", "fwd_port", "filename", "_id", "create_time", "key", "zone_id", "data",
)  # fmt: skip
LEAVES: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["{client}", "{device}", "auto", "off", "192.168.1.77", "BLOCK"])
)
VALUES: Final = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*KEYS, "port_idx", "channel", "radio", "poe_mode", "mac"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
BODIES: Final = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6).flatmap(
    lambda body: st.just(body) | st.sampled_from(COMMANDS).map(lambda cmd: {**body, "cmd": cmd})
)
ENDPOINTS: Final = [*legacy.ENDPOINTS, *v2.ENDPOINTS]
WATCHED: Final = (
    "stat/sta", "rest/user", "stat/device", "stat/health", "stat/guest", "rest/wlanconf",
    "stat/portforward", "stat/routing", "stat/voucher",
)  # fmt: skip
WATCHED_V2: Final = (
    "clients/active?includeUnifiDevices=true", "clients/history", "firewall-policies",
    "firewall/zone-matrix", "aggregated-dashboard", "models",
)  # fmt: skip


def filled(value: Any, names: dict[str, str]) -> Any:
    """Put real addresses where the placeholders are."""
    if isinstance(value, dict):
        return {key: filled(held, names) for key, held in value.items()}
    if isinstance(value, list):
        return [filled(held, names) for held in value]
    return names.get(value, value) if isinstance(value, str) else value


def address(bench: Console, endpoint: Endpoint, pick: int) -> str:
    """Return a path for an endpoint that names something there is."""
    site = bench.home
    table = endpoint.path.rsplit("/", 2)[-2]
    ids = {
        "device": [each.id for each in site.devices.values()],
        "user": [each.id for each in site.clients.values()],
        "zone": list(site.firewall_zones),
    }.get(table, list(site.table(table)))
    chosen = ids[pick % len(ids)] if ids else "0"
    path = endpoint.path.replace("{site}", "default").replace("{id}", chosen)
    path = path.replace("{mac}", next(iter(site.clients))).replace("{key}", "mgmt")
    return path.replace("{report}", "hourly.user").replace("{class}", "all")


async def attempt(requests: list[tuple[Endpoint, int, Any]]) -> None:
    async with console() as bench:
        names = {"{client}": bench.client("NAS").mac, "{device}": bench.device("Hall AP").mac}
        for endpoint, pick, body in requests:
            sent = None if endpoint.method in {"GET", "DELETE"} else filled(body, names)
            answer = await bench.call(endpoint.method, address(bench, endpoint, pick), sent)
            assert answer.status_code in {200, 400, 404}, answer.text
            bench.now += 7
        for path in WATCHED:
            await bench.rows(path)
        for path in WATCHED_V2:
            assert (await bench.v2("GET", path)).status_code == 200
        assert (await bench.v2("POST", "system-log/all", {})).status_code == 200


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(ENDPOINTS), st.integers(0, 99), BODIES), min_size=1, max_size=6
    )
)
def test_no_body_breaks_the_console(requests: list[tuple[Endpoint, int, Any]]) -> None:
    asyncio.run(attempt(requests))
