"""What can be done to stored documents: WLANs, networks, forwards, firewall, settings.

Legacy documents merge what is sent and quietly drop or coerce some of it; v2 documents become
exactly what is sent. Both answer "ok", so only reading back tells.
"""

from collections.abc import Callable, Mapping
from typing import Final

from cortex.simulators.unifi.world.chronicle import note
from cortex.simulators.unifi.world.effects.attendance import roll_call
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.refusals import Refusal
from cortex.simulators.unifi.world.rows.policies import scope_of
from cortex.simulators.unifi.world.shapes import DOCUMENTS, check
from cortex.simulators.unifi.world.site import Site

Coercion = Callable[[Record], None]


def _manual_rates_only(document: Record) -> None:
    if document.get("minrate_setting_preference") != "manual":
        for key in [key for key in document if key.startswith("minrate_")]:
            if key != "minrate_setting_preference":
                del document[key]


def _no_guest_purpose(document: Record) -> None:
    if document.get("purpose") == "guest":
        document["purpose"] = "corporate"


def _ports_are_text(document: Record) -> None:
    for key in ("dst_port", "fwd_port"):
        if key in document:
            document[key] = str(document[key])


COERCIONS: Final[Mapping[str, Coercion]] = {
    "wlanconf": _manual_rates_only,
    "networkconf": _no_guest_purpose,
    "portforward": _ports_are_text,
}

IGNORED: Final[Mapping[str, frozenset[str]]] = {
    "networkconf": frozenset({"mdns_enabled"}),
    "portforward": frozenset({"fwd_ip", "destination_ip", "port"}),
}
"""Keys that are taken with an ok and stored nowhere."""


def find(site: Site, table: str, key: str) -> Record:
    """Return a stored document.

    Raises:
        Refusal: `api.err.IdInvalid`, if there is none.

    """
    try:
        return site.table(table)[key]
    except KeyError:
        code = "api.err.IdInvalid"
        raise Refusal(code) from None


def merge(site: Site, table: str, key: str, *, changes: Record, now: float, by: str = "") -> Record:
    """Merge top-level keys into a document as a legacy PUT does; lists and objects replace.

    Raises:
        Refusal: `api.err.IdInvalid`.

    """
    document = find(site, table, key)
    check(changes, DOCUMENTS.get(table, {}))
    ignored = IGNORED.get(table, frozenset()) | {"_id", "site_id"}
    passphrase = document.get("x_passphrase")
    with roll_call(site, now):
        document.update({name: value for name, value in changes.items() if name not in ignored})
        COERCIONS.get(table, _as_it_is)(document)
        if document.get("x_passphrase") != passphrase:
            _reauthenticate(site, key, now)
    _tell(site, table, "sync", document, now=now, by=by)
    return document


def _reauthenticate(site: Site, wlan: str, now: float) -> None:
    """Drop a WLAN's stations, which come back once they are told the new password."""
    for client in site.online(now):
        if client.wlan_id == wlan:
            client.rejoin_at = now + site.pace.take(site.pace.rejoin)


def _as_it_is(_document: Record) -> None:
    return None


def create(site: Site, table: str, wanted: Record, *, now: float, by: str = "") -> Record:
    """Store a new document.

    Raises:
        Refusal: `api.err.ApGroupMissing` for a WLAN without access-point groups.

    """
    check(wanted, DOCUMENTS.get(table, {}))
    if table == "wlanconf" and not wanted.get("ap_group_ids"):
        code = "api.err.ApGroupMissing"
        raise Refusal(code)
    ignored = IGNORED.get(table, frozenset())
    kept = {name: value for name, value in wanted.items() if name not in ignored}
    document: Record = {**kept, "_id": site.mint.new(), "site_id": site.id}
    COERCIONS.get(table, _as_it_is)(document)
    with roll_call(site, now):
        site.table(table)[document["_id"]] = document
    _tell(site, table, "add", document, now=now, by=by)
    return document


def delete(site: Site, table: str, key: str, *, now: float, by: str = "") -> Record:
    """Remove a document and return what it was.

    Raises:
        Refusal: `api.err.IdInvalid`.

    """
    document = find(site, table, key)
    with roll_call(site, now):
        del site.table(table)[key]
    _tell(site, table, "delete", document, now=now, by=by)
    return document


def replace(
    site: Site, table: str, key: str, *, document: Record, now: float, by: str = ""
) -> Record:
    """Store a v2 document exactly as sent; what was left out is lost.

    Raises:
        Refusal: `api.err.IdInvalid`.

    """
    find(site, table, key)
    check(document, DOCUMENTS.get(table, {}))
    stored: Record = {**document, "_id": key}
    site.table(table)[key] = stored
    _tell(site, table, "sync", stored, now=now, by=by)
    return stored


def create_policy(site: Site, wanted: Record, *, now: float, by: str = "") -> Record:
    """Add a firewall policy after the last one.

    Raises:
        Refusal: `api.err.InvalidPayload` without `schedule` or `ip_version`, or
            `api.err.FirewallPolicyCreateRespondTrafficPolicyNotAllowed`.

    """
    if not isinstance(wanted.get("schedule"), dict) or not wanted.get("ip_version"):
        code = "api.err.InvalidPayload"
        raise Refusal(code)
    check(wanted, DOCUMENTS["firewall-policies"])
    scope = scope_of(site, wanted)
    outward = wanted.get("action") == "ALLOW" and scope.destination == "External"
    if wanted.get("create_allow_respond") and (wanted.get("action") != "ALLOW" or outward):
        code = "api.err.FirewallPolicyCreateRespondTrafficPolicyNotAllowed"
        raise Refusal(code)
    last = max((each.get("index", 0) for each in site.firewall_policies.values()), default=9999)
    numbered = {"enabled": True, **wanted, "index": max(last, 9999) + 1, "predefined": False}
    return create(site, "firewall-policies", numbered, now=now, by=by)


def change_setting(site: Site, key: str, changes: Record, *, now: float, by: str = "") -> Record:
    """Merge into a settings section, which exists from then on."""
    section = site.settings.setdefault(key, {"_id": site.mint.new(), "key": key})
    section.update({name: value for name, value in changes.items() if name not in {"_id", "key"}})
    _tell(site, "setting", "sync", section, now=now, by=by)
    return section


def _tell(site: Site, table: str, verb: str, document: Record, *, now: float, by: str) -> None:
    label = document.get("name") or document.get("description") or document.get("key") or ""
    note(site, "changed", now=now, ADMIN=by, WHAT=f"{table} {label}".strip())
    site.emit(f"{table}:{verb}", dict(document))
