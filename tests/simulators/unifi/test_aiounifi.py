"""Proof of fidelity that we did not write: Home Assistant's UniFi library works with us.

aiounifi speaks to consoles as it speaks to real ones: it finds out the layout, signs in, reads,
blocks and listens. Nothing here knows how the simulator works inside.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiounifi.controller import Controller
from aiounifi.errors import AiounifiException
from aiounifi.interfaces.api_handlers import ItemEvent
from aiounifi.models.configuration import Configuration
from aiounifi.models.device import DeviceRestartRequest
from aiounifi.models.event import Event, EventKey
from yarl import URL

from cortex.simulators.unifi.options import Layout, SimulatorOptions
from cortex.simulators.unifi.serve import listening
from cortex.simulators.unifi.simulator import Simulator, simulate

pytestmark = pytest.mark.anyio
LAYOUTS: tuple[Layout, ...] = ("unifi-os", "standalone")
PATIENCE = 20
SPEED = 200


@asynccontextmanager
async def signed_in(
    layout: Layout, given: str | None = None
) -> AsyncIterator[tuple[Controller, Simulator]]:
    options = SimulatorOptions(layout=layout, speed=SPEED)
    password = given or options.password
    simulator = simulate(options)
    jar = aiohttp.CookieJar(unsafe=True)  # "unsafe" means: cookies from an address without a name
    with listening(simulator, options) as address:
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession(cookie_jar=jar) as session:
            port = URL(address).port or 0
            controller = Controller(
                Configuration(session, "127.0.0.1", username="admin", password=password, port=port)
            )
            await controller.login()
            yield controller, simulator


@asynccontextmanager
async def heard(controller: Controller) -> AsyncIterator[None]:
    """Listen to the websocket while the context lasts."""
    task = asyncio.create_task(controller.start_websocket())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def subscribed(simulator: Simulator) -> None:
    await becomes(lambda: bool(simulator.world.sites["default"].listeners))


async def becomes(holds: Callable[[], bool]) -> None:
    """Wait until something holds that the server's thread brings about."""
    for _ in range(100 * PATIENCE):
        if holds():
            return
        await asyncio.sleep(0.01)
    message = "it never came to hold"
    raise TimeoutError(message)


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_it_recognises_the_layout_and_signs_in(layout: Layout) -> None:
    async with signed_in(layout) as (controller, _):
        assert controller.connectivity.is_unifi_os is (layout == "unifi-os")


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_it_is_turned_away_with_a_wrong_password(layout: Layout) -> None:
    with pytest.raises(AiounifiException):
        async with signed_in(layout, given="guessed"):
            pass


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_it_reads_everything_it_knows_of(
    layout: Layout, caplog: pytest.LogCaptureFixture
) -> None:
    async with signed_in(layout) as (controller, simulator):
        await controller.initialize()
        site = simulator.world.sites["default"]
        online = {client.mac for client in site.online(simulator.clock())}
        assert set(controller.clients) == online
        assert set(controller.clients_all) == set(site.clients)
        assert set(controller.devices) == set(site.devices)
        assert {wlan.name for wlan in controller.wlans.values()} == {
            wlan["name"] for wlan in site.wlans.values()
        }
        assert {each.description for each in controller.sites.values()} == {"Home", "Workshop"}
        (system,) = controller.system_information.values()
        assert system.version == simulator.world.version
        assert len(list(controller.ports)) > 8
        assert list(controller.port_forwarding)
    assert "Exception on update" not in caplog.text


async def test_what_it_shows_of_a_client_and_a_device_is_what_there_is() -> None:
    async with signed_in("unifi-os") as (controller, simulator):
        await controller.clients.update()
        await controller.devices.update()
        site = simulator.world.sites["default"]
        for client in controller.clients.values():
            known = site.clients[client.mac]
            assert client.ip == known.ip
            assert client.is_wired is known.is_wired
            assert client.is_guest is known.is_guest
            uplink = client.switch_mac if client.is_wired else client.access_point_mac
            assert uplink == known.uplink_mac
        for device in controller.devices.values():
            assert device.name == site.devices[device.mac].name
            assert device.state.value == site.devices[device.mac].state
            assert device.version == site.devices[device.mac].version


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_it_blocks_and_unblocks_a_client_and_sees_both(layout: Layout) -> None:
    async with signed_in(layout) as (controller, simulator):
        await controller.clients.update()
        await controller.clients_all.update()
        mac = next(client.mac for client in controller.clients.values() if not client.is_wired)

        await controller.clients.block(mac)
        await controller.clients_all.update()
        assert controller.clients_all[mac].blocked
        assert mac not in await macs_online(controller)

        await controller.clients.unblock(mac)
        await controller.clients_all.update()
        assert not controller.clients_all[mac].blocked
        simulator.clock.skip(60)
        assert mac in await macs_online(controller)


async def macs_online(controller: Controller) -> set[str]:
    fresh = Controller(controller.connectivity.config)
    fresh.connectivity = controller.connectivity
    await fresh.clients.update()
    return set(fresh.clients)


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_the_websocket_tells_it_of_block_and_return(layout: Layout) -> None:
    async with signed_in(layout) as (controller, simulator):
        await controller.clients.update()
        client = next(each for each in controller.clients.values() if not each.is_wired)
        events: list[Event] = []
        controller.events.subscribe(events.append)
        back = asyncio.Event()
        controller.clients.subscribe(
            lambda _event, _mac: back.set(), ItemEvent.CHANGED, id_filter=client.mac
        )
        async with heard(controller):
            await subscribed(simulator)
            await controller.clients.block(client.mac)
            await controller.clients.unblock(client.mac)
            await back.wait()
        keys = [event.key for event in events if event.mac == client.mac]
    assert EventKey.WIRELESS_CLIENT_BLOCKED in keys
    assert EventKey.WIRELESS_CLIENT_UNBLOCKED in keys
    assert EventKey.WIRELESS_CLIENT_CONNECTED in keys


async def test_the_websocket_tells_it_how_a_restart_goes() -> None:
    async with signed_in("unifi-os") as (controller, simulator):
        await controller.devices.update()
        device = next(each for each in controller.devices.values() if each.type == "uap")
        before = device.uptime
        seen: list[int] = []
        done = asyncio.Event()

        def note(_event: ItemEvent, mac: str) -> None:
            seen.append(controller.devices[mac].state.value)
            if seen[-1] == 1:
                done.set()

        controller.devices.subscribe(note, ItemEvent.CHANGED, id_filter=device.mac)
        async with heard(controller):
            await subscribed(simulator)
            await controller.request(DeviceRestartRequest.create(device.mac))
            await done.wait()
    assert seen == [6, 0, 5, 1]
    assert controller.devices[device.mac].uptime < before


async def test_it_signs_in_again_by_itself_when_its_session_has_ended() -> None:
    async with signed_in("unifi-os") as (controller, simulator):
        await controller.clients.update()
        simulator.clock.skip(10_000)
        await controller.clients.update()
        logins = [each for each in simulator.journal if each.path == "/api/auth/login"]
    assert [each.status for each in logins] == [200, 200]
