"""The clients of a site: who is online, who is known, who is blocked, and what may be done to them.

Guests and vouchers are here too. A blocked client leaves the online list, so it is looked for
among the known ones.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cortex.clients.unifi import fields
from cortex.clients.unifi.answers import Listing, Row
from cortex.clients.unifi.fields import allowed
from cortex.clients.unifi.site.official import client_record
from cortex.clients.unifi.site.scope import SiteScope, first, listing, lower_mac, name_of
from cortex.errors import Rejected

KNOWN_CAP = 3000
"""The most rows that `rest/user` answers with; `stat/alluser` has no such limit."""

_EVER = timedelta(days=3650)
_ABSENT = {"api.err.UnknownUser", "api.err.UnknownStation", "api.err.NotFound"}


class Clients(SiteScope):
    """Calls about clients, guests and vouchers."""

    async def online_clients(self) -> Listing:
        """Return the clients connected now."""
        if self._official_only():
            note = "the official API tells no signal, SSID, VLAN, rates or usage"
            return await self._official_listing("clients", client_record, fields.CLIENT, note=note)
        return await self._listing("stat/sta", fields.CLIENT)

    async def known_clients(self) -> Listing:
        """Return every client the site remembers, or say that the list is cut at its cap."""
        rows = await self._legacy("rest/user")
        cut = len(rows) >= KNOWN_CAP
        return listing(
            rows,
            fields.CLIENT,
            source="legacy:rest/user",
            complete=not cut,
            note=f"the controller cuts this list at {KNOWN_CAP} rows" if cut else "",
        )

    async def all_clients(self, within: timedelta = _EVER) -> Listing:
        """Return every client seen within that time, online or not; this list has no cap."""
        return await self._listing("stat/alluser", fields.CLIENT, _all_within(within))

    async def blocked_clients(self) -> Listing:
        """Return the blocked clients, from the uncapped list where the short one is cut."""
        rows, source = await self._legacy("rest/user"), "legacy:rest/user"
        if len(rows) >= KNOWN_CAP:
            more = await self._legacy("stat/alluser", _all_within(_EVER))
            rows = list({row.get("mac"): row for row in (*rows, *more)}.values())
            source += "+stat/alluser"
        return listing((row for row in rows if row.get("blocked")), fields.CLIENT, source=source)

    async def known_client(self, mac: str) -> Row | None:
        """Return what the site remembers of one client, or None if it never saw it."""
        row = await self._known(lower_mac(mac))
        return None if row is None else allowed(row, fields.CLIENT)

    async def online_client(self, mac: str) -> Row | None:
        """Return one client's live record, or None while it is not connected."""
        mac = lower_mac(mac)
        if self._official_only():
            found = await self._official_row("clients", mac)
            return None if found is None else allowed(client_record(found), fields.CLIENT)
        row = await self._looked_up("stat/sta", mac)
        return None if row is None else allowed(row, fields.CLIENT)

    async def client_sessions(
        self, since: datetime, until: datetime, *, mac: str = "", limit: int = 500
    ) -> Listing:
        """Return past connections, newest first, of one client or of all."""
        question: dict[str, Any] = {
            "type": "all",
            "start": int(since.timestamp()),
            "end": int(until.timestamp()),
            "_limit": limit,
            "_sort": "-assoc_time",
        }
        if mac:
            question["mac"] = lower_mac(mac)
        rows = await self._legacy("stat/session", question)
        cut = len(rows) >= limit
        return listing(
            rows,
            fields.SESSION,
            source="legacy:stat/session",
            complete=not cut,
            note=f"cut at {limit} sessions" if cut else "",
        )

    async def block_client(self, mac: str) -> None:
        """Keep a client off the network until it is unblocked.

        The controller says yes for any address at all: read the client back.
        """
        await self._station("block-sta", mac)

    async def unblock_client(self, mac: str) -> None:
        """Let a blocked client in again; like blocking, it needs reading back."""
        await self._station("unblock-sta", mac)

    async def reconnect_client(self, mac: str) -> None:
        """Disconnect an online client, so that it connects anew."""
        await self._station("kick-sta", mac)

    async def forget_clients(self, macs: Iterable[str]) -> None:
        """Delete clients and their history from the site."""
        body = {"cmd": "forget-sta", "macs": [lower_mac(mac) for mac in macs]}
        await self._change("POST", "cmd/stamgr", body)

    async def rename_client(self, mac: str, name: str) -> Row:
        """Set a client's alias; return its record as the controller answered."""
        return await self._put_client(mac, {"name": name})

    async def set_client_fixed_ip(self, mac: str, ip: str | None, network_id: str = "") -> Row:
        """Give a client an address of its own, or with None take it away."""
        change: dict[str, Any] = {"use_fixedip": ip is not None}
        if ip is not None:
            change["fixed_ip"] = ip
        if network_id:
            change["network_id"] = network_id
        return await self._put_client(mac, change)

    async def authorize_guest(
        self,
        mac: str,
        minutes: int,
        *,
        down_kbps: int | None = None,
        up_kbps: int | None = None,
    ) -> None:
        """Let a guest past the portal for some minutes."""
        if self._official_only():
            limits = {
                "timeLimitMinutes": minutes,
                "rxRateLimitKbps": down_kbps,
                "txRateLimitKbps": up_kbps,
            }
            await self._guest_action(mac, "AUTHORIZE_GUEST_ACCESS", limits)
            return
        limits = {"minutes": minutes, "down": down_kbps, "up": up_kbps}
        await self._station("authorize-guest", mac, _given(limits))

    async def revoke_guest(self, mac: str) -> None:
        """Send a guest back to the portal."""
        if self._official_only():
            await self._guest_action(mac, "UNAUTHORIZE_GUEST_ACCESS", {})
            return
        await self._station("unauthorize-guest", mac)

    async def vouchers(self) -> Listing:
        """Return the hotspot vouchers not yet used up."""
        if self._official_only():
            return await self._official_listing("hotspot/vouchers", dict, fields.VOUCHER, note="")
        return await self._listing("stat/voucher", fields.VOUCHER)

    async def create_vouchers(
        self, count: int, minutes: int, *, guests: int = 1, note: str = ""
    ) -> None:
        """Make vouchers valid for that many minutes; `guests` 0 means any number of guests.

        Only sends: the new vouchers and their codes are read with `vouchers`.
        """
        if self._official_only():
            body = {
                "name": note or "voucher",
                "count": count,
                "timeLimitMinutes": minutes,
                "authorizedGuestLimit": guests or None,
            }
            await self._official("POST", "hotspot/vouchers", _given(body))
            return
        body = {
            "cmd": "create-voucher",
            "n": count,
            "quota": guests,
            "expire_number": minutes,
            "expire_unit": 1,
            "note": note or None,
        }
        await self._change("POST", "cmd/hotspot", _given(body))

    async def _known(self, mac: str) -> dict[str, Any] | None:
        return await self._looked_up("stat/user", mac)

    async def _looked_up(self, path: str, mac: str) -> dict[str, Any] | None:
        try:
            rows = await self._legacy(path, item=mac)
        except Rejected as error:
            if error.reason in _ABSENT:
                return None
            raise
        return next(iter(rows), None)

    async def _station(self, command: str, mac: str, more: Mapping[str, Any] | None = None) -> None:
        body = {"cmd": command, "mac": lower_mac(mac), **(more or {})}
        await self._change("POST", "cmd/stamgr", body)

    async def _put_client(self, mac: str, change: Mapping[str, Any]) -> Row:
        known = await self._known(lower_mac(mac))
        row = first([known] if known else [], what=f"client {mac!r}", reason="api.err.UnknownUser")
        answer = await self._change("PUT", "rest/user", change, item=name_of(row, "_id", what=mac))
        return allowed(answer[0], fields.CLIENT) if answer else {}

    async def _guest_action(self, mac: str, action: str, limits: Mapping[str, Any]) -> None:
        found = await self._official_row("clients", mac)
        row = first(
            [found] if found else [], what=f"online client {mac!r}", reason="unknown-client"
        )
        guest = name_of(row, "id", what=mac)
        body = {"action": action, **_given(limits)}
        await self._official("POST", f"clients/{guest}/actions", body, item=guest)


def _all_within(within: timedelta) -> dict[str, Any]:
    return {"type": "all", "conn": "all", "within": int(within.total_seconds() // 3600)}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
