"""A site as the activator remembers it, for a layer that cannot ask the controller.

Devices and clients only. Everything else is the controller's own, and is said to be unknown.
"""

from dataclasses import dataclass

from cortex.errors import Rejected
from cortex.fabric.execution.inventory import NEEDS_CONTROLLER, Found, clients_found, device_entity
from cortex.fabric.messages import Known

SOURCE = "remembered inventory"
_HINT = "ask once while the controller answers, or set ssh.discovery"


@dataclass(frozen=True, slots=True)
class KnownSite:
    """The inventory of a remembered site."""

    known: Known

    @property
    def site_name(self) -> str:
        """The short name of the site."""
        return self.known.site

    async def of(self, kind: str) -> Found:
        """Return what is remembered of one kind.

        Raises:
            Rejected: Only the controller knows that kind.

        """
        match kind:
            case "device":
                return self.devices()
            case "client":
                return self._clients()
            case _:
                what = f"what {kind}s there are"
                raise needs_controller(what)

    async def client(self, mac: str) -> Found:
        """Return one remembered client by its address."""
        found = self._clients()
        entities = tuple(one for one in found.entities if one.id == mac)
        return Found(entities, found.rows, sources=(SOURCE,))

    def devices(self) -> Found:
        """Return the remembered devices."""
        rows = {str(row.get("mac", "")).lower(): row for row in self.known.devices}
        entities = tuple(device_entity(mac, row) for mac, row in rows.items() if mac)
        return Found(entities, rows, sources=(SOURCE,))

    def _clients(self) -> Found:
        online = [row for row in self.known.clients if row.get("online")]
        found = clients_found(self.known.clients, online)
        return Found(found.entities, found.rows, sources=(SOURCE,))


def needs_controller(what: str) -> Rejected:
    """Return that something is known to nobody but the controller."""
    message = f"{what} is known to the controller only"
    return Rejected(message, reason=NEEDS_CONTROLLER, hint="ask again when it answers")


def site_of(known: Known | None, reference: str) -> KnownSite:
    """Return the remembered site that was asked for.

    Raises:
        Rejected: Nothing is remembered of it.

    """
    if known is None or (reference and reference not in {known.site, known.site_name}):
        what = f"the site {reference!r}" if reference else "any site"
        message = f"nothing is remembered of {what}, so its devices cannot be reached"
        raise Rejected(message, reason="nothing-known", hint=_HINT)
    if not known.devices:
        message = f"no device of the site {known.site!r} is remembered, so none can be asked"
        raise Rejected(message, reason="nothing-known", hint=_HINT)
    return KnownSite(known)
