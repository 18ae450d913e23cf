"""Put on record which host key somebody at this machine accepted or forgot.

It goes the way of every event: to Redis, from where the audit log takes it; while Redis is away,
into the file that the next start of an activator takes up. Nothing of it stops the command.
"""

import asyncio
import os
import pwd
import time
import uuid
from typing import Literal

from cortex.cli.devices.remembered import Device
from cortex.coordination.connecting import client_of
from cortex.errors import CortexError
from cortex.fabric.activator.peers.outbox import leave, send_one
from cortex.fabric.messages.outcomes import OutcomeEvent, Touched
from cortex.settings.loading import Settings

_REDIS_S = 2.0
_LONGEST = 256
KeyChange = Literal["ssh_accept", "ssh_forget"]


def record(settings: Settings, change: KeyChange, device: Device, fingerprint: str) -> str:
    """Record what was done to a host key; return what stands against it, empty for nothing."""
    if not settings.activator.redis.enabled:
        return "there is no audit log without Redis (redis.enabled: false)"
    event = OutcomeEvent(
        id=uuid.uuid4().hex,
        at=time.time(),
        kind="trust",
        principal=f"local:{_user()}"[:_LONGEST],
        tool=change,
        targets=(
            Touched(id=device.mac, name=device.name[:_LONGEST]),
            Touched(id=fingerprint[:_LONGEST]),
        ),
        status="done",
    )
    try:
        asyncio.run(_send(settings, event))
    except (CortexError, TimeoutError):
        return _left(settings, event)
    return ""


def _left(settings: Settings, event: OutcomeEvent) -> str:
    # When only the reply was lost it comes twice, which the log knows by its id.
    try:
        leave(settings.home, event)
    except OSError as error:
        return f"it is not in the audit log: {error.strerror}"
    return ""


async def _send(settings: Settings, event: OutcomeEvent) -> None:
    knobs = settings.activator.redis
    redis = client_of(knobs, settings.home)
    try:
        async with asyncio.timeout(_REDIS_S):
            await send_one(redis, event, kept=knobs.kept_outcomes)
    finally:
        await redis.close()


def _user() -> str:
    """Name whoever runs this by the system's own list, not by what the environment says."""
    user = os.getuid()
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
