"""What may be done to the firewall and the internet line: switch rules and forwards, block, test.

A new rule is told from the old ones by its id, so that a lost reply does not make a second one.
"""

from typing import Any

from cortex.clients.unifi import Row
from cortex.errors import Malformed, Rejected, SchemaChanged
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.changes.timetable import schedule_of
from cortex.fabric.execution.change import Change, Progress, Seen, State

_INTERNET = "internet"
_EXTERNAL = "external"
_NAME_LENGTH = 100


def _rule_id(call: Call) -> str:
    return str(call.get("rule"))


async def _rule(call: Call) -> State:
    try:
        rows, kind = (await call.site.firewall_policies()).rows, "policy"
    except SchemaChanged:
        rows, kind = (await call.site.firewall_rules()).rows, "rule"
    row = _of_id(rows, _rule_id(call), what="firewall rule")
    return {
        "kind": kind,
        "enabled": bool(row.get("enabled")),
        "predefined": bool(row.get("predefined")),
    }


def _of_id(rows: tuple[Row, ...], wanted: str, *, what: str) -> Row:
    for row in rows:
        if row.get("_id") == wanted:
            return row
    message = f"the {what} {wanted!r} is gone"
    raise Rejected(message, reason="api.err.IdInvalid")


async def _send_rule(call: Call) -> object:
    state = await _rule(call)
    enabled = bool(call.get("enabled"))
    if state["kind"] == "policy":
        return await call.site.set_firewall_policy_enabled(_rule_id(call), enabled=enabled)
    return await call.site.set_firewall_rule_enabled(_rule_id(call), enabled=enabled)


SET_FIREWALL_RULE_ENABLED = Change(
    look=_rule,
    send=_send_rule,
    wanted=lambda call: {"enabled": call.get("enabled")},
    objection=lambda call, state: (
        f"{call.name('rule')} comes with the console and cannot be switched."
        if state["predefined"]
        else ""
    ),
    what="Turn the firewall rule {rule} {enabled}.",
    done="The firewall rule {rule} is {enabled}.",
    already="The firewall rule {rule} was already {enabled}; nothing was sent.",
)


async def _forward(call: Call) -> State:
    rows = (await call.site.port_forwards()).rows
    row = _of_id(rows, str(call.get("forward")), what="port forward")
    return {"enabled": bool(row.get("enabled"))}


SET_PORT_FORWARD_ENABLED = Change(
    look=_forward,
    send=lambda call: call.site.set_port_forward_enabled(
        str(call.get("forward")), enabled=call.get("enabled")
    ),
    wanted=lambda call: {"enabled": call.get("enabled")},
    what="Turn the port forward {forward} {enabled}.",
    done="The port forward {forward} is {enabled}.",
    already="The port forward {forward} was already {enabled}; nothing was sent.",
)


def _title(call: Call) -> str:
    destination = call.get("destination")
    to = "the internet" if destination == _INTERNET else call.name("destination")
    return f"Cortex: keep {call.name('source')} from {to}"[:_NAME_LENGTH]


async def _policies(call: Call) -> State:
    rows = (await call.site.firewall_policies()).rows
    named = [row for row in rows if row.get("name") == _title(call)]
    return {
        "ids": sorted(str(row.get("_id")) for row in named),
        "on": sorted(str(row.get("_id")) for row in named if row.get("enabled")),
    }


def _created(seen: Seen[Call]) -> Progress:
    new = set(seen.now["on"]) - set(seen.before["ids"])
    return Progress.HOLDS if new else Progress.NOT_YET


def _unreadable_or_there(call: Call, state: State) -> str:
    if call.get("schedule") and schedule_of(call.get("schedule")) is None:
        return f"{call.get('schedule')!r} is no schedule; say it as `weekdays 22:00-06:00`."
    if state["on"]:
        return f"There is such a rule already: {_title(call)!r}."
    return "" if call.get("source") != call.get("destination") else "Both ends are the same."


