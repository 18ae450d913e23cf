"""The layer under test before simulated devices that answer over SSH, and what it remembers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec

from cortex.fabric.execution.ssh.app import build
from cortex.fabric.messages import (
    Asker,
    ExecuteRequest,
    Grant,
    Known,
    Outcome,
    Plan,
    PlanReply,
    PlanRequest,
)
from cortex.fabric.messages.grants import sign
from cortex.settings.knobs import ExecutionSsh, Guard, Ssh
from tests.fabric.execution.bench import GRANT_KEY, PRINCIPAL, SERVICE, make_keys
from tests.simulators.unifi.ssh.site import DEFAULTS, START, Ground, ground

DEADLINE = 30.0
_DEVICE = (
    "mac", "name", "model", "type", "ip", "version", "state", "uptime", "adopted",
    "uplink", "last_uplink", "port_table",
)  # fmt: skip
_CLIENT = (
    "mac", "name", "hostname", "ip", "last_ip", "fixed_ip", "use_fixedip", "blocked",
    "is_wired", "essid", "network", "network_id", "ap_mac", "sw_mac", "sw_port",
)  # fmt: skip


class Bench:
    """A layer, the devices it reaches, and what is remembered of them."""

    def __init__(self, street: Ground, known: Known, settings: ExecutionSsh) -> None:
        self.street = street
        self.known = known
        self.settings = settings
        self._nonces = count()
        self.now = START
        self.bodies: list[str] = []
        """Everything that has left the layer."""
        self.app = build(settings, clock=lambda: self.now)

    def mac(self, name: str) -> str:
        """Return the address of a simulated device."""
        return self.street.device(name).mac

    @contextlib.asynccontextmanager
    async def again(self, guard: Guard | None = None, **ssh: Any) -> AsyncIterator["Bench"]:
        """Run the layer with other settings before the same devices."""
        settings = replace(
            self.settings,
            guard=guard or self.settings.guard,
            ssh=replace(self.settings.ssh, **ssh),
        )
        other = Bench(self.street, self.known, settings)
        async with other.app.router.lifespan_context(other.app):
            yield other

    def places(self, **changes: str) -> None:
        """Say where devices are reached; what has no port is sought where nobody listens."""
        nowhere = {row["mac"]: "127.0.0.1:9" for row in self.known.devices}
        assert self.settings.ssh.addresses_file is not None
        self.settings.ssh.addresses_file.write_bytes(
            msgspec.json.encode(nowhere | self.street.fleet.addresses | changes)
        )

    def remember(self, mac: str, **changes: Any) -> None:
        """Change what is remembered of a device."""
        rows = tuple({**row, **changes} if row["mac"] == mac else row for row in self.known.devices)
        self.known = msgspec.structs.replace(self.known, devices=rows)

    async def post(self, path: str, body: Any) -> httpx.Response:
        """Send one message to the layer."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://layer",
            headers={"authorization": f"Bearer {SERVICE}"},
        ) as client:
            response = await client.post(path, content=msgspec.json.encode(body))
        self.bodies.append(response.text)
        return response

    async def asked(self, tool: str, *, address: str = "", **arguments: Any) -> httpx.Response:
        """Ask for a plan and return the raw response."""
        return await self.post(
            "/v1/plan",
            PlanRequest(
                query_id="q1",
                tool=tool,
                arguments=arguments,
                asker=Asker(principal=PRINCIPAL, address=address),
                known=self.known,
            ),
        )

    async def plan(self, tool: str, *, address: str = "", **arguments: Any) -> PlanReply:
        """Plan a call."""
        response = await self.asked(tool, address=address, **arguments)
        assert response.status_code == 200, response.text
        return msgspec.json.decode(response.content, type=PlanReply)

    async def planned(self, tool: str, **arguments: Any) -> Plan:
        """Plan a call that can be planned."""
        reply = await self.plan(tool, **arguments)
        assert reply.plan is not None, (reply.status, reply.answer)
        return reply.plan

    def grant(self, plan: Plan) -> Grant:
        """Sign the leave for a plan."""
        bare = Grant(
            digest=plan.digest,
            nonce=f"n{next(self._nonces)}",
            principal=PRINCIPAL,
            expires_at=self.now + 60,
            signature="",
        )
        return sign(bare, GRANT_KEY)

    async def execute(
        self, plan: Plan, grant: Grant | None = None, *, deadline_ms: int = 20_000
    ) -> Outcome:
        """Perform a plan, granted if it needs to be."""
        if plan.risk != "read" and grant is None:
            grant = self.grant(plan)
        request = ExecuteRequest(
            query_id="q1", plan=plan, grant=grant, deadline_ms=deadline_ms, known=self.known
        )
        response = await self.post("/v1/execute", request)
        assert response.status_code == 200, response.text
        return msgspec.json.decode(response.content, type=Outcome)

    async def do(self, tool: str, *, deadline_ms: int = 20_000, **arguments: Any) -> Outcome:
        """Plan and perform a call."""
        return await self.execute(await self.planned(tool, **arguments), deadline_ms=deadline_ms)

    async def while_time_passes(self, outcome: Any, *, step: float = 5.0) -> Outcome:
        """Wait for a call while the devices' time goes on."""
        async with asyncio.timeout(DEADLINE):
            task: asyncio.Task[Outcome] = asyncio.ensure_future(outcome)
            while not task.done():
                await asyncio.wait({task}, timeout=0.05)
                self.now += step
                await self.street.pass_time(step)
            return task.result()

    async def commands(self) -> list[list[str]]:
        """Return what was run on devices, as words."""
        return [entry["body"]["argv"] for entry in await self.street.journal()]


@contextlib.asynccontextmanager
async def bench(home: Path, *, guard: Guard | None = None, **options: Any) -> AsyncIterator[Bench]:
    """Run the layer before a simulated site."""
    addresses = home / "addresses.json"
    make_keys(home)
    async with ground(**{"clients": 30, **options}) as street:
        found = Ssh(
            username=DEFAULTS.ssh_username,
            password=DEFAULTS.ssh_password,
            console_password=DEFAULTS.console_password,
            addresses_file=addresses,
            old_keys=tuple(
                host.device.mac for host in street.fleet.hosts if host.key.kind == "ssh-rsa"
            ),
        )
        settings = ExecutionSsh(
            home=home,
            guard=guard or Guard(),
            ssh=found,
            settle_poll=timedelta(milliseconds=10),
        )
        layer = Bench(street, await remembered(street), settings)
        layer.places()
        async with layer.app.router.lifespan_context(layer.app):
            yield layer


async def remembered(street: Ground) -> Known:
    """Return what the activator remembers of the first site."""
    path = "/proxy/network/api/s/default"
    devices = (await street.http.get(f"{path}/stat/device")).json()["data"]
    here = (await street.http.get(f"{path}/stat/sta")).json()["data"]
    everyone = (await street.http.get(f"{path}/rest/user")).json()["data"]
    online = {row["mac"] for row in here}
    clients = [*here, *(row for row in everyone if row["mac"] not in online)]
    return Known(
        site="default",
        site_name="Default",
        at=START,
        inform_url="http://192.168.1.1:8080/inform",
        devices=tuple(
            {name: row[name] for name in _DEVICE if name in row}
            | {"ssh_hostkey_fingerprint": row.get("x_ssh_hostkey_fingerprint", "")}
            for row in devices
        ),
        clients=tuple(
            {name: row[name] for name in _CLIENT if name in row} | {"online": row["mac"] in online}
            for row in clients
        ),
    )
