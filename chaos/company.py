"""Those who answer the tasks of other systems amid the faults: real activators and real masters.

The lab's own activator is never killed, because it is asked all the while; a second one and the two
masters are, and start again. The agent that the masters hand tasks to is this process.
"""

import asyncio
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from chaos.letters import SENDER, Answer, Letter, Post
from chaos.twin import twin
from cortex.clients.redis import RedisClient
from cortex.coordination.escalations import (
    INVESTIGATION,
    REPLIES,
    UNDERSTANDING,
    Reply,
    agent_stream,
    encode_reply,
)
from cortex.coordination.registry import Agent, Registry
from cortex.coordination.streams import RESULTS, TASKS, add, entries_of
from cortex.errors import CortexError, Unavailable
from cortex.lab.processes import Running, start
from cortex.lab.site import Lab

ROLES = {
    "second": "cortex-activator",
    "first-master": "cortex-master",
    "second-master": "cortex-master",
}
_AGENT = "chaos-agent"
_FOUND = "it is the weather"
_LOOK_S = 0.2
_LEASE_S = 2.0
_BEAT_S = 1.0


class Company:
    """The processes, the agent, and what was sent to them."""

    def __init__(self, folder: Path, url: str, lab: Lab) -> None:
        self._folder = folder
        self._url = url
        self._lab = lab
        self._homes: dict[str, dict[str, str]] = {}
        self._running: dict[str, Running] = {}
        self._turn = threading.Lock()
        self._closed = False
        self._sent: dict[str, Letter] = {}
        self._tries: Counter[str] = Counter()
        self._handed: Counter[str] = Counter()

    async def open(self) -> None:
        """Start them all."""
        for role in ROLES:
            master = {"cortex_master": {"lease": _LEASE_S}}
            home = self._folder / role
            self._homes[role] = await asyncio.to_thread(twin, self._lab, home, master)
            await asyncio.to_thread(self._renew, role)

    def kill(self, process: str, dice: Random) -> int:
        """Kill one of a kind, and tell its process id."""
        role = dice.choice([role for role, what in ROLES.items() if what == process])
        pid = self._running[role].pid
        if self._running[role].ended() is None:
            os.kill(pid, signal.SIGKILL)
        return pid

    async def keep(self) -> None:
        """Start again whoever ended, and be their agent, until cancelled."""
        redis = RedisClient.of(self._url, timeout_s=5.0)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_beat(redis))
                tasks.create_task(self._work(redis))
                tasks.create_task(self._keep_up())
        finally:
            await redis.close()

    async def send(self, redis: RedisClient, letter: Letter) -> None:
        """Put a task on the stream, again and again until that is confirmed."""
        payload = {"task_id": letter.id, "query": letter.query, "site": "", "context": {}}
        fields = {
            "sender": SENDER,
            "recipient": "unifi",
            "task_type": "query",
            "payload": json.dumps(payload),
            "priority": "normal",
            "timestamp": "",
            "metadata": "{}",
        }
        self._sent[letter.id] = letter
        while True:
            self._tries[letter.id] += 1
            try:
                await add(redis, TASKS, fields)
            except Unavailable:
                await asyncio.sleep(_LOOK_S)
            else:
                return

    async def all_answered(self, redis: RedisClient) -> bool:
        """Tell whether nothing that was sent waits for its answer any more."""
        with suppress(CortexError):
            return (await self.post(redis, [])).waiting == 0
        return False

    async def post(self, redis: RedisClient, writes: Sequence[Mapping[str, Any]]) -> Post:
        """Tell what became of all that was sent; `writes` is the journal of the controller."""
        told: Any = await redis.call("XRANGE", RESULTS, "-", "+")
        blocks = [one["body"]["mac"] for one in writes if one["body"].get("cmd") == "block-sta"]
        return Post(
            sent=self._sent,
            tries=self._tries,
            told=[_answer(one.fields) for one in entries_of(told)],
            handed=self._handed,
            blocked=Counter(blocks),
        )

    async def close(self) -> None:
        """End what still runs."""
        await asyncio.to_thread(self._stop)

    async def _keep_up(self) -> None:
        while True:
            for role in ROLES:
                if self._running[role].ended() is not None:
                    with suppress(CortexError):
                        await asyncio.to_thread(self._renew, role)
            await asyncio.sleep(_LOOK_S)

    def _renew(self, role: str) -> None:
        """Start one, in place of one that ended; nobody may wait for it any more."""
        with self._turn:
            if self._closed:
                return
            if role in self._running:
                self._running[role].stop()
            self._running[role] = self._started(role)

    def _stop(self) -> None:
        with self._turn:
            self._closed = True
            for one in self._running.values():
                one.stop()

    async def _work(self, redis: RedisClient) -> None:
        """Answer whatever the masters hand over, each time they do."""
        after = "-"
        while True:
            with suppress(CortexError):
                handed: Any = await redis.call("XRANGE", agent_stream(_AGENT), after, "+")
                for entry in entries_of(handed):
                    task_id = str(json.loads(entry.fields[b"payload"])["task_id"])
                    said = Reply(task_id=task_id, success=True, response=_FOUND, agent_id=_AGENT)
                    await add(redis, REPLIES, {"payload": encode_reply(said)})
                    self._handed[task_id.partition(":")[2]] += 1
                    after = f"({entry.id}"
            await asyncio.sleep(_LOOK_S)

    def _started(self, role: str) -> Running:
        clean = {name: one for name, one in os.environ.items() if not name.startswith("CORTEX_")}
        return start(
            role,
            ["serve", ROLES[role], "--parent-pipe"],
            environ=clean | self._homes[role],
            log=self._folder / f"{role}.log",
        )


async def _beat(redis: RedisClient) -> None:
    """Say that the agent is there, until cancelled."""
    agent = Agent(_AGENT, "expert", _AGENT, "ready", (INVESTIGATION, UNDERSTANDING))
    while True:
        with suppress(CortexError):
            await Registry(redis).beat(agent)
        await asyncio.sleep(_BEAT_S)


def _answer(fields: Mapping[bytes, bytes]) -> Answer:
    told = {name: fields.get(name.encode(), b"").decode() for name in ("task_id", "status")}
    return Answer(told["task_id"], told["status"], fields.get(b"response", b"").decode())
