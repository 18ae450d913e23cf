"""The devices of a site: access points, switches and gateways, their ports and radios.

Lists inside a device's record are replaced whole by the controller, so a change to one port or one
radio reads the whole list, changes its one entry and sends all of it back.
"""

from collections.abc import Mapping
from typing import Any, Literal

from cortex.clients.unifi import fields
from cortex.clients.unifi.answers import Listing, Row
from cortex.clients.unifi.fields import allowed
from cortex.clients.unifi.site.official import device_record, with_statistics
from cortex.clients.unifi.site.scope import SiteScope, entries, first, lower_mac, name_of
from cortex.errors import Rejected

Led = Literal["on", "off", "default"]
_UNKNOWN = "api.err.UnknownDevice"


class Devices(SiteScope):
    """Calls about devices, their ports and radios."""

    async def devices(self) -> Listing:
        """Return every device, adopted or waiting to be, with ports, radios and uplinks."""
        if self._official_only():
            note = "the official API tells no ports, radios, uplinks or load in its list"
            return await self._official_listing("devices", device_record, fields.DEVICE, note=note)
        return await self._listing("stat/device", fields.DEVICE)

    async def device(self, mac: str) -> Row | None:
        """Return one device's record, or None if the site has no such device."""
        if self._official_only():
            return await self._official_device(mac)
        try:
            return allowed(await self._raw_device(mac), fields.DEVICE)
        except Rejected as error:
            if error.reason == _UNKNOWN:
                return None
            raise

    async def restart_device(self, mac: str, *, hard: bool = False) -> None:
        """Restart a device; `hard` also cuts the power it gives to others."""
        if self._official_only() and not hard:
            await self._official_action(mac, {"action": "RESTART"})
            return
        await self._device_command("restart", mac, {"reboot_type": "hard" if hard else "soft"})

    async def locate_device(self, mac: str, *, on: bool) -> None:
        """Start or stop the blinking that shows where a device is."""
        await self._device_command("set-locate" if on else "unset-locate", mac)

    async def upgrade_device(self, mac: str) -> None:
        """Install the firmware that the controller offers for a device."""
        await self._device_command("upgrade", mac)

    async def adopt_device(self, mac: str) -> None:
        """Take a waiting device into the site."""
        if self._official_only():
            body = {"macAddress": lower_mac(mac), "ignoreDeviceLimit": False}
            await self._official("POST", "devices", body)
            return
        await self._device_command("adopt", mac)

    async def provision_device(self, mac: str) -> None:
        """Send a device its whole configuration again."""
        await self._device_command("force-provision", mac)

    async def forget_device(self, mac: str) -> None:
        """Delete a device from the site; it goes back to its factory state."""
        if self._official_only():
            device = await self._official_id(mac)
            await self._official("DELETE", f"devices/{device}", item=device)
            return
        body = {"cmd": "delete-device", "mac": lower_mac(mac)}
        await self._change("POST", "cmd/sitemgr", body)

    async def power_cycle_port(self, mac: str, port: int) -> None:
        """Take the power from a PoE port for a moment."""
        if self._official_only():
            path = f"interfaces/ports/{port}/actions"
            await self._official_action(mac, {"action": "POWER_CYCLE"}, path=path)
            return
        await self._device_command("power-cycle", mac, {"port_idx": port})

    async def rename_device(self, mac: str, name: str) -> Row:
        """Set a device's name; return its record as the controller answered."""
        return await self._put_device(await self._raw_device(mac), {"name": name})

    async def set_device_led(self, mac: str, led: Led) -> Row:
        """Set a device's light, or let it follow the site's setting."""
        return await self._put_device(await self._raw_device(mac), {"led_override": led})

    async def set_port(self, mac: str, port: int, change: Mapping[str, Any]) -> Row:
        """Change one port's overrides, as `{"poe_mode": "off"}`, and keep all the others.

        Raises:
            Rejected: The device is unknown or has no such port.

        """
        device = await self._raw_device(mac)
        if not any(entry.get("port_idx") == port for entry in entries(device.get("port_table"))):
            message = f"the device {mac!r} has no port {port}"
            raise Rejected(message, reason="no-such-port")
        overrides = entries(device.get("port_overrides"))
        if not any(entry.get("port_idx") == port for entry in overrides):
            overrides.append({"port_idx": port})
        merged = [
            {**entry, **change} if entry.get("port_idx") == port else entry for entry in overrides
        ]
        return await self._put_device(device, {"port_overrides": merged})

    async def set_radio(self, mac: str, radio: str, change: Mapping[str, Any]) -> Row:
        """Change one radio (`ng`, `na`, `6e`), as `{"channel": 36, "ht": "40"}`.

        Raises:
            Rejected: The device is unknown or has no such radio.

        """
        device = await self._raw_device(mac)
        table = entries(device.get("radio_table"))
        if not any(entry.get("radio") == radio for entry in table):
            message = f"the device {mac!r} has no radio {radio!r}"
            raise Rejected(message, reason="no-such-radio")
        merged = [{**entry, **change} if entry.get("radio") == radio else entry for entry in table]
        return await self._put_device(device, {"radio_table": merged})

    async def device_access(self) -> Row:
        """Return whether SSH to devices is on and the site's lights are lit; never the login."""
        rows = await self._legacy("get/setting/mgmt")
        return allowed(first(rows, what="mgmt setting", reason="no-setting"), fields.DEVICE_ACCESS)

    async def set_site_leds(self, *, on: bool) -> None:
        """Set the lights of all devices that follow the site."""
        await self._change("PUT", "set/setting/mgmt", {"led_enabled": on})

    async def _raw_device(self, mac: str) -> dict[str, Any]:
        """Read one device whole, for merging; older controllers answer nothing for an unknown."""
        rows = await self._legacy("stat/device", item=lower_mac(mac))
        return first(rows, what=f"device {mac!r}", reason=_UNKNOWN)

    async def _put_device(self, device: Mapping[str, Any], change: Mapping[str, Any]) -> Row:
        item = name_of(device, "_id", what=str(device.get("mac")))
        answer = await self._change("PUT", "rest/device", change, item=item)
        return allowed(answer[0], fields.DEVICE) if answer else {}

    async def _device_command(
        self, command: str, mac: str, more: Mapping[str, Any] | None = None
    ) -> None:
        body = {"cmd": command, "mac": lower_mac(mac), **(more or {})}
        await self._change("POST", "cmd/devmgr", body)

    async def _official_device(self, mac: str) -> Row | None:
        row = await self._official_row("devices", mac)
        if row is None:
            return None
        device = name_of(row, "id", what=mac)
        latest = await self._official("GET", f"devices/{device}/statistics/latest", item=device)
        latest = latest if isinstance(latest, Mapping) else {}
        return allowed(with_statistics(device_record(row), latest), fields.DEVICE)

    async def _official_id(self, mac: str) -> str:
        row = await self._official_row("devices", mac)
        found = first([row] if row else [], what=f"device {mac!r}", reason=_UNKNOWN)
        return name_of(found, "id", what=mac)

    async def _official_action(
        self, mac: str, body: Mapping[str, Any], *, path: str = "actions"
    ) -> None:
        device = await self._official_id(mac)
        await self._official("POST", f"devices/{device}/{path}", body, item=device)
