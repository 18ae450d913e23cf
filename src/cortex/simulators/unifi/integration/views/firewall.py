"""Writes the zones and policies of the zone firewall."""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Final

from cortex.simulators.unifi.integration.views.configuration import (
    document_id,
    network_id,
    origin,
)
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site

_IP_VERSIONS: Final = {"BOTH": "IPV4_AND_IPV6", "IPV4": "IPV4", "IPV6": "IPV6"}


def zone_id(site: Site, key: str) -> str:
    """Return the UUID of the zone that the v2 API calls `key`."""
    return document_id("zone", site.firewall_zones.get(key, {"_id": key}))


def zone_entry(site: Site, zone: Record) -> Record:
    """Return a zone and the networks in it."""
    return {
        "id": document_id("zone", zone),
        "name": zone.get("name", ""),
        "networkIds": [
            network_id(site, key) for key in zone.get("network_ids", []) if key in site.networks
        ],
        "metadata": origin(system=bool(zone.get("default_zone"))),
    }


def policy_entry(site: Site, policy: Record) -> Record:
    """Return a policy; one that always applies has no schedule."""
    row: Record = {
        "id": document_id("policy", policy),
        "enabled": bool(policy.get("enabled")),
        "name": policy.get("name", ""),
        "index": policy.get("index", 0),
        "action": _action(policy),
        "source": _end(site, policy.get("source", {})),
        "destination": _end(site, policy.get("destination", {})),
        "ipProtocolScope": _protocol(policy),
        "loggingEnabled": bool(policy.get("logging")),
        "metadata": origin(system=bool(policy.get("predefined"))),
    }
    optional = {
        "description": policy.get("description"),
        "connectionStateFilter": policy.get("connection_states"),
        "schedule": _schedule(policy.get("schedule", {})),
    }
    return row | {name: value for name, value in optional.items() if value}


def _action(policy: Record) -> Record:
    action = policy.get("action", "BLOCK")
    if action != "ALLOW":
        return {"type": action}
    return {"type": action, "allowReturnTraffic": bool(policy.get("create_allow_respond"))}


def _end(site: Site, end: Mapping[str, Any]) -> Record:
    row: Record = {"zoneId": zone_id(site, end.get("zone_id", ""))}
    traffic = _traffic(site, end)
    ports = _ports(end)
    if traffic:
        row["trafficFilter"] = traffic | ({"portFilter": ports} if ports else {})
    elif ports:
        row["trafficFilter"] = {"type": "PORT", "portFilter": ports}
    return row


def _traffic(site: Site, end: Mapping[str, Any]) -> Record:
    match end.get("matching_target"):
        case "NETWORK":
            ids = [network_id(site, key) for key in end.get("network_ids", [])]
            opposite = bool(end.get("match_opposite_networks"))
            narrowed: Record = {"networkIds": ids, "matchOpposite": opposite}
            return {"type": "NETWORK", "networkFilter": narrowed}
        case "CLIENT" | "MAC":
            macs = end.get("client_macs") or end.get("macs") or []
            return {"type": "MAC_ADDRESS", "macAddressFilter": {"macAddresses": list(macs)}}
        case "IP":
            return {"type": "IP_ADDRESS", "ipAddressFilter": _addresses(end)}
        case "WEB":
            domains = {"type": "DOMAINS", "domains": list(end.get("web_domains", []))}
            return {"type": "DOMAIN", "domainFilter": domains}
        case _:
            return dict(end.get("integration_filter", {}))


def _addresses(end: Mapping[str, Any]) -> Record:
    return {
        "type": "IP_ADDRESSES",
        "matchOpposite": bool(end.get("match_opposite_ips")),
        "items": [_address(str(written)) for written in end.get("ips", [])],
    }


def _address(written: str) -> Record:
    if "-" in written:
        start, _, stop = written.partition("-")
        return {"type": "IP_ADDRESS_RANGE", "start": start, "stop": stop}
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return {"type": "SUBNET", "value": written}
    return {"type": "IP_ADDRESS", "value": written}


def _ports(end: Mapping[str, Any]) -> Record:
    if end.get("port_matching_type") != "SPECIFIC" or not end.get("port"):
        return {}
    return {
        "type": "PORTS",
        "matchOpposite": bool(end.get("match_opposite_ports")),
        "items": [_port(part.strip()) for part in str(end["port"]).split(",")],
    }


def _port(written: str) -> Record:
    start, dash, stop = written.partition("-")
    if dash:
        return {"type": "PORT_NUMBER_RANGE", "start": int(start), "stop": int(stop)}
    return {"type": "PORT_NUMBER", "value": int(start)}


