"""Serves the control plane: `/_sim/…`, where tests and demonstrations steer the simulator.

    GET    /_sim/faults            the faults that are switched on
    POST   /_sim/faults            switch on one fault or a list of them (see `faults`)
    DELETE /_sim/faults[/{id}]     switch all off, or one
    GET    /_sim/journal           the requests so far; `?mutating=true`, `?since=N`
    DELETE /_sim/journal           forget them
    GET    /_sim/world             who and what there is, by name and MAC address
    POST   /_sim/advance           `{"seconds": 90}`: let time pass at once
    POST   /_sim/version           `{"version": "9.5.21"}`: become another version
    DELETE /_sim/websockets        hang up on every websocket

It asks for no credentials and therefore answers loopback only.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cortex.simulators.unifi.control.clock import VirtualClock
from cortex.simulators.unifi.control.faults import FaultError, Faults, Standing, read
from cortex.simulators.unifi.control.journal import Journal, as_record
from cortex.simulators.unifi.world.controller import World
from cortex.simulators.unifi.world.ladder import Version
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site

_MUTATING: Final = {"true": True, "false": False, "": None}

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Plane:
    """The control plane over the parts of one simulator."""

    world: World
    clock: VirtualClock
    faults: Faults
    journal: Journal
    hang_up: Callable[[], Awaitable[int]]
    """Closes every websocket and returns how many there were."""

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the control plane."""
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", "/faults", self._list_faults),
            ("POST", "/faults", self._add_faults),
            ("DELETE", "/faults", self._clear_faults),
            ("DELETE", "/faults/{id:int}", self._remove_fault),
            ("GET", "/journal", self._read_journal),
            ("DELETE", "/journal", self._clear_journal),
            ("GET", "/world", self._describe_world),
            ("POST", "/advance", self._advance),
            ("POST", "/version", self._change_version),
            ("DELETE", "/websockets", self._hang_up),
        ]
        return mounted(table)

    async def _list_faults(self, _request: Request) -> Response:
        now = self.clock()
        return JSONResponse({"faults": [_fault(each, now) for each in self.faults]})

    async def _add_faults(self, request: Request) -> Response:
        numbers = self.faults.add(*read(await _body(request)), now=self.clock())
        return JSONResponse({"ids": list(numbers)}, 201)

    async def _clear_faults(self, _request: Request) -> Response:
        self.faults.clear()
        return Response(status_code=204)

    async def _remove_fault(self, request: Request) -> Response:
        number = request.path_params["id"]
        if not self.faults.remove(number):
            return _error(f"there is no fault {number}; GET /_sim/faults lists them", 404)
        return Response(status_code=204)

    async def _read_journal(self, request: Request) -> Response:
        asked = request.query_params
        since = asked.get("since", "0")
        mutating = asked.get("mutating", "")
        if not since.isdecimal() or mutating not in _MUTATING:
            return _error("'since' is a number, 'mutating' is true or false", 400)
        entries = self.journal.entries(mutating=_MUTATING[mutating], since=int(since))
        return JSONResponse({"entries": [as_record(entry) for entry in entries]})

    async def _clear_journal(self, _request: Request) -> Response:
        self.journal.clear()
        return Response(status_code=204)

    async def _describe_world(self, _request: Request) -> Response:
        now = self.clock()
        self.world.advance(now)
        sites = [_site(site, now) for site in self.world.sites.values()]
        return JSONResponse({"version": self.world.version, "now": now, "sites": sites})

    async def _advance(self, request: Request) -> Response:
        body = await _body(request)
        seconds = body.get("seconds") if isinstance(body, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            return _error(f"'seconds' must be a number, not {seconds!r}", 400)
        now = self.clock.skip(seconds)
        self.world.advance(now)
        return JSONResponse({"now": now})

    async def _change_version(self, request: Request) -> Response:
        body = await _body(request)
        version = body.get("version") if isinstance(body, dict) else None
        Version.parse(str(version))
        self.world.version = str(version)
        return JSONResponse({"version": version})

    async def _hang_up(self, _request: Request) -> Response:
        return JSONResponse({"closed": await self.hang_up()})


def mounted(table: Sequence[tuple[str, str, Endpoint]]) -> list[BaseRoute]:
    """Return the routes of a part of the control plane, for callers on this machine alone."""
    return [
        Route(f"/_sim{path}", _for_loopback(endpoint), methods=[method])
        for method, path, endpoint in table
    ]


def _for_loopback(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        if request.client is None or not _is_loopback(request.client.host):
            return _error("the control plane answers loopback only", 403)
        try:
            return await endpoint(request)
        except (FaultError, ValueError) as error:
            return _error(str(error), 400)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _body(request: Request) -> Any:
    return json.loads(await request.body())


def _error(message: str, status: int) -> Response:
    return JSONResponse({"error": message}, status)


def _fault(standing: Standing, now: float) -> Record:
    described: Record = msgspec.to_builtins(standing.fault)
    return described | {"id": standing.id, "hits": standing.hits, "over": standing.is_over(now)}


def _site(site: Site, now: float) -> Record:
    online = {client.mac for client in site.online(now)}
    return {
        "name": site.name,
        "desc": site.desc,
        "devices": [
            {
                "name": device.name,
                "mac": device.mac,
                "ip": device.ip,
                "kind": device.kind,
                "model": device.model,
                "state": int(device.state),
                "uptime": device.uptime(now),
                "adopted": device.adopted,
            }
            for device in site.devices.values()
        ],
        "clients": [
            {
                "name": client.name,
                "hostname": client.hostname,
                "mac": client.mac,
                "ip": client.ip,
                "wired": client.is_wired,
                "guest": client.is_guest,
                "blocked": client.blocked,
                "online": client.mac in online,
            }
            for client in site.clients.values()
        ],
        "wlans": [_named(wlan) for wlan in site.wlans.values()],
        "networks": [_named(network) for network in site.networks.values()],
    }


def _named(document: Record) -> Record:
    return {"name": document.get("name", ""), "enabled": document.get("enabled", True)}
