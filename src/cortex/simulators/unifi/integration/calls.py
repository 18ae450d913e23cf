"""One call of the integration API, and how it finds the things its path names."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from cortex.simulators.unifi.integration.answers import miss, refuse
from cortex.simulators.unifi.integration.views.configuration import document_id
from cortex.simulators.unifi.integration.views.devices import device_id
from cortex.simulators.unifi.integration.views.people import client_id, site_id, voucher_id
from cortex.simulators.unifi.world.controller import World
from cortex.simulators.unifi.world.ladder import Version
from cortex.simulators.unifi.world.records import Client, Device, Record
from cortex.simulators.unifi.world.site import Site

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been let in: who asks what of which world."""

    world: World
    now: float
    by: str
    """User name of the key's owner."""
    path: Mapping[str, str]
    """What the placeholders of the operation's path stand for."""
    query: Mapping[str, str]
    body: Any

    @property
    def version(self) -> Version:
        """The version of the application that answers."""
        return Version.parse(self.world.version)

    def site(self) -> Site:
        """Return the site the path names."""
        return self._find("site", self.world.sites.values(), site_id)

    def device(self, site: Site) -> Device:
        """Return the adopted device the path names."""
        adopted = (each for each in site.devices.values() if each.adopted)
        return self._find("device", adopted, device_id)

    def client(self, site: Site) -> Client:
        """Return the client the path names, which must be connected now."""
        return self._find("client", site.online(self.now), client_id)

    def voucher(self, site: Site) -> Record:
        """Return the voucher the path names."""
        return self._find("voucher", site.vouchers.values(), voucher_id)

    def document(self, kind: str, documents: Iterable[Record]) -> Record:
        """Return the stored document the path names."""
        return self._find(kind, documents, lambda each: document_id(kind, each))

    def _find(self, kind: str, things: Iterable[Thing], key: Callable[[Thing], str]) -> Thing:
        wanted = self.path[kind]
        try:
            asked = str(UUID(wanted))
        except ValueError:
            message = f"'{wanted}' is not a valid '{kind}Id' value"
            refuse(message, "api.request.argument-type-mismatch")
        found = next((thing for thing in things if key(thing) == asked), None)
        if found is None:
            miss(kind, wanted)
        return found
