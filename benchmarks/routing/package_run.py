"""Run inside a virtual environment of its own: the package semantic-router, fed with our vectors.

Reads an .npz file (`taught`, `labels`, `held_out`, `held_right`, `asked`) and writes another with
the routes, raw scores and confidences of the asked questions, and how long each took. Texts are
stand-ins that name rows; the encoder looks the vectors up, so none of the time is an encoder's.
"""

import importlib
import sys
import time
from typing import Any

import numpy as np


def main(source: str, target: str) -> None:
    """Answer the questions of one file into another."""
    kept = np.load(source)
    router = _router(kept)
    questions = [f"asked {row}" for row in range(len(kept["asked"]))]
    raw = [router(question) for question in questions]
    right = [_name(label) for label in kept["held_right"]]
    router.fit([f"held_out {row}" for row in range(len(right))], right)
    took, sure = [], []
    for question in questions:
        begin = time.perf_counter()
        sure.append(router(question).confidence)
        took.append((time.perf_counter() - begin) * 1000)
    np.savez(
        target,
        routes=np.array([int(one.name.removeprefix("route ")) for one in raw]),
        scores=np.array([one.confidence for one in raw]),
        confidences=np.array(sure),
        took=np.array(took),
    )


def _router(kept: Any) -> Any:
    package = importlib.import_module("semantic_router")
    encoders = importlib.import_module("semantic_router.encoders")

    def look_up(_: Any, texts: list[str]) -> list[Any]:
        places = (text.rsplit(" ", 1) for text in texts)
        return [kept_parts[part][int(row)] for part, row in places]

    kept_parts = {part: kept[part] for part in ("taught", "held_out", "asked")}
    encoder = type("Kept", (encoders.DenseEncoder,), {"__call__": look_up})(name="kept")
    routes = [
        package.Route(
            name=_name(route),
            utterances=[f"taught {row}" for row in np.flatnonzero(kept["labels"] == route)],
        )
        for route in range(int(kept["labels"].max()) + 1)
    ]
    return package.IndexedRouter(encoder=encoder, routes=routes)


def _name(label: int) -> str | None:
    return f"route {label}" if label >= 0 else None


if __name__ == "__main__":
    main(*sys.argv[1:])
