"""A learning curve: 2,000 questions of one household in a seeded order, and a user who corrects.

Each question means one call, known from `replay/*.yaml`, which no training saw. The user says yes
to the call that was meant and no to any other, says so when an answer was a wrong one, and tells
in plain words what was meant when nothing came. Everything runs over HTTP against the lab; writes
are counted in the simulator's journal.
"""

import functools
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from cortex.clients.activator import ActivatorClient
from cortex.errors import CortexError
from cortex.fabric.activator.layers.table import ABSENT
from cortex.fabric.catalogue.tools import TOOLS
from cortex.lab.site import ControlPlane, LabOptions, running_lab

FOLDER = Path(__file__).parent / "replay"
QUERIES = 2_000
WINDOW = 250
SEED = 4
CHEAP = frozenset({"cache", "keyword", "similarity"})
"""Tiers 1 and 2, with the exact memory in front of them."""
_QUOTA = 100_000
_SOON_S = 60


@dataclass(frozen=True, slots=True)
class Intent:
    """One call that people mean, the plain way to order it, and other ways to say it."""

    tool: str
    canonical: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and how it went."""

    tier: str
    right: bool
    seen: bool
    """Whether the same words were asked before."""
    wrong_write: bool
    latency_ms: float


@dataclass(slots=True)
class Replay:
    """All turns of one run."""

    turns: list[Turn] = field(default_factory=list)
    journal: int = 0
    """Changes that reached the controller."""
    confirmed: int = 0
    """Changes that the user said yes to, or that ran unasked and were meant."""

    def after(self, first: int) -> list[Turn]:
        """Return the turns from a number on."""
        return self.turns[first:]


def intents(folder: Path = FOLDER) -> tuple[Intent, ...]:
    """Read what the household means.

    What no layer of this installation serves is left out, and what takes minutes to be seen done.
    """
    entries = [
        one
        for file in sorted(folder.glob("*.yaml"))
        for one in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]
    return tuple(
        Intent(one["tool"], one["canonical"], tuple(one["says"]))
        for one in entries
        if TOOLS[one["tool"]].layer not in ABSENT and TOOLS[one["tool"]].settles_in_s <= _SOON_S
    )


def script(queries: int = QUERIES, seed: int = SEED) -> Iterator[tuple[Intent, str]]:
    """Draw the questions: some things are asked often and most seldom, in the words of the day."""
    dice = random.Random(seed)  # noqa: S311  # a replay, not a secret
    meant = list(intents())
    dice.shuffle(meant)
    weights = [1 / (rank + 3) for rank in range(len(meant))]
    for _ in range(queries):
        intent = dice.choices(meant, weights)[0]
        yield intent, dice.choice((intent.canonical, *intent.says))


@functools.cache
def replay(queries: int = QUERIES, seed: int = SEED) -> Replay:
    """Ask everything once, on a fresh lab with an empty memory."""
    with tempfile.TemporaryDirectory(prefix="cortex-replay-") as folder:
        options = LabOptions(
            home=Path(folder) / "home",
            speed=1_000.0,
            cooldown=timedelta(minutes=10),
            settings={"activator": {"quota_per_minute": _QUOTA, "feedback_per_minute": _QUOTA}},
        )
        with (
            running_lab(options, {}) as lab,
            ActivatorClient(lab.activator.url, lab.token) as client,
        ):
            plane = ControlPlane(lab.simulator)
            try:
                return _User(client, plane).go_through(script(queries, seed))
            finally:
                plane.close()


class _User:
    """Somebody who knows what they mean, and says so."""

    def __init__(self, client: ActivatorClient, plane: ControlPlane) -> None:
        self._client = client
        self._plane = plane
        self._seen: set[str] = set()

    def go_through(self, questions: Iterator[tuple[Intent, str]]) -> Replay:
        done = Replay()
        for intent, words in questions:
            done.turns.append(self._turn(intent, words, done))
            self._seen.add(words)
        done.journal = len(self._plane.writes())
        return done

    def _turn(self, intent: Intent, words: str, done: Replay) -> Turn:
        began = time.perf_counter()
        reply = self._client.query({"query": words})
        took_ms = (time.perf_counter() - began) * 1000
        route = reply.get("route") or {}
        right = route.get("tool") == intent.tool and reply["status"] != "clarify"
        wrong_write = self._settle(reply, right=right, done=done)
        if not right:
            self._correct(reply, intent)
        return Turn(
            str(route.get("tier", "none")), right, words in self._seen, wrong_write, took_ms
        )

    def _settle(self, reply: Mapping[str, Any], *, right: bool, done: Replay) -> bool:
        """Say yes or no where that is asked; tell whether something was written unmeant."""
        tool = TOOLS.get((reply.get("route") or {}).get("tool", ""))
        writes = tool is not None and tool.writes
        if reply["status"] == "confirm":
            token = reply["confirmation"]["token"]
            answer = self._client.confirm(token, yes=right)
            done.confirmed += right and answer["status"] == "done"
            return False
        if writes and reply["status"] in {"done", "unverified"}:
            done.confirmed += right
            return not right
        return False

    def _correct(self, reply: Mapping[str, Any], intent: Intent) -> None:
        body = {
            "query_id": reply["query_id"],
            "feedback": "correction",
            "correction": intent.canonical,
        }
        self._client.call("POST", "/v1/feedback", body)


def curve(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Sum up window by window: tier shares, right answers, wrong writes and latency."""
    rows = []
    for first in range(0, len(turns), WINDOW):
        part = turns[first : first + WINDOW]
        tiers = Counter(one.tier for one in part)
        rows.append(
            {
                "queries": f"{first + 1}–{first + len(part)}",
                "cheap": sum(tiers[tier] for tier in CHEAP) / len(part),
                "right": sum(one.right for one in part) / len(part),
                "wrong_writes": sum(one.wrong_write for one in part),
                "p50_ms": statistics.median(one.latency_ms for one in part),
                **{tier: tiers[tier] / len(part) for tier in _TIERS},
            }
        )
    return rows


