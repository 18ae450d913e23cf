"""Carry out commands about clients, sites, alarms, backups and the system.

What the controller swallows is swallowed here too: `stamgr` accepts any station except for a
kick, and a command with an unknown name is "ok" and nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from cortex.simulators.unifi.lanes.calls import (
    Call,
    Endpoint,
    invalid_payload,
    is_lower_mac,
    not_found,
)
from cortex.simulators.unifi.world import Record, Refusal, Site
from cortex.simulators.unifi.world.chronicle import note
from cortex.simulators.unifi.world.effects import clients, devices, guests

Command = Callable[[Call], list[Record]]


def by_command(commands: Mapping[str, Command]) -> Command:
    """Return an answer that looks at `cmd` and does nothing for a name it does not know."""

    def run(call: Call) -> list[Record]:
        command = commands.get(call.text("cmd"))
        return command(call) if command else []

    return run


def _block(call: Call) -> list[Record]:
    mac = call.text("mac")
    if is_lower_mac(mac):
        clients.block(call.site, mac, now=call.now, by=call.by)
    return []


def _unblock(call: Call) -> list[Record]:
    mac = call.text("mac")
    if is_lower_mac(mac):
        clients.unblock(call.site, mac, now=call.now, by=call.by)
    return []


def _kick(call: Call) -> list[Record]:
    clients.kick(call.site, call.text("mac"), now=call.now)
    return []


def _forget(call: Call) -> list[Record]:
    clients.forget(call.site, call.texts("macs"), now=call.now, by=call.by)
    return []


def _authorize(call: Call) -> list[Record]:
    minutes = call.optional_number("minutes")
    guests.authorize(call.site, call.text("mac"), now=call.now, minutes=minutes, by=call.by)
    return []


def _unauthorize(call: Call) -> list[Record]:
    guests.revoke(call.site, call.text("mac"), now=call.now, by=call.by)
    return []


def _tell(call: Call, what: str) -> None:
    note(call.site, "changed", now=call.now, ADMIN=call.by, WHAT=what)


def _add_site(call: Call) -> list[Record]:
    world, like = call.world, call.site
    key = like.mint.new()
    site = Site(key, f"s{key[-7:]}", call.text("desc"), like.mint, like.pace)
    world.sites[site.name] = site
    _tell(call, f"the site {site.desc}")
    return [{"_id": site.id, "name": site.name, "desc": site.desc}]


def _delete_site(call: Call) -> list[Record]:
    wanted = call.body.get("site", call.site.id)
    target = next((each for each in call.world.sites.values() if each.id == wanted), None)
    if target is None or target.name == "default":
        code = "api.err.NotFoundSite" if target is None else "api.err.NoDelete"
        raise Refusal(code)
    del call.world.sites[target.name]
    _tell(call, f"the site {target.desc}")
    return []


def _update_site(call: Call) -> list[Record]:
    call.site.desc = call.text("desc")
    _tell(call, f"the site {call.site.desc}")
    return [{"_id": call.site.id, "name": call.site.name, "desc": call.site.desc}]


def _move_device(call: Call) -> list[Record]:
    device = devices.find(call.site, call.text("mac"))
    target = next((s for s in call.world.sites.values() if s.id == call.text("site")), None)
    if target is None:
        raise invalid_payload()
    del call.site.devices[device.mac]
    target.devices[device.mac] = device
    _tell(call, f"the site of {device.name or device.mac}")
    return []


def _delete_device(call: Call) -> list[Record]:
    devices.forget(call.site, call.text("mac"), now=call.now, by=call.by)
    return []


def _admins(call: Call) -> list[Record]:
    return [
        {"_id": each.id, "name": each.username, "role": each.role, "is_super": each.is_owner}
        for each in call.world.accounts.values()
    ]


def _archive(call: Call) -> list[Record]:
    for alarm in call.site.alarms:
        if alarm["_id"] == call.text("_id"):
            alarm["archived"] = True
    return []


def _archive_all(call: Call) -> list[Record]:
    for alarm in call.site.alarms:
        alarm["archived"] = True
    return []


def _backup(call: Call) -> list[Record]:
    name = f"network_backup_{int(call.now)}.unf"
    call.site.backups.append(
        {
            "filename": name,
            "time": int(call.now * 1000),
            "size": 4_200_000,
            "format": "bson",
            "days": call.number("days", -1),
        }
    )
    _tell(call, f"the backup {name}")
    return [{"url": f"/dl/backup/{name}"}]


def _list_backups(call: Call) -> list[Record]:
    return list(call.site.backups)


def _delete_backup(call: Call) -> list[Record]:
    name = call.text("filename")
    call.site.backups = [each for each in call.site.backups if each["filename"] != name]
    _tell(call, f"the backup {name}")
    return []


def _reboot_system(call: Call) -> list[Record]:
    gateway = call.site.gateway()
    if gateway is None:
        raise not_found()
    devices.restart(call.site, gateway.mac, now=call.now, by=call.by)
    return []


STAMGR: Final = by_command(
    {
        "block-sta": _block,
        "unblock-sta": _unblock,
        "kick-sta": _kick,
        "forget-sta": _forget,
        "authorize-guest": _authorize,
        "unauthorize-guest": _unauthorize,
    }
)
SITEMGR: Final = by_command(
    {
        "add-site": _add_site,
        "delete-site": _delete_site,
        "update-site": _update_site,
        "move-device": _move_device,
        "delete-device": _delete_device,
        "get-admins": _admins,
    }
)
EVTMGR: Final = by_command({"archive-alarm": _archive, "archive-all-alarms": _archive_all})
BACKUP: Final = by_command(
    {"backup": _backup, "list-backups": _list_backups, "delete-backup": _delete_backup}
)
SYSTEM: Final = by_command({"reboot": _reboot_system})


def _nothing(_call: Call) -> list[Any]:
    return []


ENDPOINTS: Final = (
    Endpoint("POST", "/api/s/{site}/cmd/stamgr", STAMGR, writes=True),
    Endpoint("POST", "/api/s/{site}/cmd/sitemgr", SITEMGR, writes=True),
    Endpoint("POST", "/api/s/{site}/cmd/evtmgr", EVTMGR, writes=True),
    Endpoint("POST", "/api/s/{site}/cmd/backup", BACKUP, writes=True),
    Endpoint("POST", "/api/s/{site}/cmd/system", SYSTEM, writes=True),
    Endpoint("POST", "/api/s/{site}/cmd/stat", by_command({}), writes=True),
    Endpoint("GET", "/api/s/{site}/stat/fwupdate/latest-version", _nothing),
)
