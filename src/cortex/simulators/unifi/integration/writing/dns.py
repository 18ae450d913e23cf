"""Reads and writes DNS policies, which the v2 API calls static DNS records."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from cortex.simulators.unifi.integration import properties
from cortex.simulators.unifi.integration.answers import Created, Listing, refuse
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.views.configuration import document_id, origin
from cortex.simulators.unifi.integration.writing.bodies import Name, read
from cortex.simulators.unifi.world.effects import configuration as documents
from cortex.simulators.unifi.world.records import Record

_TABLE: Final = "static-dns"
_TYPES: Final = {
    "A": ("A_RECORD", "ipv4Address"),
    "AAAA": ("AAAA_RECORD", "ipv6Address"),
    "CNAME": ("CNAME_RECORD", "targetDomain"),
    "MX": ("MX_RECORD", "mailServerDomain"),
    "TXT": ("TXT_RECORD", "text"),
    "SRV": ("SRV_RECORD", "serverDomain"),
    "NS": ("FORWARD_DOMAIN", "ipAddress"),
}
"""What v2 calls a type of record, what this API calls it, and where it keeps the value."""
_WITH_TTL: Final = frozenset({"A", "AAAA", "CNAME"})
_NUMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "MX": ("priority",),
    "SRV": ("priority", "port", "weight"),
}


class DnsDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every DNS policy must say."""

    type: Literal[
        "A_RECORD",
        "AAAA_RECORD",
        "CNAME_RECORD",
        "MX_RECORD",
        "TXT_RECORD",
        "SRV_RECORD",
        "FORWARD_DOMAIN",
    ]
    enabled: bool
    domain: Name
    ttl_seconds: int = 0


def policies(call: Call) -> Listing:
    """List the DNS policies."""
    records = list(call.site().table(_TABLE).values())
    return Listing(records, _entry, properties.DNS_POLICIES)


def policy(call: Call) -> Record:
    """Tell one DNS policy."""
    return _entry(_find(call))


def create(call: Call) -> Created:
    """Add a DNS policy."""
    record = documents.create(call.site(), _TABLE, _record(call), now=call.now, by=call.by)
    return Created(_entry(record))


def update(call: Call) -> Record:
    """Give a DNS policy all its traits anew."""
    record = _find(call)
    changed = {**record, **_record(call)}
    stored = documents.replace(
        call.site(), _TABLE, record["_id"], document=changed, now=call.now, by=call.by
    )
    return _entry(stored)


def delete(call: Call) -> None:
    """Remove a DNS policy."""
    documents.delete(call.site(), _TABLE, _find(call)["_id"], now=call.now, by=call.by)


def _find(call: Call) -> Record:
    return call.document("dns", call.site().table(_TABLE).values())


def _entry(record: Record) -> Record:
    kind = record.get("record_type", "A")
    name, value = _TYPES.get(kind, _TYPES["A"])
    entry: Record = {
        "type": name,
        "id": document_id("dns", record),
        "enabled": record.get("enabled", True),
        "metadata": origin(),
        "domain": record.get("key", ""),
        value: record.get("value", ""),
    }
    if kind in _WITH_TTL:
        entry["ttlSeconds"] = record.get("ttl", 0)
    return entry | {each: record.get(each, 0) for each in _NUMBERS.get(kind, ())}


def _record(call: Call) -> Record:
    draft = read(call, DnsDraft)
    kind, value = next((kind, key) for kind, (name, key) in _TYPES.items() if name == draft.type)
    given: Any = call.body.get(value)
    if not isinstance(given, str) or not given:
        refuse(f"'{value}' is required for a policy of type {draft.type}")
    record: Record = {
        "record_type": kind,
        "key": draft.domain,
        "value": given,
        "ttl": draft.ttl_seconds,
        "enabled": draft.enabled,
    }
    return record | {each: call.body.get(each, 0) for each in _NUMBERS.get(kind, ())}