async def _send_block(call: Call) -> object:
    networks = (await call.inventory.of("network")).rows
    zones = (await call.site.firewall_zones()).rows
    body: dict[str, Any] = {
        "name": _title(call),
        "enabled": True,
        "action": "BLOCK",
        "protocol": "all",
        "ip_version": "BOTH",
        "connection_state_type": "ALL",
        "connection_states": [],
        "create_allow_respond": False,
        "logging": False,
        "source": await _source(call, networks, zones),
        "destination": _destination(call, networks, zones),
    }
    if call.get("schedule"):
        body["schedule"] = schedule_of(call.get("schedule"))
    return await call.site.create_firewall_policy(body)


async def _source(call: Call, networks: Any, zones: tuple[Row, ...]) -> dict[str, Any]:
    target = call.target("source")
    if target.kind == "network":
        return _network_end(target.id, networks, zones)
    known = await call.site.known_client(target.id) or {}
    online = await call.site.online_client(target.id) or {}
    network = str(online.get("network_id") or known.get("network_id") or "")
    return {
        "zone_id": _zone_of(network, networks, zones),
        "matching_target": "CLIENT",
        "client_macs": [target.id],
        "port_matching_type": "ANY",
    }


def _destination(call: Call, networks: Any, zones: tuple[Row, ...]) -> dict[str, Any]:
    if call.get("destination") != _INTERNET:
        return _network_end(call.target("destination").id, networks, zones)
    for zone in zones:
        if _EXTERNAL in {str(zone.get("zone_key")), str(zone.get("name")).casefold()}:
            return {
                "zone_id": zone.get("_id"),
                "matching_target": "ANY",
                "port_matching_type": "ANY",
            }
    raise _no_zone(_INTERNET)


def _network_end(network: str, networks: Any, zones: tuple[Row, ...]) -> dict[str, Any]:
    return {
        "zone_id": _zone_of(network, networks, zones),
        "matching_target": "NETWORK",
        "network_ids": [network],
        "port_matching_type": "ANY",
    }


def _zone_of(network: str, networks: Any, zones: tuple[Row, ...]) -> str:
    for zone in zones:
        if network in (zone.get("network_ids") or []):
            return str(zone.get("_id"))
    zone_id = networks.get(network, {}).get("firewall_zone_id")
    if zone_id:
        return str(zone_id)
    raise _no_zone(str(networks.get(network, {}).get("name") or network))


def _no_zone(what: str) -> Malformed:
    message = f"no firewall zone holds {what!r}"
    return Malformed(message, hint="put the network into a zone on the controller first")


def _switch_off(seen: Seen[Call]) -> tuple[str, dict[str, Any]] | None:
    new = sorted(set(seen.now["on"]) - set(seen.before["ids"]))
    if len(new) != 1:
        return None
    return "set_firewall_rule_enabled", {"rule": new[0], "enabled": False}


CREATE_FIREWALL_BLOCK = Change(
    look=_policies,
    send=_send_block,
    judge=_created,
    objection=_unreadable_or_there,
    done="A new firewall rule keeps {source} from {destination}.",
    undo=_switch_off,
)


async def _speed(call: Call) -> State:
    row = await call.site.speedtest_status()
    return {
        "started": row.get("rundate") or 0,
        "running": row.get("status_summary") == 1,
        "download": row.get("xput_download"),
        "upload": row.get("xput_upload"),
        "latency": row.get("latency"),
    }


def _measured(seen: Seen[Call]) -> Progress:
    if seen.now["running"]:
        return Progress.UNDER_WAY
    newer = seen.now["started"] > seen.before["started"] and seen.now["download"]
    return Progress.HOLDS if newer or (seen.went and seen.now["download"]) else Progress.NOT_YET


def _result(seen: Seen[Call]) -> State:
    down, up, latency = (seen.now[name] for name in ("download", "upload", "latency"))
    return {"download": f"{down} Mbit/s", "upload": f"{up} Mbit/s", "latency": f"{latency} ms"}


RUN_SPEEDTEST = Change(
    look=_speed,
    send=lambda call: call.site.run_speedtest(),
    judge=_measured,
    warning=lambda _call, state: "A speed test runs already." if state["running"] else "",
    done="The speed test is done.",
    found=_result,
)
