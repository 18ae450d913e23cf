"""One call over the controller's API: with the lists and the site of the client behind it."""

from dataclasses import dataclass
from typing import Any

from cortex.clients.unifi import Listing, Site
from cortex.fabric.execution.api.lists import SiteLists
from cortex.fabric.execution.call import BoundCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(BoundCall):
    """A bound call on a site of the controller."""

    inventory: SiteLists

    @property
    def site(self) -> Site:
        """The site that is asked or changed."""
        return self.inventory.site


def of_listings(*listings: Listing) -> dict[str, Any]:
    """Return the part of an answer that says where it comes from, and whether that is all."""
    notes = [one.note for one in listings if one.note]
    return {
        "complete": all(one.complete for one in listings),
        "sources": tuple(dict.fromkeys(one.source for one in listings if one.source)),
        "note": "; ".join(dict.fromkeys(notes)),
    }
