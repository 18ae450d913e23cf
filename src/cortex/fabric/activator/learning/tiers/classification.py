"""Tier 3: the classifier, which is woken for what neither rules nor memory know.

Whatever becomes of the waking or the asking, the query goes on; what it says is only proposed.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from cortex.errors import BrokenContract, Unavailable, UnknownTool
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.layers.calls import LayerCalls
from cortex.fabric.activator.layers.processes import Awake
from cortex.fabric.activator.layers.table import CLASSIFIER
from cortex.fabric.activator.learning.tiers.curves import Calibration
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import ClassifyReply, ClassifyRequest
from cortex.fabric.routing.cascade import Opinion, Proposal
from cortex.fabric.routing.experience.curve import Curves
from cortex.fabric.routing.experience.routes import arguments_for
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.mode import CONFIDENT_FROM

_LONGEST_S = 10.0
"""What the classifier may take at most, its start included."""
_SHARE = 0.5
"""Of the time that a query has left."""


class Layers(Protocol):
    """Where the layer comes from."""

    def claim(self, layer: str, deadline: float) -> AbstractAsyncContextManager[Awake]:
        """Hold a layer, woken if it sleeps, until the block ends."""

    def wait_for(self, layer: str) -> float | None:
        """Guess how many seconds a claim would wait; None when it need not wait."""


class ClassifierTier:
    """The classifier as an adviser."""

    def __init__(self, layers: Layers, calls: LayerCalls, calibration: Calibration) -> None:
        self._layers = layers
        self._calls = calls
        self._calibration = calibration

    async def opine(self, frame: Frame, trail: Trail) -> Opinion:
        """Propose what the classifier reads, or the readings between which people choose."""
        try:
            reply = await self._asked(frame, trail)
        except (Unavailable, BrokenContract) as error:
            trail.passed.append(f"the classifier could not be asked: {error.message}")
            return Opinion()
        readings = tuple(_proposals(reply, frame))
        if reply.verdict == "route":
            first, curves = readings[:1], await self._calibration.curves()
            return Opinion(first) if _believed(first, curves, trail) else Opinion(readings=first)
        return Opinion(readings=readings if reply.verdict == "ask" else ())

    async def _asked(self, frame: Frame, trail: Trail) -> ClassifyReply:
        now = asyncio.get_running_loop().time()
        deadline = now + min(_LONGEST_S, trail.left_s() * _SHARE)
        if (wait := self._layers.wait_for(CLASSIFIER)) is not None:
            usually = f" (about {wait:.1f} s)" if wait else ""
            trail.stage("wake", f"waking {CLASSIFIER}{usually}", layer=CLASSIFIER)
        async with self._layers.claim(CLASSIFIER, deadline) as awake:
            if awake.woke:
                trail.woke(CLASSIFIER, waited_ms=awake.wake_ms)
            left_s = max(0.0, deadline - asyncio.get_running_loop().time())
            request = ClassifyRequest(
                query_id=trail.asked.query_id, text=frame.text, deadline_ms=int(left_s * 1000)
            )
            return await self._calls.classify(awake.url, request, timeout_s=left_s)


def _believed(found: tuple[Proposal, ...], curves: Curves, trail: Trail) -> bool:
    """Tell whether what the classifier goes for is more likely right than not.

    By what people said of answers: what is not goes back to them as a question.
    """
    unsure = [one for one in found if curves.worth(one.tier, one.confidence) < CONFIDENT_FROM]
    if unsure:
        trail.passed.append("the classifier was wrong too often when it was as sure as now")
    return not unsure


def _proposals(reply: ClassifyReply, frame: Frame) -> Iterator[Proposal]:
    for one in reply.readings:
        try:
            tool = resolve_tool(one.tool)
        except UnknownTool:
            # The head was trained for another version of the catalogue.
            continue
        yield Proposal(
            tier="classifier",
            tool=tool.name,
            layer=tool.layer,
            arguments=arguments_for(tool, frame),
            confidence=one.confidence,
            why=reply.why or "it is worded like sentences that mean this",
            needs_confirmation=tool.writes,
        )
