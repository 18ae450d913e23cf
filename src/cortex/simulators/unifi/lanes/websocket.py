"""Pushes what happens on a site over its websocket, as the web interface receives it.

A connection gets a frame for every change from the moment it opens, and now and then the whole
state of devices and stations. While somebody listens, time passes by itself: lifecycles go on
without a request. Who may listen is decided before, at the gate.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Final

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from cortex.simulators.unifi.world.controller import World
from cortex.simulators.unifi.world.records import Frame
from cortex.simulators.unifi.world.rows.clients import station
from cortex.simulators.unifi.world.rows.devices import device_row
from cortex.simulators.unifi.world.site import Site

SUPER: Final = "super"
"""The name under which the console reports on itself rather than on one of its sites."""

_BACKLOG: Final = 2_000
"""Frames kept for a listener that does not keep up, before it is dropped."""
_TICK: Final = 0.1
"""Real seconds between two looks at the clock."""
_STATE_EVERY: Final = 30.0
"""Seconds of the simulator's time between two frames with the whole state."""
_STATIONS_A_FRAME: Final = 50


class EventFeed:
    """The websockets of one world."""

    def __init__(self, world: World, clock: Callable[[], float]) -> None:
        self._world = world
        self._clock = clock
        self._open: set[WebSocket] = set()

    def routes(self, prefix: str) -> list[BaseRoute]:
        """Return the route below the application's prefix (`/proxy/network`, or nothing)."""
        return [WebSocketRoute(f"{prefix}/wss/s/{{site}}/events", self._serve)]

    async def hang_up(self) -> int:
        """Close every connection and return how many there were."""
        closing = list(self._open)
        for websocket in closing:
            await websocket.close(1012)
        return len(closing)

    async def _serve(self, websocket: WebSocket) -> None:
        name = websocket.path_params["site"]
        site = self._world.sites.get(name)
        if site is None and name != SUPER:
            await websocket.close()
            return
        opened = self._clock()
        await websocket.accept()
        self._open.add(websocket)
        listener = _Listener(websocket, site)
        try:
            await self._attend(listener, opened)
        finally:
            self._open.discard(websocket)
            listener.leave()
        if listener.overrun:
            await websocket.close(1013)

    async def _attend(self, listener: "_Listener", opened: float) -> None:
        """Serve the connection until either end leaves it."""
        tasks = [
            asyncio.create_task(listener.send()),
            asyncio.create_task(listener.receive()),
            asyncio.create_task(self._let_time_pass(listener, opened)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _let_time_pass(self, listener: "_Listener", told: float) -> None:
        while not listener.overrun:
            await asyncio.sleep(_TICK)
            now = self._clock()
            self._world.advance(now)
            if now >= told + _STATE_EVERY:
                told = now
                listener.tell_state(now)


class _Listener:
    """One connection and what waits to be sent over it."""

    def __init__(self, websocket: WebSocket, site: Site | None) -> None:
        self.overrun = False
        self._websocket = websocket
        self._site = site
        self._waiting: asyncio.Queue[str] = asyncio.Queue(_BACKLOG)
        self.leave = site.subscribe(self._take) if site is not None else _stay

    def _take(self, frame: Frame) -> None:
        # Written at once: the rows are the world's own and change after this call.
        try:
            self._waiting.put_nowait(written(frame))
        except asyncio.QueueFull:
            self.overrun = True

    def tell_state(self, now: float) -> None:
        """Queue the state of every device and connected station of the site."""
        for frame in _state(self._site, now) if self._site is not None else ():
            self._take(frame)

    async def send(self) -> None:
        """Send what waits, until the connection is closed from here."""
        try:
            while self._websocket.application_state is WebSocketState.CONNECTED:
                await self._websocket.send_text(await self._waiting.get())
        except WebSocketDisconnect:
            return

    async def receive(self) -> None:
        """Ignore what the client says, until it leaves."""
        try:
            while True:
                await self._websocket.receive_text()
        except WebSocketDisconnect:
            return


def _stay() -> None:
    """Leave nothing: nobody was subscribed."""


def written(frame: Frame) -> str:
    """Return a frame as it goes over the wire."""
    meta = {"rc": "ok", "message": frame.message} | ({"mac": frame.mac} if frame.mac else {})
    return json.dumps({"meta": meta, "data": list(frame.rows)})


def _state(site: Site, now: float) -> Iterator[Frame]:
    for device in list(site.devices.values()):
        yield Frame("device:sync", (device_row(site, device, now),), device.mac)
    rows = tuple(station(site, client, now) for client in site.online(now))
    for at in range(0, len(rows), _STATIONS_A_FRAME):
        yield Frame("sta:sync", rows[at : at + _STATIONS_A_FRAME])
