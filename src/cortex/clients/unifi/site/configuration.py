"""What a site is set up to do: networks, wireless networks, port profiles, forwards, firewall.

The controller may drop or coerce what it is sent and still say yes, so every write here returns
the record as answered, and wants reading back. Wireless pass phrases go in and never come out.
"""

from collections.abc import Mapping
from typing import Any

from cortex.clients.secret import Secret
from cortex.clients.unifi import fields
from cortex.clients.unifi.answers import Listing, Row, only_rows
from cortex.clients.unifi.fields import allowed
from cortex.clients.unifi.site.official import network_record, policy_record, wlan_record
from cortex.clients.unifi.site.scope import SiteScope, first, listing
from cortex.errors import SchemaChanged

_ZONES_SINCE = 9
_SUPERSEDED = "empty on consoles whose firewall works by zones: the policies hold the rules there"


class Configuration(SiteScope):
    """Calls about networks, wireless networks, switching profiles and the firewall."""

    async def wlans(self) -> Listing:
        """Return the wireless networks, without their pass phrases."""
        if self._official_only():
            return await self._official_listing("wifi/broadcasts", wlan_record, fields.WLAN)
        return await self._listing("rest/wlanconf", fields.WLAN)

    async def networks(self) -> Listing:
        """Return the networks, WANs and VPNs, without their keys."""
        if self._official_only():
            return await self._official_listing("networks", network_record, fields.NETWORK)
        return await self._listing("rest/networkconf", fields.NETWORK)

    async def port_profiles(self) -> Listing:
        """Return the profiles that switch ports may have."""
        return await self._listing("rest/portconf", fields.PORT_PROFILE)

    async def port_forwards(self) -> Listing:
        """Return which ports are forwarded and where to."""
        return await self._listing("rest/portforward", fields.PORT_FORWARD)

    async def firewall_policies(self) -> Listing:
        """Return the policies between firewall zones, with those that came with the console.

        Raises:
            SchemaChanged: The controller is too old for zones; `firewall_rules` holds its rules.

        """
        if self._official_only():
            path = "firewall/policies"
            return await self._official_listing(path, policy_record, fields.FIREWALL_POLICY)
        rows = only_rows(await self._v2("GET", "firewall-policies"), path="firewall-policies")
        return listing(rows, fields.FIREWALL_POLICY, source="v2:firewall-policies")

    async def firewall_zones(self) -> Listing:
        """Return the firewall zones and the networks in each."""
        if self._official_only():
            return await self._official_listing("firewall/zones", dict, fields.FIREWALL_ZONE)
        path = "firewall/zone"
        try:
            rows = await self._v2("GET", path)
        except SchemaChanged:
            # Both spellings are in use among versions; neither is documented.
            path = "firewall/zones"
            rows = await self._v2("GET", path)
        return listing(only_rows(rows, path=path), fields.FIREWALL_ZONE, source=f"v2:{path}")

    async def firewall_rules(self) -> Listing:
        """Return the rules from before zones; an empty list is incomplete where zones rule."""
        return await self._before_zones("rest/firewallrule", fields.FIREWALL_RULE)

    async def set_wlan_enabled(self, wlan_id: str, *, enabled: bool) -> Row:
        """Turn a wireless network on or off."""
        return await self._put("rest/wlanconf", wlan_id, {"enabled": enabled}, fields.WLAN)

    async def set_wlan_password(self, wlan_id: str, password: Secret) -> Row:
        """Give a wireless network another pass phrase; every client has to learn it."""
        change = {"x_passphrase": password.reveal()}
        return await self._put("rest/wlanconf", wlan_id, change, fields.WLAN)

    async def wlan_has_password(self, wlan_id: str, password: Secret) -> bool:
        """Tell whether a wireless network's pass phrase is this one, without showing either."""
        rows = await self._legacy("rest/wlanconf")
        held = next((row.get("x_passphrase") for row in rows if row.get("_id") == wlan_id), None)
        return held is not None and Secret(str(held)) == password

    async def set_port_forward_enabled(self, forward_id: str, *, enabled: bool) -> Row:
        """Turn a port forward on or off."""
        change = {"enabled": enabled}
        return await self._put("rest/portforward", forward_id, change, fields.PORT_FORWARD)

    async def set_firewall_rule_enabled(self, rule_id: str, *, enabled: bool) -> Row:
        """Turn a rule from before zones on or off."""
        return await self._put(
            "rest/firewallrule", rule_id, {"enabled": enabled}, fields.FIREWALL_RULE
        )

    async def set_firewall_policy_enabled(self, policy_id: str, *, enabled: bool) -> Row:
        """Turn a firewall policy on or off, keeping all else it says."""
        return await self.change_firewall_policy(policy_id, {"enabled": enabled})

    async def change_firewall_policy(self, policy_id: str, change: Mapping[str, Any]) -> Row:
        """Merge a change into a policy: what is left out of such a PUT would be lost.

        Raises:
            Rejected: There is no such policy.

        """
        found = only_rows(await self._v2("GET", "firewall-policies"), path="firewall-policies")
        policy = first(
            (row for row in found if row.get("_id") == policy_id),
            what=f"firewall policy {policy_id!r}",
            reason="api.err.IdInvalid",
        )
        body = merged(policy, change)
        answer = await self._v2("PUT", "firewall-policies", body, item=policy_id, writes=True)
        return allowed(answer, fields.FIREWALL_POLICY) if isinstance(answer, Mapping) else {}

    async def create_firewall_policy(self, policy: Mapping[str, Any]) -> Row:
        """Make a policy; a schedule and an IP version are filled in where missing.

        The controller refuses a policy without them, and does not say why.
        """
        body = {"ip_version": "BOTH", "schedule": {"mode": "ALWAYS"}, **policy}
        answer = await self._v2("POST", "firewall-policies", body, writes=True)
        return allowed(answer, fields.FIREWALL_POLICY) if isinstance(answer, Mapping) else {}

    async def _put(self, path: str, item: str, change: Mapping[str, Any], spec: fields.Spec) -> Row:
        answer = await self._change("PUT", path, change, item=item)
        return allowed(answer[0], spec) if answer else {}

    async def _before_zones(self, path: str, spec: fields.Spec) -> Listing:
        rows = await self._legacy(path)
        doubtful = not rows and self.capabilities.at_least(_ZONES_SINCE)
        return listing(
            rows,
            spec,
            source=f"legacy:{path}",
            complete=not doubtful,
            note=_SUPERSEDED if doubtful else "",
        )


def merged(record: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return `record` with `change` laid over it, objects inside objects merged, lists replaced."""
    result = dict(record)
    for name, value in change.items():
        old = result.get(name)
        inside = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[name] = merged(old or {}, value) if inside else value
    return result
