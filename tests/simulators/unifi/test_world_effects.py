"""The world under any sequence of commands: what holds whatever is done to it."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cortex.simulators.unifi.world import DeviceState, Frame, Record, Refusal, build_world
from cortex.simulators.unifi.world.effects import (
    clients,
    configuration,
    devices,
    guests,
    speedtests,
)
from cortex.simulators.unifi.world.rows.clients import known, station
from cortex.simulators.unifi.world.rows.devices import device_row

START = 1_800_000_000.0
WHICH = st.integers(0, 60)


class AnySequence(RuleBasedStateMachine):
    """Commands in any order, with time passing between them."""

    @initialize(seed=st.integers(1, 5))
    def build(self, seed: int) -> None:
        """Start from a built world and listen to it."""
        self.now = START
        self.world = build_world(seed, now=self.now)
        self.site = self.world.site("default")
        self.frames: list[Frame] = []
        self.site.subscribe(self.frames.append)
        self.sockets = {mac: len(each.ports) for mac, each in self.site.devices.items()}
        self.told = len(self.site.system_log)

    def _client(self, which: int) -> str:
        macs = list(self.site.clients) or ["02:00:00:00:00:01"]
        return macs[which % len(macs)]

    def _device(self, which: int) -> str:
        macs = list(self.site.devices)
        return macs[which % len(macs)]

    @rule(seconds=st.floats(0, 300))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.world.advance(self.now)

    @rule(which=WHICH, act=st.sampled_from([clients.block, clients.unblock]))
    def block(self, which: int, act: Callable[..., object]) -> None:
        """Block or unblock someone."""
        act(self.site, self._client(which), now=self.now, by="admin")

    @rule(which=WHICH)
    def kick(self, which: int) -> None:
        """Kick someone, there or not."""
        with suppress(Refusal):
            clients.kick(self.site, self._client(which), now=self.now)

    @rule(which=WHICH, minutes=st.integers(1, 10))
    def admit(self, which: int, minutes: int) -> None:
        """Authorize and sometimes revoke."""
        mac = self._client(which)
        guests.authorize(self.site, mac, now=self.now, minutes=minutes)
        if minutes == 1:
            guests.revoke(self.site, mac, now=self.now)

    @rule(which=WHICH)
    def forget_client(self, which: int) -> None:
        """Forget someone."""
        clients.forget(self.site, [self._client(which)], now=self.now)

    @rule(which=WHICH, hard=st.booleans())
    def restart(self, which: int, *, hard: bool) -> None:
        """Restart a device."""
        devices.restart(self.site, self._device(which), now=self.now, hard=hard)

    @rule(which=WHICH)
    def upgrade(self, which: int) -> None:
        """Upgrade a device."""
        devices.upgrade(self.site, self._device(which), now=self.now, version="9.9.9.1")

    @rule(which=WHICH)
    def adopt(self, which: int) -> None:
        """Adopt a device, waiting or not."""
        with suppress(Refusal):
            devices.adopt(self.site, self._device(which), now=self.now)

    @rule(which=WHICH)
    def forget_device(self, which: int) -> None:
        """Forget a device unless it is the last one."""
        with suppress(Refusal):
            if len(self.site.devices) > 1:
                devices.forget(self.site, self._device(which), now=self.now)

    @rule(which=WHICH, port=st.integers(0, 30))
    def power_cycle(self, which: int, port: int) -> None:
        """Cycle a port's power."""
        with suppress(Refusal):
            devices.power_cycle(self.site, self._device(which), port, now=self.now)

    @rule(which=WHICH, ports=st.lists(st.integers(1, 30)), mode=st.sampled_from(["auto", "off"]))
    def set_poe(self, which: int, ports: list[int], mode: str) -> None:
        """Replace a device's port overrides."""
        device = self.site.devices[self._device(which)]
        overrides = [{"port_idx": port, "poe_mode": mode} for port in ports]
        changes: Record = {"port_overrides": overrides}
        devices.update(self.site, device, changes, now=self.now)

    @rule(which=WHICH, on=st.booleans())
    def disable(self, which: int, *, on: bool) -> None:
        """Disable or enable a device."""
        device = self.site.devices[self._device(which)]
        devices.update(self.site, device, {"disabled": on}, now=self.now)

    @rule(which=WHICH, on=st.booleans())
    def toggle_wlan(self, which: int, *, on: bool) -> None:
        """Switch a WLAN on or off."""
        key = list(self.site.wlans)[which % len(self.site.wlans)]
        changes: Record = {"enabled": on}
        configuration.merge(self.site, "wlanconf", key, changes=changes, now=self.now)

    @rule()
    def test_speed(self) -> None:
        """Start a speed test."""
        with suppress(Refusal):
            speedtests.start(self.site, now=self.now)

    @invariant()
    def no_blocked_client_is_online(self) -> None:
        """Keep every blocked client off, whatever else happens."""
        assert not any(client.blocked for client in self.site.online(self.now))

    @invariant()
    def whoever_is_online_hangs_on_something_that_serves(self) -> None:
        """One view of who is online, and a way from each to the gateway."""
        online = {client.mac for client in self.site.online(self.now)}
        each = {c.mac for c in self.site.clients.values() if self.site.is_online(c, self.now)}
        assert online == each
        for mac in online:
            device = self.site.devices[self.site.clients[mac].uplink_mac]
            assert device.adopted
            assert device.state not in {DeviceState.PENDING, DeviceState.DISCONNECTED}

    @invariant()
    def rows_make_sense(self) -> None:
        """Uptimes count up from 0, ports stay, every record can be written."""
        for mac, device in self.site.devices.items():
            row = device_row(self.site, device, self.now)
            assert len(row.get("port_table", [])) in {0, self.sockets[mac]}
            assert row.get("uptime", 0) >= 0
            assert device.uptime(self.now) >= 0
            assert row["num_sta"] == row["user-num_sta"] + row["guest-num_sta"]
        for client in self.site.clients.values():
            assert known(client)["mac"] == client.mac
        for client in self.site.online(self.now):
            row = station(self.site, client, self.now)
            assert row["uptime"] >= 0
            assert row["assoc_time"] <= self.now

    @invariant()
    def what_happened_is_never_untold(self) -> None:
        """Grow the log only, and send every row of it as an `events` frame."""
        grown = len(self.site.system_log) - self.told
        assert grown == sum(frame.message == "events" for frame in self.frames)

    @invariant()
    def devices_settle(self) -> None:
        """Order the steps ahead, and leave a device without any at rest."""
        for device in self.site.devices.values():
            times = [step.at for step in device.steps]
            assert times == sorted(times)
            if not device.steps and not device.adopted:
                assert device.state is DeviceState.PENDING
            elif not device.steps and self.site.is_serving(device.mac):
                assert device.state is DeviceState.CONNECTED


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