def _protocol(policy: Record) -> Record:
    scope: Record = {"ipVersion": _IP_VERSIONS.get(policy.get("ip_version", "BOTH"), "IPV4")}
    match policy.get("protocol", "all"):
        case "all":
            return scope
        case "tcp_udp":
            preset = {"type": "PRESET", "preset": {"name": "TCP_UDP"}}
            return scope | {"protocolFilter": preset}
        case named:
            protocol = {"name": str(named).upper().replace("-", "_")}
            named_filter = {"type": "NAMED_PROTOCOL", "protocol": protocol, "matchOpposite": False}
            return scope | {"protocolFilter": named_filter}


def _schedule(schedule: Mapping[str, Any]) -> Record:
    mode = schedule.get("mode", "ALWAYS")
    if mode == "ALWAYS":
        return {}
    row: Record = {"mode": mode}
    if not schedule.get("time_all_day") and "time_range_start" in schedule:
        row["timeFilter"] = {
            "startTime": schedule["time_range_start"],
            "stopTime": schedule["time_range_end"],
        }
    days = {"mon": "MONDAY", "tue": "TUESDAY", "wed": "WEDNESDAY", "thu": "THURSDAY"}
    days |= {"fri": "FRIDAY", "sat": "SATURDAY", "sun": "SUNDAY"}
    if schedule.get("repeat_on_days"):
        row["repeatOnDays"] = [days.get(day, day) for day in schedule["repeat_on_days"]]
    dates = {"date": "date", "date_start": "startDate", "date_end": "stopDate"}
    return row | {ours: schedule[theirs] for theirs, ours in dates.items() if theirs in schedule}


def ip_version_of(written: str) -> str:
    """Return what v2 calls an IP version."""
    return next(theirs for theirs, ours in _IP_VERSIONS.items() if ours == written)


def protocol_of(narrowed: Mapping[str, Any]) -> str:
    """Return what v2 calls a protocol filter."""
    match narrowed.get("type"):
        case "PRESET":
            return "tcp_udp"
        case "NAMED_PROTOCOL":
            return str(narrowed.get("protocol", {}).get("name", "all")).lower()
        case "PROTOCOL_NUMBER":
            return str(narrowed.get("protocolNumber", "all"))
        case _:
            return "all"


def schedule_of(schedule: Mapping[str, Any]) -> Record:
    """Return a schedule as v2 keeps it."""
    if not schedule:
        return {"mode": "ALWAYS"}
    row: Record = {"mode": schedule.get("mode", "EVERY_DAY")}
    hours = schedule.get("timeFilter")
    row["time_all_day"] = hours is None
    if hours is not None:
        row |= {
            "time_range_start": hours.get("startTime"),
            "time_range_end": hours.get("stopTime"),
        }
    if schedule.get("repeatOnDays"):
        row["repeat_on_days"] = [day[:3].lower() for day in schedule["repeatOnDays"]]
    dates = {"date": "date", "startDate": "date_start", "stopDate": "date_end"}
    return row | {theirs: schedule[ours] for ours, theirs in dates.items() if ours in schedule}


def matching_of(
    narrowed: Mapping[str, Any], network_keys: Callable[[list[str]], list[str]]
) -> Record:
    """Return a traffic filter as v2 keeps one end of a policy."""
    row: Record = {"matching_target": "ANY", "port_matching_type": "ANY"}
    ports = narrowed.get("portFilter") or {}
    if ports.get("type") == "PORTS":
        row["port_matching_type"] = "SPECIFIC"
        row["match_opposite_ports"] = bool(ports.get("matchOpposite"))
        row["port"] = ",".join(_span(each) for each in ports.get("items", []))
    match narrowed.get("type"):
        case None | "PORT":
            return row
        case "NETWORK":
            chosen = narrowed.get("networkFilter", {})
            keys = network_keys(chosen.get("networkIds", []))
            opposite = bool(chosen.get("matchOpposite"))
            found: Record = {"network_ids": keys, "match_opposite_networks": opposite}
            return row | {"matching_target": "NETWORK"} | found
        case "MAC_ADDRESS":
            macs = narrowed.get("macAddressFilter", {}).get("macAddresses", [])
            return row | {"matching_target": "CLIENT", "client_macs": macs}
        case "IP_ADDRESS":
            chosen = narrowed.get("ipAddressFilter", {})
            ips = [_span(each) for each in chosen.get("items", [])]
            opposite = bool(chosen.get("matchOpposite"))
            return row | {"matching_target": "IP", "ips": ips, "match_opposite_ips": opposite}
        case kind:
            return row | {"matching_target": kind, "integration_filter": dict(narrowed)}


def _span(item: Mapping[str, Any]) -> str:
    if "value" in item:
        return str(item["value"])
    return f"{item.get('start')}-{item.get('stop')}"
