"""The websocket of a site: who may listen, and what it says."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cortex.simulators.unifi.control.faults import BadStatus
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.serve import listening
from cortex.simulators.unifi.simulator import Simulator, simulate
from cortex.simulators.unifi.world.effects import clients, configuration, devices

pytestmark = pytest.mark.anyio
PATIENCE = 20
KEY = {"X-API-KEY": "lab-admin-key"}
EVENTS = "/proxy/network/wss/s/default/events"


@dataclass
class Listening:
    """A simulator on a port and the means to reach it."""

    simulator: Simulator
    address: str
    trust: ssl.SSLContext

    def socket(self, path: str = EVENTS, headers: dict[str, str] | None = None) -> connect:
        """Return a connection to be opened; with the key unless told otherwise."""
        url = self.address.replace("https://", "wss://") + path
        given = KEY if headers is None else headers
        return connect(url, ssl=self.trust, additional_headers=given, open_timeout=PATIENCE)


@asynccontextmanager
async def running(options: SimulatorOptions | None = None) -> AsyncIterator[Listening]:
    simulator = simulate(options)
    trust = ssl.create_default_context()
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE
    with listening(simulator, options) as address:
        async with asyncio.timeout(PATIENCE):
            yield Listening(simulator, address, trust)


async def frames(socket: ClientConnection, message: str) -> dict[str, Any]:
    """Return the next frame of a kind."""
    async for text in socket:
        frame: dict[str, Any] = json.loads(text)
        if frame["meta"]["message"] == message:
            return frame
    pytest.fail(f"no {message} came")


async def posted(running: Listening, path: str, body: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(
        base_url=running.address, headers=KEY, verify=running.trust
    ) as http:
        return await http.post(path, json=body)


async def block(running: Listening, mac: str) -> None:
    body = {"cmd": "block-sta", "mac": mac}
    assert (await posted(running, "/proxy/network/api/s/default/cmd/stamgr", body)).is_success


def a_client(simulator: Simulator) -> str:
    return next(simulator.world.sites["default"].online(simulator.clock())).mac


async def test_a_block_is_told_as_event_and_as_user() -> None:
    async with running() as r, r.socket() as socket:
        mac = a_client(r.simulator)
        await block(r, mac)
        event = await frames(socket, "events")
        assert event["meta"] == {"rc": "ok", "message": "events"}
        assert event["data"][0]["key"].endswith("_Disconnected")
        user = await frames(socket, "user:sync")
        assert (user["data"][0]["mac"], user["data"][0]["blocked"]) == (mac, True)


@pytest.mark.parametrize("headers", [{}, {"X-API-KEY": "wrong"}, {"Cookie": "TOKEN=made-up"}])
async def test_a_stranger_is_rejected_at_the_handshake(headers: dict[str, str]) -> None:
    async with running() as r:
        with pytest.raises(InvalidStatus) as rejected:
            async with r.socket(headers=headers):
                pass
        assert rejected.value.response.status_code == 403


async def test_a_key_of_the_integration_api_alone_does_not_open_it() -> None:
    async with running(SimulatorOptions(key_scope="integration")) as r:
        with pytest.raises(InvalidStatus):
            async with r.socket():
                pass


async def test_an_unknown_site_is_rejected_and_super_is_silent() -> None:
    async with running() as r:
        with pytest.raises(InvalidStatus):
            async with r.socket(EVENTS.replace("default", "nowhere")):
                pass
        async with r.socket(EVENTS.replace("default", "super")) as socket:
            await (await socket.ping())


async def test_a_session_cookie_opens_it() -> None:
    async with running() as r:
        login = {"username": "admin", "password": SimulatorOptions().password}
        answer = await posted(r, "/api/auth/login", login)
        cookie = answer.headers["set-cookie"].partition(";")[0]
        async with r.socket(headers={"Cookie": cookie}) as socket:
            await block(r, a_client(r.simulator))
            await frames(socket, "user:sync")


async def test_each_listener_hears_its_own_site_only() -> None:
    async with running() as r:
        other = next(name for name in r.simulator.world.sites if name != "default")
        async with r.socket() as here, r.socket(EVENTS.replace("default", other)) as there:
            await block(r, a_client(r.simulator))
            await frames(here, "user:sync")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await there.recv()


async def test_a_lifecycle_goes_on_while_somebody_listens() -> None:
    options = SimulatorOptions(speed=500)
    async with running(options) as r, r.socket() as socket:
        device = next(
            each
            for each in r.simulator.world.sites["default"].devices.values()
            if each.kind == "uap"
        )
        body = {"cmd": "restart", "mac": device.mac}
        await posted(r, "/proxy/network/api/s/default/cmd/devmgr", body)
        states = []
        while 1 not in states:
            frame = await frames(socket, "device:sync")
            if frame["meta"].get("mac") == device.mac:
                states.append(frame["data"][0]["state"])
    assert states == [6, 0, 5, 1]


async def test_now_and_then_the_whole_state_is_told() -> None:
    async with running() as r, r.socket() as socket:
        r.simulator.clock.skip(31)
        site = r.simulator.world.sites["default"]
        waiting = set(site.devices)
        while waiting:
            waiting.discard((await frames(socket, "device:sync"))["meta"]["mac"])
        rows = (await frames(socket, "sta:sync"))["data"]
    assert {row["mac"] for row in rows} <= set(site.clients)


async def test_what_the_client_says_is_ignored() -> None:
    async with running() as r, r.socket() as socket:
        await socket.send("ping")
        await block(r, a_client(r.simulator))
        await frames(socket, "user:sync")


async def test_the_control_plane_hangs_up_on_everybody() -> None:
    async with running() as r, r.socket() as first, r.socket() as second:
        async with httpx.AsyncClient(base_url=r.address, verify=r.trust) as http:
            answer = await http.delete("/_sim/websockets")
        assert answer.json() == {"closed": 2}
        for socket in (first, second):
            with pytest.raises(ConnectionClosed):
                await socket.recv()


async def test_who_leaves_is_no_longer_subscribed() -> None:
    async with running() as r:
        async with r.socket():
            pass
        site = r.simulator.world.sites["default"]
        while site.listeners:  # noqa: ASYNC110 - the other thread knows nothing of our events
            await asyncio.sleep(0.01)


async def test_a_fault_rejects_the_handshake_and_is_journalled() -> None:
    async with running() as r:
        r.simulator.faults.add(BadStatus(path="*/wss/*", times=1), now=0)
        with pytest.raises(InvalidStatus):
            async with r.socket():
                pass
        async with r.socket():
            entries = [(each.status, each.faults) for each in r.simulator.journal]
    assert entries == [(403, ("status",)), (101, ())]


async def test_the_standalone_layout_serves_it_at_the_root() -> None:
    options = SimulatorOptions(layout="standalone")
    async with running(options) as r, r.socket("/wss/s/default/events") as socket:
        r.simulator.clock.skip(31)
        await frames(socket, "device:sync")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda site, now: clients.forget(site, [next(iter(site.clients))], now=now),
            "user:delete",
        ),
        (
            lambda site, now: devices.locate(site, next(iter(site.devices)), on=True, now=now),
            "device:sync",
        ),
        (
            lambda site, now: configuration.merge(
                site, "wlanconf", next(iter(site.wlans)), changes={"enabled": False}, now=now
            ),
            "wlanconf:sync",
        ),
        (
            lambda site, now: configuration.delete(
                site, "portforward", next(iter(site.port_forwards)), now=now
            ),
            "portforward:delete",
        ),
        (
            lambda site, now: configuration.change_setting(site, "mgmt", {"led": True}, now=now),
            "setting:sync",
        ),
    ],
)
async def test_every_change_has_its_frame(change: Any, message: str) -> None:
    simulator = simulate()
    heard: list[str] = []
    site = simulator.world.sites["default"]
    site.subscribe(lambda frame: heard.append(frame.message))
    change(site, simulator.clock())
    assert message in heard
