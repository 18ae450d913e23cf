"""One site of a controller, and how its paths are asked: rows raw, and listings redacted.

The three ways to ask are here; which paths there are is in the modules beside this one. Raw rows
stay inside this package, where merging a change into a record needs them; a `Listing` holds only
the fields that `fields` allows.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from cortex.clients.unifi.answers import (
    SERVICE,
    Call,
    Capabilities,
    Lane,
    Listing,
    Method,
    Row,
    SiteRef,
    only_rows,
)
from cortex.clients.unifi.fields import Spec, allowed
from cortex.clients.unifi.session import Session
from cortex.errors import BadAnswer, Malformed, Rejected, SchemaChanged

_MAC = re.compile(r"[0-9a-f]{12}")
_PAGE = 200
_MOST_PAGES = 500


def lower_mac(text: str) -> str:
    """Return a MAC address as the controller wants it: lower case, with colons.

    Raises:
        Malformed: The text is no MAC address.

    """
    digits = re.sub(r"[:\-.\s]", "", text).lower()
    if not _MAC.fullmatch(digits):
        message = f"{text!r} is not a MAC address"
        raise Malformed(message, hint="write it as aa:bb:cc:dd:ee:ff")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


class SiteScope:
    """What every group of calls on a site shares: the session, the site's names, the lanes."""

    def __init__(self, session: Session, ref: SiteRef, capabilities: Capabilities) -> None:
        self.ref = ref
        self.capabilities = capabilities
        self._session = session

    @property
    def sees_all(self) -> bool:
        """Whether the private lanes are open to us; the official one leaves much out."""
        return not self._official_only()

    def _official_only(self) -> bool:
        """Tell whether our key opens the integration lane and nothing opens the others."""
        return not self._session.reaches(Lane.LEGACY)

    async def _legacy(
        self, path: str, body: Mapping[str, Any] | None = None, *, item: str = ""
    ) -> list[dict[str, Any]]:
        """Read raw rows: GET, or POST where the question is a body."""
        method: Method = "GET" if body is None else "POST"
        where = f"/s/{quote(self.ref.short_name, safe='')}/{path}" + _segment(item)
        rows = await self._session.call(Call(Lane.LEGACY, method, where, body=body, item=item))
        return only_rows(rows, path=path)

    async def _listing(
        self, path: str, spec: Spec, body: Mapping[str, Any] | None = None, *, item: str = ""
    ) -> Listing:
        """Read legacy rows as a whole, redacted list."""
        rows = await self._legacy(path, body, item=item)
        return listing(rows, spec, source=f"legacy:{path}")

    async def _change(
        self, method: Method, path: str, body: Mapping[str, Any], *, item: str = ""
    ) -> list[dict[str, Any]]:
        """Send a legacy write and return what it answered, raw."""
        where = f"/s/{quote(self.ref.short_name, safe='')}/{path}" + _segment(item)
        call = Call(Lane.LEGACY, method, where, body=body, writes=True, item=item)
        return only_rows(await self._session.call(call), path=path)

    async def _v2(
        self,
        method: Method,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        item: str = "",
        writes: bool = False,
    ) -> Any:
        """Ask the private v2 lane and return its payload, raw."""
        where = f"/site/{quote(self.ref.short_name, safe='')}/{path}" + _segment(item)
        return await self._session.call(
            Call(Lane.V2, method, where, body=body, writes=writes, item=item)
        )

    async def _official(
        self, method: Method, path: str, body: Mapping[str, Any] | None = None, *, item: str = ""
    ) -> Any:
        """Ask one record, or send one write, on the integration lane."""
        call = Call(
            Lane.INTEGRATION,
            method,
            f"{self._official_root()}/{path}",
            body=body,
            writes=method != "GET",
            item=item,
        )
        return await self._session.call(call)

    async def _official_pages(self, path: str) -> list[dict[str, Any]]:
        """Read every page of an integration list."""
        return await official_pages(self._session, f"{self._official_root()}/{path}")

    async def _official_listing(
        self,
        path: str,
        translate: Callable[[dict[str, Any]], dict[str, Any]],
        spec: Spec,
        *,
        note: str = "the official API tells less of these than the others",
    ) -> Listing:
        """Read an integration list as a whole list in legacy words."""
        rows = map(translate, await self._official_pages(path))
        return listing(rows, spec, source=f"integration:{path}", note=note)

    async def _official_row(self, path: str, mac: str) -> dict[str, Any] | None:
        """Find the one record with this address, or None.

        The list is searched here: versions before 10 ignore a filter, and then the first row that
        comes back is any device at all.
        """
        wanted = lower_mac(mac)
        rows = await self._official_pages(path)
        return next((r for r in rows if str(r.get("macAddress", "")).lower() == wanted), None)

    def _official_root(self) -> str:
        if not self.ref.uuid:
            message = f"the site {self.ref.short_name!r} has no id on the official API"
            raise Rejected(
                message,
                reason="no-site-uuid",
                hint="connect with an API key that the controller accepts",
            )
        return f"/sites/{quote(self.ref.uuid, safe='')}"


async def official_pages(session: Session, path: str) -> list[dict[str, Any]]:
    """Read every page of an integration list, bounded.

    Raises:
        BadAnswer: The pages do not add up to the total they announce.

    """
    rows: list[dict[str, Any]] = []
    for _ in range(_MOST_PAGES):
        query = {"offset": str(len(rows)), "limit": str(_PAGE)}
        page = await session.call(Call(Lane.INTEGRATION, "GET", path, query=query))
        page = page if isinstance(page, Mapping) else {"data": page}
        found = only_rows(page.get("data"), path=path)
        rows.extend(found)
        if len(rows) >= whole_number(page.get("totalCount"), len(rows)):
            return rows
        if not found:
            break
    message = f"the pages of {path!r} end after {len(rows)} records, before their total"
    raise BadAnswer(message, service=SERVICE)


def listing(
    rows: Iterable[Row], spec: Spec, *, source: str, complete: bool = True, note: str = ""
) -> Listing:
    """Make a list of only the allowed fields of `rows`."""
    return Listing(tuple(allowed(row, spec) for row in rows), complete, source, note)


def first(rows: Iterable[dict[str, Any]], *, what: str, reason: str) -> dict[str, Any]:
    """Return the one record asked for.

    Raises:
        Rejected: There is none.

    """
    for row in rows:
        return row
    message = f"the controller knows no {what}"
    raise Rejected(message, reason=reason)


def name_of(row: Row, key: str, *, what: str) -> str:
    """Return the id by which a record is addressed.

    Raises:
        SchemaChanged: The record has none.

    """
    if value := row.get(key):
        return str(value)
    message = f"the controller's record of {what} has no {key!r}"
    raise SchemaChanged(message, service=SERVICE)


def entries(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list inside a record, none where there is no list."""
    return [dict(each) for each in value or () if isinstance(each, Mapping)]


def whole_number(value: Any, otherwise: int) -> int:
    """Return a number the controller told, or `otherwise` where it told none."""
    return value if isinstance(value, int) else otherwise


def _segment(item: str) -> str:
    return f"/{quote(item, safe=':')}" if item else ""
