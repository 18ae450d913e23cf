"""Write what a gateway's record has beyond a switch's: WANs, speed test, temperatures."""

from cortex.simulators.unifi.world.records import Device, Record
from cortex.simulators.unifi.world.site import Site


def gateway_part(site: Site, device: Device, now: float) -> Record:
    """Return the gateway's own tables."""
    up = device.reachable
    return {
        "wan1": _wan(site, now, up=up),
        "wan2": {"up": False, "enable": False, "type": "wire", "name": "eth9"},
        "last_wan_status": {"WAN": "online" if up else "offline"},
        "uptime_stats": {"WAN": _monitors(up=up)},
        "network_table": [dict(net) for net in networks_for(site, "corporate")],
        "speedtest-status": speedtest_status(site, now),
        "temperatures": [
            {"name": "CPU", "type": "cpu", "value": 54.2},
            {"name": "Local", "type": "board", "value": 41.5},
        ],
        "storage": [
            {
                "mount_point": "/persistent",
                "name": "Backup",
                "size": 2_000_000_000,
                "type": "eMMC",
                "used": 410_000_000,
            }
        ],
    }


def networks_for(site: Site, purpose: str) -> list[Record]:
    """Return the networks that serve a purpose (`corporate`, `wan`…)."""
    return [net for net in site.networks.values() if net.get("purpose") == purpose]


def wan_of(site: Site) -> Record:
    """Return the network that is the way out, an empty record if there is none."""
    return next(iter(networks_for(site, "wan")), {})


def _wan(site: Site, now: float, *, up: bool) -> Record:
    wan = wan_of(site)
    return {
        "ip": wan.get("x_wan_ip", ""),
        "up": up,
        "enable": True,
        "type": "wire",
        "speed": 1000,
        "full_duplex": True,
        "name": "eth8",
        "gateway": wan.get("wan_gateway", ""),
        "dns": ["1.1.1.1", "9.9.9.9"],
        "latency": 9 if up else 0,
        "availability": 100.0 if up else 0.0,
        "rx_bytes-r": sum(client.rx_rate for client in site.online(now)),
        "tx_bytes-r": sum(client.tx_rate for client in site.online(now)),
    }


def _monitors(*, up: bool) -> Record:
    available = 100.0 if up else 0.0
    return {
        "availability": available,
        "latency_average": 9,
        "time_period": 3600,
        "monitors": [
            {"target": target, "type": "icmp", "latency_average": 9, "availability": available}
            for target in ("one.one.one.one", "ping.ui.com")
        ],
    }


def speedtest_status(site: Site, now: float) -> Record:
    """Return the `speedtest-status` record: of the test that runs, else of the last one."""
    running = site.running_speedtest
    last = site.speedtests[-1] if site.speedtests else {}
    return {
        "xput_download": 0.0 if running else last.get("xput_download", 0.0),
        "xput_upload": 0.0 if running else last.get("xput_upload", 0.0),
        "latency": 0 if running else last.get("latency", 0),
        "rundate": int(running.started_at if running else last.get("time", 0) / 1000),
        "runtime": int(now - running.started_at) if running else 0,
        "status_summary": 1 if running else 2,
        "status_download": 1 if running else 2,
        "status_upload": 0 if running else 2,
        "status_ping": 2,
    }
