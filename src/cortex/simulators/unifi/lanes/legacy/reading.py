"""Answer what is there now: sites, system, health, clients, devices."""

from typing import Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, not_found
from cortex.simulators.unifi.lanes.legacy.health import health
from cortex.simulators.unifi.world import Client, Record, Refusal, Site
from cortex.simulators.unifi.world.rows.clients import known, station
from cortex.simulators.unifi.world.rows.devices import brief_row, device_row
from cortex.simulators.unifi.world.rows.gateways import networks_for

REST_USER_CAP: Final = 3_000
"""`rest/user` gives no more rows than this, whatever the site knows."""

_HOUR: Final = 3_600


def _site_row(call: Call, site: Site) -> Record:
    return {
        "_id": site.id,
        "name": site.name,
        "desc": site.desc,
        "role": call.world.accounts[call.by].role,
        "attr_no_delete": site.name == "default",
        "attr_hidden_id": site.name,
    }


def _own_sites(call: Call) -> list[Record]:
    return [_site_row(call, site) for site in call.world.sites.values()]


def _sites(call: Call) -> list[Record]:
    return [
        _site_row(call, site)
        | {
            "health": health(site, call.now),
            "num_new_alarms": sum(not alarm["archived"] for alarm in site.alarms),
        }
        for site in call.world.sites.values()
    ]


def _self(call: Call) -> list[Record]:
    account = call.world.accounts[call.by]
    return [
        {
            "_id": account.id,
            "admin_id": account.id,
            "name": account.username,
            "site_name": call.site.name,
            "site_role": account.role,
            "is_super": account.is_owner,
        }
    ]


def _sysinfo(call: Call) -> list[Record]:
    world = call.world
    return [
        {**world.console, "version": world.version, "uptime": int(call.now - world.built_at) + 600}
    ]


def _stations(call: Call) -> list[Record]:
    return [station(call.site, client, call.now) for client in call.site.online(call.now)]


def _one_station(call: Call) -> list[Record]:
    client = call.site.clients.get(call.path["mac"])
    if client is None or not call.site.is_online(client, call.now):
        code = "api.err.UnknownStation"
        raise Refusal(code, mac=call.path["mac"])
    return [station(call.site, client, call.now)]


def _users(call: Call) -> list[Record]:
    return [known(client) for client in list(call.site.clients.values())[:REST_USER_CAP]]


def _all_users(call: Call) -> list[Record]:
    hours = call.number("within", 0)
    since = call.now - hours * _HOUR if hours else 0.0
    wanted = call.body.get("type", "all")
    return [
        known(client) | {"is_online": call.site.is_online(client, call.now)}
        for client in call.site.clients.values()
        if _seen(call, client) >= since and _is_wanted(client, str(wanted))
    ]


def _seen(call: Call, client: Client) -> float:
    return call.now if call.site.is_online(client, call.now) else client.last_seen


def _is_wanted(client: Client, wanted: str) -> bool:
    match wanted:
        case "blocked":
            return client.blocked
        case "guest":
            return client.is_guest
        case "user":
            return not client.is_guest
        case _:
            return True


def _one_user(call: Call) -> list[Record]:
    client = call.site.clients.get(call.path["mac"])
    if client is None:
        code = "api.err.UnknownUser"
        raise Refusal(code, mac=call.path["mac"])
    return [known(client)]


def _devices(call: Call) -> list[Record]:
    wanted = call.texts("macs") if "macs" in call.body else None
    return [
        device_row(call.site, device, call.now)
        for device in call.site.devices.values()
        if wanted is None or device.mac in wanted
    ]


def _one_device(call: Call) -> list[Record]:
    device = call.site.devices.get(call.path["mac"])
    if device is not None:
        return [device_row(call.site, device, call.now)]
    if call.world.offers.unknown_device_is_error:
        code = "api.err.UnknownDevice"
        raise Refusal(code, mac=call.path["mac"])
    return []


def _basic(call: Call) -> list[Record]:
    return [brief_row(device) for device in call.site.devices.values()]


def _health(call: Call) -> list[Record]:
    return health(call.site, call.now)


def _routes(call: Call) -> list[Record]:
    gateway = call.site.gateway()
    if gateway is None:
        raise not_found()
    return [
        {"pfx": net.get("ip_subnet", ""), "nh": [{"intf": f"br{net.get('vlan', 0)}", "t": "C>*"}]}
        for net in networks_for(call.site, "corporate")
    ] + [{"pfx": "0.0.0.0/0", "nh": [{"intf": "eth8", "t": "S>*"}]}]


ENDPOINTS: Final = (
    Endpoint("GET", "/api/self/sites", _own_sites),
    Endpoint("GET", "/api/stat/sites", _sites),
    Endpoint("GET", "/api/s/{site}/self", _self),
    Endpoint("GET", "/api/s/{site}/stat/sysinfo", _sysinfo),
    Endpoint("GET", "/api/s/{site}/stat/health", _health),
    Endpoint("GET", "/api/s/{site}/stat/sta", _stations),
    Endpoint("GET", "/api/s/{site}/stat/sta/{mac}", _one_station),
    Endpoint("GET", "/api/s/{site}/rest/user", _users),
    Endpoint("GET", "/api/s/{site}/list/user", _users),
    Endpoint("GET", "/api/s/{site}/stat/alluser", _all_users),
    Endpoint("POST", "/api/s/{site}/stat/alluser", _all_users),
    Endpoint("GET", "/api/s/{site}/stat/user/{mac}", _one_user),
    Endpoint("GET", "/api/s/{site}/stat/device", _devices),
    Endpoint("POST", "/api/s/{site}/stat/device", _devices),
    Endpoint("GET", "/api/s/{site}/stat/device/{mac}", _one_device),
    Endpoint("GET", "/api/s/{site}/stat/device-basic", _basic),
    Endpoint("GET", "/api/s/{site}/stat/routing", _routes),
)
