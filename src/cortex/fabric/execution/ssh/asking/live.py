"""A remembered site whose Wi-Fi networks are asked of the access points, for references to bind.

Networks are those that remembered clients were on. Everything else is as remembered.
"""

from dataclasses import dataclass
from typing import Any

from cortex.fabric.execution.inventory import Found
from cortex.fabric.execution.ssh.asking.fleet import Devices, Heard
from cortex.fabric.execution.ssh.known import SOURCE, KnownSite
from cortex.fabric.routing.binding import Entity

DUMP_S = 8.0
"""How long one device may take for its dump where many are asked."""


@dataclass(frozen=True, slots=True)
class LiveSite:
    """The inventory of a call that reads."""

    site: KnownSite
    devices: Devices

    @property
    def site_name(self) -> str:
        """The short name of the site."""
        return self.site.site_name

    async def of(self, kind: str) -> Found:
        """Return what is known of one kind.

        Raises:
            Rejected: Only the controller knows that kind.

        """
        match kind:
            case "wlan":
                return await self._wlans()
            case "network":
                return self._networks()
            case _:
                return await self.site.of(kind)

    async def client(self, mac: str) -> Found:
        """Return one remembered client by its address."""
        return await self.site.client(mac)

    async def _wlans(self) -> Found:
        heard = await access_points(self.devices)
        names = dict.fromkeys(
            wlan.essid for dump in heard.answers.values() for wlan in dump.wlans if wlan.essid
        )
        return Found(
            _entities("wlan", {name: name for name in names}),
            {name: {"name": name} for name in names},
            complete=False,
            sources=("access points over SSH",),
            note="only what the access points that answered show",
        )

    def _networks(self) -> Found:
        names: dict[str, str] = {}
        for row in self.site.known.clients:
            if row.get("network_id"):
                names[str(row["network_id"])] = str(row.get("network") or row["network_id"])
        rows: dict[str, dict[str, Any]] = {id_: {"name": name} for id_, name in names.items()}
        return Found(
            _entities("network", names),
            rows,
            complete=False,
            sources=(SOURCE,),
            note="only networks that remembered clients were on",
        )


def _entities(kind: str, names: dict[str, str]) -> tuple[Entity, ...]:
    return tuple(Entity(kind=kind, id=id_, names=(name,)) for id_, name in names.items())


async def access_points(devices: Devices) -> Heard:
    """Return the dumps of the access points that answer."""
    macs = devices.macs("ap")
    return await devices.each(macs, devices.dump, each_s=DUMP_S, all_s=DUMP_S)
