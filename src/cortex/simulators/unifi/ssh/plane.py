"""Serves the part of the control plane that is about devices and about the controller's own port.

    GET    /_sim/ssh               who listens where, and whether the port is open
    GET    /_sim/ssh/traps         the traps that are set
    POST   /_sim/ssh/traps         set one trap or a list of them (see `traps`)
    DELETE /_sim/ssh/traps[/{id}]  take all away, or one
    GET    /_sim/controller        `{"state": "up"}`
    PUT    /_sim/controller        `{"state": "refused"}`, "silent" or "up" (see `outage`)

What was run on devices is in the journal: method `SSH` for commands, `SSH-LOGIN` for logins.
"""

import json
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from cortex.simulators.unifi.control.plane import Endpoint, mounted
from cortex.simulators.unifi.ssh.fleet import Fleet
from cortex.simulators.unifi.ssh.host import DeviceHost
from cortex.simulators.unifi.ssh.traps import Standing, read
from cortex.simulators.unifi.world import Record


@dataclass(frozen=True, slots=True)
class DevicePlane:
    """The control plane over the devices' command lines."""

    fleet: Fleet

    def routes(self) -> list[BaseRoute]:
        """Return the routes of this part of the control plane."""
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", "/ssh", self._list_devices),
            ("GET", "/ssh/traps", self._list_traps),
            ("POST", "/ssh/traps", self._set_traps),
            ("DELETE", "/ssh/traps", self._clear_traps),
            ("DELETE", "/ssh/traps/{id:int}", self._remove_trap),
            ("GET", "/controller", self._show_controller),
            ("PUT", "/controller", self._change_controller),
        ]
        return mounted(table)

    async def _list_devices(self, _request: Request) -> Response:
        await self.fleet.look()
        devices = [_device(host) for host in self.fleet.hosts]
        return JSONResponse({"console": self.fleet.console, "devices": devices})

    async def _list_traps(self, _request: Request) -> Response:
        return JSONResponse({"traps": [_trap(each) for each in self.fleet.field.traps]})

    async def _set_traps(self, request: Request) -> Response:
        numbers = self.fleet.field.traps.add(*read(json.loads(await request.body())))
        await self.fleet.look()
        return JSONResponse({"ids": list(numbers)}, 201)

    async def _clear_traps(self, _request: Request) -> Response:
        self.fleet.field.traps.clear()
        await self.fleet.look()
        return Response(status_code=204)

    async def _remove_trap(self, request: Request) -> Response:
        number = request.path_params["id"]
        if not self.fleet.field.traps.remove(number):
            message = f"there is no trap {number}; GET /_sim/ssh/traps lists them"
            return JSONResponse({"error": message}, 404)
        await self.fleet.look()
        return Response(status_code=204)

    async def _show_controller(self, _request: Request) -> Response:
        return JSONResponse({"state": self.fleet.field.outage.state})

    async def _change_controller(self, request: Request) -> Response:
        body: Any = json.loads(await request.body())
        wanted = body.get("state") if isinstance(body, dict) else None
        return JSONResponse({"state": await self.fleet.field.outage.become(wanted)})


def _device(host: DeviceHost) -> Record:
    return {
        "mac": host.device.mac,
        "name": host.device.name,
        "kind": host.device.kind,
        "address": host.doorway.address,
        "open": host.doorway.is_open,
        "hostkey": host.key.kind,
        "fingerprint": host.key.fingerprint,
    }


def _trap(standing: Standing) -> Record:
    described: Record = msgspec.to_builtins(standing.trap)
    return described | {"id": standing.id, "hits": standing.hits, "over": standing.is_over}
