"""Lists by which properties each resource may be filtered, and how.

Taken from the tables in the published OpenAPI files (10.5.66).
"""

from collections.abc import Mapping
from typing import Final

from cortex.simulators.unifi.integration.filters import (
    CHOICE,
    EQUALITY,
    MEMBERSHIP,
    NULLITY,
    ORDER,
    Function,
    Kind,
    Property,
)

Properties = Mapping[str, Property]

_ID = Property(Kind.UUID, CHOICE)
_OPTIONAL_ID = Property(Kind.UUID, CHOICE | NULLITY)
_WORD = Property(Kind.STRING, CHOICE)
_OPTIONAL_WORD = Property(Kind.STRING, CHOICE | NULLITY)
_NAME = Property(Kind.STRING, CHOICE | {Function.LIKE})
_FLAG = Property(Kind.BOOLEAN, EQUALITY)
_OPTIONAL_FLAG = Property(Kind.BOOLEAN, EQUALITY | NULLITY)
_NUMBER = Property(Kind.INTEGER, ORDER)
_OPTIONAL_NUMBER = Property(Kind.INTEGER, ORDER | NULLITY)
_RANKED = Property(Kind.INTEGER, ORDER | CHOICE)
_KEY = Property(Kind.INTEGER, CHOICE)
_MOMENT = Property(Kind.TIMESTAMP, ORDER)
_OPTIONAL_MOMENT = Property(Kind.TIMESTAMP, ORDER | NULLITY)
_FIRMWARE = Property(Kind.STRING, ORDER | CHOICE | NULLITY | {Function.LIKE})
_WORDS = Property(Kind.STRING, MEMBERSHIP | {Function.IS_EMPTY})
_IDS = Property(Kind.UUID, MEMBERSHIP)
_FREQUENCIES = Property(Kind.DECIMAL, MEMBERSHIP)

SITES: Final[Properties] = {"id": _ID, "internalReference": _WORD, "name": _WORD}

PENDING_DEVICES: Final[Properties] = {
    "macAddress": _WORD,
    "ipAddress": _WORD,
    "model": _WORD,
    "state": _WORD,
    "supported": _FLAG,
    "firmwareVersion": _FIRMWARE,
    "firmwareUpdatable": _FLAG,
    "features": _WORDS,
}

DEVICES: Final[Properties] = {**PENDING_DEVICES, "id": _ID, "name": _NAME, "interfaces": _WORDS}

CLIENTS: Final[Properties] = {
    "id": _ID,
    "type": _WORD,
    "macAddress": _OPTIONAL_WORD,
    "ipAddress": _OPTIONAL_WORD,
    "connectedAt": _OPTIONAL_MOMENT,
    "access.type": _WORD,
    "access.authorized": _OPTIONAL_FLAG,
}

VOUCHERS: Final[Properties] = {
    "id": _ID,
    "createdAt": _MOMENT,
    "name": _NAME,
    "code": _WORD,
    "authorizedGuestLimit": _OPTIONAL_NUMBER,
    "authorizedGuestCount": _NUMBER,
    "activatedAt": _MOMENT,
    "expiresAt": _MOMENT,
    "expired": _FLAG,
    "timeLimitMinutes": _NUMBER,
    "dataUsageLimitMBytes": _OPTIONAL_NUMBER,
    "rxRateLimitKbps": _OPTIONAL_NUMBER,
    "txRateLimitKbps": _OPTIONAL_NUMBER,
}

NETWORKS: Final[Properties] = {
    "management": _WORD,
    "id": _ID,
    "name": _NAME,
    "enabled": _FLAG,
    "vlanId": _RANKED,
    "deviceId": _OPTIONAL_ID,
    "metadata.origin": _WORD,
}

WIFI_BROADCASTS: Final[Properties] = {
    "type": _WORD,
    "id": _ID,
    "enabled": _FLAG,
    "name": _NAME,
    "broadcastingFrequenciesGHz": _FREQUENCIES,
    "metadata.origin": _WORD,
    "network.type": _OPTIONAL_WORD,
    "network.networkId": _ID,
    "securityConfiguration.type": _WORD,
    "broadcastingDeviceFilter.type": _OPTIONAL_WORD,
    "broadcastingDeviceFilter.deviceIds": _IDS,
    "hotspotConfiguration.type": _WORD,
}

FIREWALL_ZONES: Final[Properties] = {
    "id": _ID,
    "name": _NAME,
    "metadata.origin": _WORD,
    "metadata.configurable": _OPTIONAL_FLAG,
}

FIREWALL_POLICIES: Final[Properties] = {
    "id": _ID,
    "name": _NAME,
    "source.zoneId": _ID,
    "destination.zoneId": _ID,
    "metadata.origin": _WORD,
}

NAMED: Final[Properties] = {"id": _ID, "name": _NAME, "metadata.origin": _WORD}
"""What the smaller lists of things with an id have in common."""

TYPED: Final[Properties] = {**NAMED, "type": _WORD, "enabled": _FLAG}

MATCHING_LISTS: Final[Properties] = {"id": _ID, "name": _NAME}

ACL_RULES: Final[Properties] = {
    "type": _WORD,
    "id": _ID,
    "enabled": _FLAG,
    "name": _NAME,
    "description": Property(Kind.STRING, CHOICE | NULLITY | {Function.LIKE}),
    "action": _WORD,
    "index": _RANKED,
    "protocolFilter": Property(Kind.STRING, MEMBERSHIP | NULLITY),
    "networkId": _OPTIONAL_ID,
    "enforcingDeviceFilter.deviceIds": Property(Kind.UUID, MEMBERSHIP | NULLITY),
    "metadata.origin": _WORD,
    "sourceFilter.type": _OPTIONAL_WORD,
    "destinationFilter.type": _OPTIONAL_WORD,
}

DNS_POLICIES: Final[Properties] = {
    "type": _WORD,
    "id": _ID,
    "enabled": _FLAG,
    "domain": _NAME,
    "ipv4Address": _NAME,
    "ipv6Address": _NAME,
    "targetDomain": _NAME,
    "mailServerDomain": _NAME,
    "text": _NAME,
    "serverDomain": _NAME,
    "ipAddress": _NAME,
    "ttlSeconds": _RANKED,
    "priority": _RANKED,
    "port": _RANKED,
    "weight": _RANKED,
}

DPI: Final[Properties] = {"id": _KEY, "name": _NAME}

COUNTRIES: Final[Properties] = {"code": _WORD, "name": _NAME}
