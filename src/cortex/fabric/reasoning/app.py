"""The process `reasoning-classifier`: its wiring, its routes, and whose turn it is.

The only place where the parts of this layer are made. What a text means is decided by
`classifier`; here it is asked one text at a time, off the loop that answers.
"""

import asyncio
from time import perf_counter
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cortex.errors import CortexError, Malformed, Misconfigured, Unavailable
from cortex.fabric.memory.embedding.places import model_folder
from cortex.fabric.messages import ClassifyReply, ClassifyRequest, Reading
from cortex.fabric.messages.entrance import Keys, admit, answered, body_as, broken, refuse
from cortex.fabric.reasoning.classifier.classifying import Classifier
from cortex.fabric.reasoning.classifier.features import LARGEST_TEXT
from cortex.fabric.reasoning.classifier.promotion import promoted
from cortex.fabric.reasoning.classifier.verdict import Verdict
from cortex.fabric.reasoning.metrics import CONTENT_TYPE, Metrics
from cortex.settings.knobs import ReasoningClassifier

LAYER: Final = "reasoning-classifier"
_LONGEST_NAME = 128
"""Characters of a caller's own id that are put into the log; ours have 32."""
_log = structlog.get_logger(__name__)


class Layer:
    """The routes of the layer over its classifier."""

    def __init__(self, classifier: Classifier, settings: ReasoningClassifier) -> None:
        self._classifier = classifier
        self._keys = Keys(settings.home / "keys")
        self._turn = asyncio.Semaphore(1)
        self._metrics = Metrics()

    async def classify(self, request: Request) -> Response:
        """Say what one text means."""
        admit(request, self._keys)
        asked = await body_as(request, ClassifyRequest)
        _check(asked)
        began = perf_counter()
        try:
            verdict = await self._judged(asked)
        except CortexError:
            raise
        except Exception:  # noqa: BLE001  # one text: logged, answered, not the process's end
            _log.exception("classifying broke", query_id=_inert(asked.query_id))
            return answered(broken(LAYER), status=500)
        self._metrics.seconds.observe(perf_counter() - began)
        best = verdict.readings[0].tool if verdict.readings else "none"
        self._metrics.verdicts.labels(verdict.kind, best).inc()
        _log.info("classified", query_id=_inert(asked.query_id), verdict=verdict.kind, tool=best)
        return answered(_reply(verdict))

    async def _judged(self, asked: ClassifyRequest) -> Verdict:
        """Wait for a turn, and classify in a thread.

        Raises:
            Unavailable: The deadline passed before its turn came.

        """
        try:
            async with asyncio.timeout(asked.deadline_ms / 1000):
                await self._turn.acquire()
        except TimeoutError as error:
            message = f"its turn did not come within {asked.deadline_ms} ms"
            raise Unavailable(message, hint="ask fewer at a time") from error
        try:
            return await asyncio.to_thread(self._classifier.classify, asked.text)
        finally:
            self._turn.release()

    async def health(self, _request: Request) -> Response:
        """Answer that the process runs."""
        return answered({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        """Answer whether calls are taken: the credential is there, as model and head are."""
        self._keys.service()
        return answered({"status": "ready"})

    async def page(self, _request: Request) -> Response:
        """Show the metrics."""
        return Response(self._metrics.page(), media_type=CONTENT_TYPE)


def build(settings: ReasoningClassifier) -> Starlette:
    """Wire the layer.

    Raises:
        Unavailable: The embedding model is not there, or damaged.
        Misconfigured: The head is, or it was trained with another model.

    """
    classifier = _opened(settings)
    if classifier.retired:
        _log.warning("the head knows tools that have changed since", tools=classifier.retired)
    layer = Layer(classifier, settings)
    return Starlette(
        routes=[
            Route("/v1/classify", layer.classify, methods=["POST"]),
            Route("/health", layer.health, methods=["GET"]),
            Route("/ready", layer.ready, methods=["GET"]),
            Route("/metrics", layer.page, methods=["GET"]),
        ],
        exception_handlers={CortexError: refuse},
    )


def _opened(settings: ReasoningClassifier) -> Classifier:
    """Open the promoted head, or the one that comes with Cortex when it cannot be used."""
    model = model_folder(settings.memory.model_folder, settings.home)
    try:
        if file := promoted(settings.home):
            classifier = Classifier.open(model, file)
            _log.info("a promoted head is in use", head=file.name)
            return classifier
    except (Malformed, Misconfigured) as error:
        _log.warning("the promoted head is passed over", reason=error.message)
    return Classifier.open(model)


def _check(asked: ClassifyRequest) -> None:
    """Refuse what cannot be a question.

    Raises:
        Malformed: It is empty or too long, or its deadline is none.

    """
    if not asked.text.strip():
        message = "the text is empty"
        raise Malformed(message)
    if len(asked.text.encode(errors="replace")) > LARGEST_TEXT:
        message = f"the text is longer than {LARGEST_TEXT} bytes"
        raise Malformed(message)
    if asked.deadline_ms <= 0:
        message = f"the deadline {asked.deadline_ms} ms is none"
        raise Malformed(message, hint="give the milliseconds that are left")


def _reply(verdict: Verdict) -> ClassifyReply:
    readings = tuple(Reading(tool=one.tool, confidence=one.confidence) for one in verdict.readings)
    return ClassifyReply(verdict=verdict.kind, readings=readings, why=verdict.why)


def _inert(text: str) -> str:
    """Make a caller's words fit for a log line."""
    shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    return shown[:_LONGEST_NAME]
