"""A simulated console with a client that has signed in, for the tests of the lanes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from cortex.simulators.unifi.app import create_app
from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.world import Client, Device, Site, World, build_world

START = 1_800_000_000.0


class Console:
    """A world, its application, its clock and an HTTP client."""

    def __init__(self, http: httpx.AsyncClient, world: World, knobs: Knobs) -> None:
        self.http = http
        self.world = world
        self.knobs = knobs
        self.now = START

    @property
    def home(self) -> Site:
        """The first site."""
        return self.world.site("default")

    def client(self, name: str) -> Client:
        """Return the first site's client with that alias or hostname."""
        return client_named(self.home, name)

    def device(self, name: str) -> Device:
        """Return the first site's device with that name."""
        return device_named(self.home, name)

    async def login(self, username: str = "admin", **more: str) -> httpx.Response:
        """Sign in with the account's own password, or a wrong one for a stranger."""
        known = self.world.accounts.get(username)
        body = {"username": username, "password": known.password if known else "?", **more}
        layout = self.knobs.layout
        path = "/api/auth/login" if layout == "unifi-os" else "/api/login"
        answer = await self.http.post(path, json=body)
        if "x-csrf-token" in answer.headers:
            self.http.headers["x-csrf-token"] = answer.headers["x-csrf-token"]
        return answer

    async def legacy(
        self, method: str, path: str, body: Any = None, *, site: str = "default"
    ) -> httpx.Response:
        """Call the legacy lane."""
        return await self.call(method, f"/api/s/{site}/{path}", body)

    async def v2(
        self, method: str, path: str, body: Any = None, *, site: str = "default"
    ) -> httpx.Response:
        """Call the v2 lane."""
        return await self.call(method, f"/v2/api/site/{site}/{path}", body)

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call a path of the application and follow a rotated CSRF token."""
        answer = await self.http.request(method, self.knobs.prefix + path, json=body)
        rotated = answer.headers.get("x-updated-csrf-token")
        if rotated:
            self.http.headers["x-csrf-token"] = rotated
        return answer

    async def rows(
        self, path: str, body: Any = None, *, method: str = "GET", site: str = "default"
    ) -> list[dict[str, Any]]:
        """Return the rows of a legacy call that must succeed."""
        answer = await self.legacy(method, path, body, site=site)
        assert answer.status_code == 200, answer.text
        assert answer.json()["meta"]["rc"] == "ok"
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows

    async def online(self) -> set[str]:
        """Return the MAC addresses `stat/sta` shows."""
        return {row["mac"] for row in await self.rows("stat/sta")}


def client_named(site: Site, name: str) -> Client:
    return next(each for each in site.clients.values() if name in (each.name, each.hostname))


def device_named(site: Site, name: str) -> Device:
    return next(each for each in site.devices.values() if each.name == name)


@asynccontextmanager
async def console(
    *, version: str = "10.4.57", clients: int = 60, login: bool = True, knobs: Knobs | None = None
) -> AsyncIterator[Console]:
    """Open a console, signed in as the owner unless told otherwise."""
    world = build_world(1, now=START, version=version, clients=clients)
    knobs = knobs or Knobs()
    bench: list[Console] = []
    app = create_app(world, clock=lambda: bench[0].now, knobs=knobs)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://console") as http:
        bench.append(Console(http, world, knobs))
        if login:
            assert (await bench[0].login()).status_code == 200
        yield bench[0]


def error(answer: httpx.Response) -> str:
    """Return the code of a legacy or v2 error."""
    body = answer.json()
    code: str = body["meta"]["msg"] if "meta" in body else body["code"]
    return code
