"""The v2 lane's summaries: dashboard, speed test, traffic flows, models, VPN connections."""

from typing import Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, invalid_payload
from cortex.simulators.unifi.lanes.legacy.health import health
from cortex.simulators.unifi.world import Client, Record
from cortex.simulators.unifi.world.dice import Dice

_PERIODS: Final = frozenset({"HOUR", "DAY", "WEEK", "MONTH"})
_FILTERS: Final = (
    "risk", "action", "direction", "protocol", "policy", "policy_type", "service",
    "source_host", "source_mac", "source_ip", "source_port", "source_network_id", "source_domain",
    "source_zone_id", "source_region", "destination_host", "destination_mac", "destination_ip",
    "destination_port", "destination_network_id", "destination_domain", "destination_zone_id",
    "destination_region", "in_network_id", "out_network_id", "next_ai_query", "except_for",
)  # fmt: skip
"""Arrays a flow query must all carry, empty or not."""

_PATH: Final = "/v2/api/site/{site}"


def _dashboard(call: Call) -> Record:
    online = list(call.site.online(call.now))
    return {
        "dashboard_meta": {"history_seconds": int(call.query.get("historySeconds", "3600"))},
        "health": health(call.site, call.now),
        "clients": {
            "total": len(online),
            "wired": sum(client.is_wired for client in online),
            "wireless": sum(not client.is_wired for client in online),
            "guests": sum(client.is_guest for client in online),
        },
        "most_active_clients": {"usage_by_client": _busiest(call, 5)},
    }


def _busiest(call: Call, most: int) -> list[Record]:
    online = sorted(call.site.online(call.now), key=_usage, reverse=True)
    return [
        {"client": {"mac": client.mac, "name": client.name}, "total_bytes": _usage(client)}
        for client in online[:most]
    ]


def _usage(client: Client) -> int:
    return client.rx_bytes + client.tx_bytes


def _speedtests(call: Call) -> list[Record]:
    return [
        {
            "id": row["_id"],
            "download_mbps": row["xput_download"],
            "upload_mbps": row["xput_upload"],
            "latency_ms": row["latency"],
            "time": row["time"],
            "interface_name": row["interface_name"],
            "wan_networkgroup": row["wan_networkgroup"],
        }
        for row in call.site.speedtests
    ]


def _models(call: Call) -> Record:
    return {
        each.model: {"model": each.model, "name": each.model_name, "type": each.kind}
        for each in call.site.devices.values()
    }


def _vpn(_call: Call) -> Record:
    return {"connections": []}


def _flows(call: Call) -> Record:
    if any(not isinstance(call.body.get(name), list) for name in _FILTERS):
        raise invalid_payload()
    size, page = call.number("pageSize", 50), call.number("pageNumber", 0)
    if size < 1 or page < 0:
        raise invalid_payload()
    rows = [_flow(call, client) for client in call.site.online(call.now) if not client.is_guest]
    return {
        "data": rows[page * size : (page + 1) * size],
        "page_number": page,
        "total_element_count": len(rows),
        "total_page_count": -(-len(rows) // size),
        "has_next": (page + 1) * size < len(rows),
    }


def _flow(call: Call, client: Client) -> Record:
    dice = Dice(int(client.mac.replace(":", ""), 16))
    return {
        "id": f"{client.id}{dice.hexadecimal(8)}",
        "time": int(call.now * 1000) - dice.between(0, 600_000),
        "action": "blocked" if dice.chance(10) else "allowed",
        "direction": "outgoing",
        "protocol": dice.pick(("TCP", "UDP")),
        "service": dice.pick(("HTTPS", "DNS", "NTP", "QUIC")),
        "risk": "low",
        "source": {"mac": client.mac, "ip": client.ip, "host_name": client.hostname},
        "destination": {"ip": f"198.51.100.{dice.between(1, 254)}", "region": "DE"},
        "traffic_data": {"bytes_total": dice.between(500, 5_000_000)},
    }


def _latest(call: Call) -> Record:
    top = call.query.get("top", "10")
    if call.query.get("period") not in _PERIODS or not top.isdigit():
        raise invalid_payload()
    return {"top_clients": _busiest(call, int(top)), "period": call.query["period"]}


def _fingerprints(_call: Call) -> Record:
    return {
        "dev_ids": {"9": {"name": "iPad"}, "47": {"name": "Smart TV"}},
        "vendor_ids": {"320": "Apple"},
    }


ENDPOINTS: Final = (
    Endpoint("GET", f"{_PATH}/aggregated-dashboard", _dashboard),
    Endpoint("GET", f"{_PATH}/speedtest", _speedtests),
    Endpoint("GET", f"{_PATH}/models", _models),
    Endpoint("GET", f"{_PATH}/vpn/connections", _vpn),
    Endpoint("POST", f"{_PATH}/traffic-flows", _flows),
    Endpoint("GET", f"{_PATH}/traffic-flow-latest-statistics", _latest),
    Endpoint("GET", "/v2/api/fingerprint_devices/0", _fingerprints),
)
