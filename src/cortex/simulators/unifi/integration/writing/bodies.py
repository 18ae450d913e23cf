"""Reads the bodies of writing calls, and the references in them."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec

from cortex.simulators.unifi.integration.answers import miss, refuse
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.views.configuration import document_id
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site

Name = Annotated[str, msgspec.Meta(min_length=1)]
Body = TypeVar("Body")


def read(call: Call, shape: type[Body]) -> Body:
    """Return the body in the shape it must have.

    Raises:
        Problem: it has not.

    """
    try:
        return msgspec.convert(call.body, shape)
    except msgspec.ValidationError as error:
        refuse(f"invalid request body: {error}", "api.request.invalid-payload")


def network_keys(site: Site, ids: Sequence[str]) -> list[str]:
    """Return what the legacy API calls the networks with these UUIDs.

    Raises:
        Problem: there is none of one of them.

    """
    known = {document_id("network", each): key for key, each in site.networks.items()}
    return [_known("network", known, wanted) for wanted in ids]


def zone_key(site: Site, wanted: str) -> str:
    """Return what the v2 API calls the zone with this UUID.

    Raises:
        Problem: there is none.

    """
    known = {document_id("zone", each): key for key, each in site.firewall_zones.items()}
    return _known("zone", known, wanted)


def _known(kind: str, known: Record, wanted: str) -> str:
    if wanted not in known:
        miss(kind, wanted)
    return str(known[wanted])
