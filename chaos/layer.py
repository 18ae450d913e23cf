"""Have the execution layer change something, under a nonce that the task always has.

The layer may be killed at any moment and comes back at another address, which lies in a file.
"""

import asyncio
import hashlib
import time
from pathlib import Path

import httpx
import msgspec

from cortex.coordination.queue.task import Task
from cortex.fabric.messages import (
    Asker,
    ExecuteRequest,
    Grant,
    Outcome,
    Plan,
    PlanReply,
    PlanRequest,
)
from cortex.fabric.messages.grants import sign

ADDRESS = "layer.url"
_PRINCIPAL = "chaos"
_WITHIN_S = 60.0
_AGAIN_S = 0.2
_GRANTED_S = 86_400.0
_ASKED_MS = 10_000
_REPLIED_S = 20.0
"""Well beyond what the layer may take: who gives up early and asks again keeps it the busier."""


class LayerCaller:
    """What asks the layer; `folder` holds its address, and its keys under `layer/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._http = httpx.AsyncClient(timeout=_REPLIED_S, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def rename(self, task: Task) -> str:
        """Rename the client of a task, once however often it is asked; say what was wrong."""
        deadline = time.monotonic() + _WITHIN_S
        wrong = "the layer was away for too long"
        while time.monotonic() < deadline:
            try:
                outcome = await self._asked(task)
            except (httpx.HTTPError, OSError) as error:
                away = f"the layer was away for too long: {error!r}"
                wrong = away if wrong.startswith("the layer") else wrong
            else:
                if outcome == "done":
                    return ""
                wrong = outcome
            await asyncio.sleep(_AGAIN_S)
        return wrong

    async def _asked(self, task: Task) -> str:
        asker = Asker(principal=_PRINCIPAL, address="")
        wanted = PlanRequest(
            query_id=task.id, tool="rename_client", arguments=task.arguments, asker=asker
        )
        planned = msgspec.json.decode(await self._post("/v1/plan", wanted), type=PlanReply)
        if planned.plan is None:
            return f"not planned: {planned.answer}"
        request = ExecuteRequest(
            query_id=task.id,
            plan=planned.plan,
            grant=self._granted(task, planned.plan),
            deadline_ms=_ASKED_MS,
        )
        outcome = msgspec.json.decode(await self._post("/v1/execute", request), type=Outcome)
        return "done" if outcome.status == "done" else f"{outcome.status}: {outcome.answer}"

    def _granted(self, task: Task, plan: Plan) -> Grant:
        nonce = hashlib.sha256(b"chaos\0" + task.id.encode()).hexdigest()[:32]
        bare = Grant(
            digest=plan.digest,
            nonce=nonce,
            principal=_PRINCIPAL,
            expires_at=time.time() + _GRANTED_S,
            signature="",
        )
        return sign(bare, self._key("grant").encode())

    async def _post(self, path: str, body: msgspec.Struct) -> bytes:
        address = (self._folder / ADDRESS).read_text(encoding="ascii")
        reply = await self._http.post(
            f"{address}{path}",
            content=msgspec.json.encode(body),
            headers={"authorization": f"Bearer {self._key('service')}"},
        )
        return reply.raise_for_status().content

    def _key(self, name: str) -> str:
        return (self._folder / "layer" / "keys" / name).read_text(encoding="ascii").strip()
