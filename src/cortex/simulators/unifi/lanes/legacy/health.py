"""Sum a site up by subsystem, as `stat/health` does."""

from cortex.simulators.unifi.world import Device, DeviceState, Record, Site
from cortex.simulators.unifi.world.rows.devices import load_of, seen_uptime
from cortex.simulators.unifi.world.rows.gateways import networks_for, wan_of


def health(site: Site, now: float) -> list[Record]:
    """Return one row for each subsystem."""
    return [_wlan(site, now), _wan(site, now), _www(site, now), _lan(site, now), _vpn(site)]


def _counts(devices: list[Device]) -> Record:
    adopted = [each for each in devices if each.adopted]
    lost = [each for each in adopted if each.state is DeviceState.DISCONNECTED]
    return {
        "num_adopted": len(adopted),
        "num_disabled": sum(each.disabled for each in adopted),
        "num_disconnected": len(lost),
        "num_pending": sum(each.state is DeviceState.PENDING for each in devices),
        "status": "warning" if lost else "ok",
    }


def _people(site: Site, now: float, *, wired: bool) -> Record:
    here = [client for client in site.online(now) if client.is_wired is wired]
    iot = {key for key, net in site.networks.items() if net.get("name") == "IoT"}
    return {
        "num_user": sum(not client.is_guest for client in here),
        "num_guest": sum(client.is_guest for client in here),
        "num_iot": sum(client.network_id in iot for client in here),
        "tx_bytes-r": sum(client.tx_rate for client in here),
        "rx_bytes-r": sum(client.rx_rate for client in here),
    }


def _wlan(site: Site, now: float) -> Record:
    points = [each for each in site.devices.values() if each.kind == "uap"]
    number = {"num_ap": sum(each.adopted for each in points)}
    return {"subsystem": "wlan", **_counts(points), **_people(site, now, wired=False), **number}


def _lan(site: Site, now: float) -> Record:
    switches = [each for each in site.devices.values() if each.kind == "usw"]
    number = {"num_sw": sum(each.adopted for each in switches)}
    return {"subsystem": "lan", **_counts(switches), **_people(site, now, wired=True), **number}


def _wan(site: Site, now: float) -> Record:
    gateway = site.gateway()
    row: Record = {"subsystem": "wan", **_counts([gateway] if gateway else [])}
    row["num_gw"] = 1 if gateway else 0
    if gateway is None:
        return row | {"status": "unknown"}
    wan = wan_of(site)
    load = load_of(gateway, now)
    return row | {
        "status": "ok" if gateway.reachable else "error",
        "wan_ip": wan.get("x_wan_ip", ""),
        "gateways": [wan.get("wan_gateway", "")],
        "nameservers": ["1.1.1.1", "9.9.9.9"],
        "netmask": "255.255.255.0",
        "gw_mac": gateway.mac,
        "gw_name": gateway.name,
        "gw_version": gateway.version,
        "gw_system-stats": {
            "cpu": f"{load['cpu']}.0",
            "mem": f"{load['mem']}.0",
            "uptime": str(seen_uptime(gateway, now)),
        },
        "num_sta": sum(1 for _ in site.online(now)),
        "tx_bytes-r": sum(client.tx_rate for client in site.online(now)),
        "rx_bytes-r": sum(client.rx_rate for client in site.online(now)),
    }


def _www(site: Site, now: float) -> Record:
    gateway = site.gateway()
    if gateway is None:
        return {"subsystem": "www", "status": "unknown"}
    last = site.speedtests[-1] if site.speedtests else {}
    return {
        "subsystem": "www",
        "status": "ok" if gateway.reachable else "error",
        "latency": 9,
        "uptime": seen_uptime(gateway, now),
        "drops": 0,
        "xput_down": last.get("xput_download", 0.0),
        "xput_up": last.get("xput_upload", 0.0),
        "speedtest_status": "Running" if site.running_speedtest else "Success",
        "speedtest_lastrun": int(last.get("time", 0) / 1000),
        "speedtest_ping": last.get("latency", 0),
        "gw_mac": gateway.mac,
    }


def _vpn(site: Site) -> Record:
    serving = bool(networks_for(site, "remote-user-vpn"))
    return {
        "subsystem": "vpn",
        "status": "ok" if serving else "unknown",
        "remote_user_enabled": serving,
        "remote_user_num_active": 0,
        "remote_user_num_inactive": 0,
        "site_to_site_enabled": False,
    }
