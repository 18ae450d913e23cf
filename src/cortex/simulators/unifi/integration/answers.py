"""Shapes the answers of the integration API: pages, bare objects and its own error body.

The error codes are those seen in the published schema and in field reports where there are any;
the rest follow their pattern (`api.<subject>.<reason>`).
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NoReturn

from starlette.responses import JSONResponse, Response

from cortex.simulators.unifi.integration.filters import FilterError, parse
from cortex.simulators.unifi.integration.predicates import matches
from cortex.simulators.unifi.integration.properties import Properties

PREFIX: Final = "/integration"
"""Where the application mounts this API; its error bodies name paths from here."""

_WHOLE: Final = re.compile(r"[0-9]{1,9}")


class Problem(Exception):
    """A request this API refuses."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Listing:
    """All things of a list and how to write one, before one page is cut from them."""

    things: Sequence[Any]
    view: Callable[[Any], Mapping[str, Any]]
    properties: Properties | None = None
    """What the list may be filtered by; none where it takes no filter."""
    limit: int = 25
    most: int = 200


@dataclass(frozen=True, slots=True)
class Created:
    """An object that did not exist before."""

    body: Any


def refuse(message: str, code: str = "api.request.invalid-argument") -> NoReturn:
    """Refuse a request that is wrong in itself."""
    raise Problem(400, code, message)


def miss(what: str, key: str) -> NoReturn:
    """Refuse a request for something that does not exist."""
    raise Problem(404, f"api.{what}.not-found", f"{what.capitalize()} '{key}' not found")


def page(listing: Listing, query: Mapping[str, str]) -> dict[str, Any]:
    """Cut the page that the query asks for out of a listing.

    Raises:
        Problem: offset, limit or filter is not acceptable.

    """
    offset = _number(query, "offset", default=0, most=None)
    limit = _number(query, "limit", default=listing.limit, most=listing.most)
    kept = filtered(listing, query.get("filter"))
    data = [listing.view(thing) for thing in kept[offset : offset + limit]]
    return {
        "offset": offset,
        "limit": limit,
        "count": len(data),
        "totalCount": len(kept),
        "data": data,
    }


def filtered(listing: Listing, text: str | None) -> Sequence[Any]:
    """Return the things that a filter keeps; a list that takes no filter ignores one.

    Raises:
        Problem: the filter cannot be read.

    """
    if listing.properties is None or text is None:
        return listing.things
    try:
        expression = parse(text, listing.properties)
    except FilterError as error:
        refuse(str(error), "api.request.invalid-filter")
    return [thing for thing in listing.things if matches(expression, listing.view(thing))]


def _number(query: Mapping[str, str], name: str, *, default: int, most: int | None) -> int:
    given = query.get(name, str(default))
    number = int(given) if _WHOLE.fullmatch(given) else -1
    if number < 0 or (most is not None and number > most):
        wanted = f"between 0 and {most}" if most is not None else "0 or more"
        message = f"'{name}' must be {wanted}, not '{given}'"
        refuse(message)
    return number


def refusal(problem: Problem, path: str, request_id: str, now: float) -> Response:
    """Return the error body of this API."""
    return JSONResponse(
        {
            "statusCode": problem.status,
            "statusName": HTTPStatus(problem.status).name,
            "code": problem.code,
            "message": problem.message,
            "timestamp": moment(now),
            "requestPath": path,
            "requestId": request_id,
        },
        problem.status,
    )


def moment(epoch: float) -> str:
    """Return epoch seconds as this API writes a moment."""
    at = dt.datetime.fromtimestamp(int(epoch), tz=dt.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
