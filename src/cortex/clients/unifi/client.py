"""The client a program holds: connects to one controller, and hands out its sites."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from cortex.clients.unifi import fields
from cortex.clients.unifi.answers import Call, Capabilities, Lane, Listing, SiteRef, only_rows
from cortex.clients.unifi.endpoint import Endpoint
from cortex.clients.unifi.exchange import Exchange, Flight
from cortex.clients.unifi.login import may_write
from cortex.clients.unifi.refusals import RefusedCredentials
from cortex.clients.unifi.session import Session
from cortex.clients.unifi.site import Site
from cortex.clients.unifi.site.scope import listing, official_pages
from cortex.errors import LayerNotReady, Rejected


class UnifiClient:
    """One controller, reached with one set of credentials; safe for concurrent use.

    `refused` keeps beyond this process that the credentials were refused.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        refused: RefusedCredentials | None = None,
    ) -> None:
        self._session = Session(endpoint, Exchange(endpoint, transport), refused)
        self._flight = Flight(self._look_around)
        self._capabilities: Capabilities | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop what is under way and close every connection."""
        await self._flight.aclose()
        await self._session.aclose()

    @property
    def local_address(self) -> str:
        """The address of this machine on the way to the controller; empty before it answered."""
        return self._session.local_address

    async def connect(self, *, fresh: bool = False) -> Capabilities:
        """Log in once and find out what the controller is and what we may do there.

        Later calls return the first answer, unless `fresh` asks again for version and sites.

        Raises:
            NotAllowed: The credentials were refused; the controller is not asked again.
            Throttled: The login limit is reached.
            Unreachable: The controller, or its application, does not answer.
            Misconfigured: The controller's certificate is not trusted.

        """
        await self._session.open()
        if fresh or self._capabilities is None:
            return await self._flight.join()
        return self._capabilities

    def site(self, ref: str) -> Site:
        """Return a site by its short name, display name, id or uuid.

        Raises:
            LayerNotReady: `connect` has not succeeded yet.
            Rejected: The controller has no such site, or several; the known ones are named.

        """
        known = self._capabilities
        if known is None:
            message = "the controller's sites are not known yet: connect first"
            raise LayerNotReady(message)
        return Site(self._session, _one_site(ref, known.sites), known)

    async def sites(self) -> Listing:
        """Return the sites as the controller lists them now."""
        await self._session.open()
        if self._session.reaches(Lane.LEGACY):
            return listing(await self._legacy_sites(), fields.SITE, source="legacy:self/sites")
        rows = await official_pages(self._session, "/sites")
        return listing(rows, fields.SITE, source="integration:sites")

    async def _look_around(self) -> Capabilities:
        kind = await self._session.open()
        lanes = self._session.key_lanes
        legacy = await self._legacy_sites() if self._session.reaches(Lane.LEGACY) else []
        official = (
            await official_pages(self._session, "/sites") if Lane.INTEGRATION in lanes else []
        )
        sites = _joined(legacy, official)
        version = await self._version(sites)
        self._session.version = version
        found = Capabilities(kind, version, lanes, self._may_write(legacy), sites)
        self._capabilities = found
        return found

    async def _legacy_sites(self) -> list[dict[str, Any]]:
        path = "/self/sites"
        return only_rows(await self._session.call(Call(Lane.LEGACY, "GET", path)), path=path)

    async def _version(self, sites: tuple[SiteRef, ...]) -> str:
        """Read the application's version, from whichever lane is open."""
        if Lane.INTEGRATION in self._session.key_lanes:
            answer = await self._session.call(Call(Lane.INTEGRATION, "GET", "/info"))
            return str(answer.get("applicationVersion", "")) if isinstance(answer, Mapping) else ""
        names = [site.short_name for site in sites]
        name = "default" if "default" in names else next(iter(names), "default")
        rows = await self._session.call(Call(Lane.LEGACY, "GET", f"/s/{name}/stat/sysinfo"))
        return str(rows[0].get("version", "")) if rows else ""

    def _may_write(self, sites: list[dict[str, Any]]) -> bool | None:
        """Read the role that the sites tell, or else what the login told."""
        roles = {str(row["role"]) for row in sites if row.get("role")}
        known = may_write(roles)
        return self._session.account.can_write if known is None else known


def _one_site(ref: str, sites: tuple[SiteRef, ...]) -> SiteRef:
    """Find a site by exact id or short name first, then by display name in any case."""
    for site in sites:
        if ref in {site.short_name, site.uuid, site.id} - {""}:
            return site
    named = [site for site in sites if site.display_name.casefold() == ref.casefold()]
    if len(named) == 1:
        return named[0]
    names = ", ".join(f"{site.short_name!r} ({site.display_name})" for site in sites) or "none"
    what = "several sites" if named else "no site"
    message = f"the controller has {what} {ref!r}; it knows {names}"
    raise Rejected(
        message,
        reason="api.err.NoSiteContext",
        hint="name one of them by its short name",
    )


def _joined(legacy: list[dict[str, Any]], official: list[dict[str, Any]]) -> tuple[SiteRef, ...]:
    """Join the two lanes' sites by the legacy short name, which both tell since 9.1."""
    if not legacy:
        return tuple(
            SiteRef("", _text(row, "internalReference"), _text(row, "name"), _text(row, "id"))
            for row in official
        )
    uuids = {_text(row, "internalReference"): _text(row, "id") for row in official}
    return tuple(
        SiteRef(
            _text(row, "_id"),
            name := _text(row, "name"),
            _text(row, "desc") or name,
            uuids.get(name) or _text(row, "external_id"),
        )
        for row in legacy
    )


def _text(row: dict[str, Any], name: str) -> str:
    return str(row.get(name) or "")