_TIERS = ("cache", "keyword", "similarity", "classifier", "none")


def dear_percent() -> float:
    """Share of the second thousand that tiers 1 and 2 did not answer rightly, in percent."""
    turns = replay().after(QUERIES // 2)
    cheap = sum(one.tier in CHEAP and one.right for one in turns)
    return 100 * (1 - cheap / len(turns))


def wrong_writes() -> float:
    """Count the writes of the whole replay that nobody meant."""
    return float(sum(one.wrong_write for one in replay().turns))


def report() -> Iterator[str]:
    """Print the curve."""
    done = replay()
    yield (
        f"{'queries':<12} {'tiers 1-2':>9} {'right':>6} {'wrong writes':>12} {'p50 ms':>7}  "
        + " ".join(f"{tier:>10}" for tier in _TIERS)
    )
    for row in curve(done.turns):
        yield (
            f"{row['queries']:<12} {row['cheap']:>9.1%} {row['right']:>6.1%} "
            f"{row['wrong_writes']:>12} {row['p50_ms']:>7.1f}  "
            + " ".join(f"{row[tier]:>10.1%}" for tier in _TIERS)
        )
    repeats = [one for one in done.after(QUERIES // 2) if one.seen]
    fresh = [one for one in done.after(QUERIES // 2) if not one.seen]
    for name, part in (("repeats", repeats), ("new words", fresh)):
        cheap = sum(one.tier in CHEAP and one.right for one in part)
        yield f"second half, {name}: {cheap} of {len(part)} answered rightly by tiers 1-2"
    yield f"changes at the controller: {done.journal}; meant and made: {done.confirmed}"


def _main() -> None:
    try:
        for line in report():
            print(line, flush=True)
    except CortexError as error:
        raise SystemExit(error.message) from error


if __name__ == "__main__":
    _main()
