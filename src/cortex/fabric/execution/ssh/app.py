"""The process `execution-unifi-ssh`: its wiring.

The only place where the parts of this layer are made; no other serving process loads the SSH
library (`cortex ssh` and `cortex doctor` do, to look at host keys and key files).
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from cortex.clients.ssh import KnownHosts, Limits, Login, Realm, Secret, Sessions
from cortex.errors import CortexError
from cortex.fabric.execution.layer import Layer, routes_of
from cortex.fabric.execution.metrics import Metrics
from cortex.fabric.execution.perform.apart import Apart
from cortex.fabric.execution.perform.intents import Intents
from cortex.fabric.execution.perform.performing import Performer
from cortex.fabric.execution.plan.planning import Planner
from cortex.fabric.execution.ssh.asking.fleet import Fleet
from cortex.fabric.execution.ssh.discovering import Discovering
from cortex.fabric.execution.ssh.means import SshMeans
from cortex.fabric.execution.ssh.table import LAYER, SERVED
from cortex.fabric.messages.entrance import Keys, refuse
from cortex.settings.knobs import ExecutionSsh, Ssh

KNOWN_HOSTS = "known_hosts.json"


def build(settings: ExecutionSsh, *, clock: Callable[[], float] = time.time) -> Starlette:
    """Wire the layer; `clock` is Unix time."""
    ssh, folder = settings.ssh, settings.home / LAYER
    sessions = Sessions(
        logins_of(ssh),
        limits_of(ssh),
        first_use=ssh.first_use,
        known=KnownHosts(folder / KNOWN_HOSTS),
    )
    means, apart = SshMeans(Fleet(sessions, ssh), clock), Apart()
    layer = Layer(
        SERVED,
        Planner(means, guard=settings.guard, clock=clock, apart=apart),
        Performer(
            means,
            intents=Intents(folder, clock=clock),
            settings=settings,
            clock=clock,
            apart=apart,
        ),
        keys=Keys(settings.home / "keys"),
        metrics=Metrics("execution_unifi_ssh", asked="device"),
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await sessions.aclose()

    discovering = Discovering(ssh.discovery, Keys(settings.home / "keys"), clock)
    return Starlette(
        routes=routes_of(layer, discovering.route()),
        exception_handlers={CortexError: refuse},
        lifespan=lifespan,
    )


def logins_of(ssh: Ssh) -> dict[Realm, Login]:
    """Return who we are in each realm that the settings give a login for."""
    logins: dict[Realm, Login] = {}
    if ssh.username:
        logins["device"] = Login(ssh.username, _secret(ssh.password), ssh.key_file)
    if ssh.console_password or ssh.console_key_file:
        word = _secret(ssh.console_password)
        logins["console"] = Login(ssh.console_username, word, ssh.console_key_file)
    return logins


def _secret(word: str | None) -> Secret | None:
    return Secret(word) if word else None


def limits_of(ssh: Ssh) -> Limits:
    """Return what one command, and all sessions together, may take."""
    return Limits(
        connect_s=ssh.connect_timeout.total_seconds(),
        command_s=ssh.command_timeout.total_seconds(),
        output_bytes=ssh.output_limit,
        sessions=ssh.sessions,
        connecting=ssh.concurrent,
        idle_s=ssh.idle.total_seconds(),
    )
