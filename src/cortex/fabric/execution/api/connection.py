"""The one connection to the controller: made when first needed, shared, kept.

Maps the settings to the client's values; what is asked over it is for others.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx

from cortex.clients.unifi import (
    CaFile,
    Endpoint,
    Insecure,
    Pinned,
    RefusedFile,
    Secret,
    Site,
    SiteRef,
    SystemTrust,
    Trust,
    UnifiClient,
)
from cortex.errors import Misconfigured, Rejected
from cortex.fabric.routing.binding import Bound, Entity, bind
from cortex.settings.knobs import Controller, Guard


class Connection:
    """A lazily opened client of the controller in the settings."""

    def __init__(
        self,
        controller: Controller,
        transport: httpx.AsyncBaseTransport | None,
        *,
        home: Path | None = None,
    ) -> None:
        """`home` is where a refused login is kept, so that the next process does not insist."""
        self._refused = refused_login(home) if home else None
        self._controller = controller
        self._transport = transport
        self._client: UnifiClient | None = None

    async def open(self) -> UnifiClient:
        """Return the connected client.

        Raises:
            CortexError: The settings name no usable controller, or it does not let us in.

        """
        if self._client is None:
            endpoint = endpoint_of(self._controller)
            self._client = UnifiClient(endpoint, self._transport, refused=self._refused)
        await self._client.connect()
        return self._client

    async def site(self, reference: str) -> Site:
        """Return a site by name; the controller is asked again for one that is new to us.

        Raises:
            Rejected: The controller has no such site, or several.

        """
        client = await self.open()
        reference = reference or self._controller.site
        try:
            return client.site(reference)
        except Rejected:
            capabilities = await client.connect(fresh=True)
        return client.site(_short_name(reference, capabilities.sites))

    def guarding(self, guard: Guard) -> Guard:
        """Return the guard with this machine's own address, as the controller sees it, added."""
        own = self._client.local_address if self._client else ""
        return replace(guard, own_addresses=(*guard.own_addresses, own)) if own else guard

    async def aclose(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()


def _short_name(reference: str, sites: Sequence[SiteRef]) -> str:
    """Return the short name of the site that words mean, or the words if they mean none."""
    entities = [
        Entity(kind="site", id=site.short_name, names=(site.display_name, site.short_name))
        for site in sites
    ]
    found = bind(reference, entities, kind="site", for_write=True)
    return found.entity.id if isinstance(found, Bound) else reference


def refused_login(home: Path) -> RefusedFile:
    """Return the file in the data folder that keeps a login which the controller refused."""
    return RefusedFile(home / "execution-unifi-api" / "refused-login")


def endpoint_of(controller: Controller) -> Endpoint:
    """Return where and how the settings say the controller is reached.

    Raises:
        Misconfigured: A setting is missing or contradicts another.

    """
    if not controller.url:
        message = "no controller is set up"
        hint = "set controller.url, as https://192.168.1.1"
        raise Misconfigured(message, setting="controller.url", hint=hint)
    return Endpoint(
        controller.url,
        api_key=Secret(controller.api_key) if controller.api_key else None,
        username=controller.username,
        password=Secret(controller.password) if controller.password else None,
        trust=_trust(controller),
        timeout=controller.timeout,
    )


def _trust(controller: Controller) -> Trust:
    match controller.trust:
        case "system":
            return SystemTrust()
        case "ca":
            return CaFile(_given(controller.ca_file))
        case "pin":
            return Pinned(controller.fingerprint)
        case "insecure":
            return Insecure()


def _given(file: Path | None) -> Path:
    if file is None:
        message = "controller.trust is 'ca' and no file is named"
        raise Misconfigured(message, setting="controller.ca_file")
    return file
