"""`python -m chaos`: run once, print the ledger, and fail when anything was lost or doubled."""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

from chaos.ledger import Ledger
from chaos.letters import Post
from chaos.run import LONGEST_S, Report, run
from chaos.schedule import WORKERS, Size

_SHOWN = 20
_SHORT = 1_000
"""Below so many tasks a run is a short one: Redis is away for two seconds instead of thirty."""


def main() -> int:
    """Run, print, and return 0 when nothing was lost, doubled, or given up without a reason."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folder with all the logs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cortex-chaos-") as folder:
        print(f"seed {given.seed}; everything lies in {folder}", flush=True)
        report = asyncio.run(run(Path(folder), sized(given.tasks, given.kills, given.seed)))
    print(*lines(report), sep="\n")
    return 0 if sound(report) else 1


def sized(tasks: int, kills: int, seed: int) -> Size:
    """Say how large a run of so many tasks and kills is."""
    short = tasks < _SHORT
    return Size(
        tasks=tasks,
        kills=kills,
        seed=seed,
        away_s=2.0 if short else 30.0,
        writes=max(5, tasks // 50),
        letters=max(30, tasks // 100),
        deadly=1 if short else 3,
    )


def sound(report: Report) -> bool:
    """Tell whether all promises were kept."""
    left_well = all(code == 0 for code in report.exits)
    told = report.ledger.sound and report.post.sound and not report.asked.missed
    return told and left_well


def lines(report: Report) -> list[str]:
    """Write the ledger."""
    ledger, post = report.ledger, report.post
    faults = Counter(report.blows)
    table = [
        f"{'enqueued':<12} {len(ledger.accepted):>8}",
        f"{'done':<12} {ledger.done:>8}",
        f"{'retried':<12} {ledger.retried:>8}",
        f"{'dead':<12} {ledger.letters:>8}   {_dead(ledger)}",
        f"{'lost':<12} {len(ledger.lost):>8}",
        f"{'doubled':<12} {len(ledger.doubled):>8}",
        "",
        f"{'fault':<16} {'times':>6} {'effects told apart by the fence':>34}",
        *(f"{name:<16} {faults[name]:>6} {ledger.absorbed[name]:>34}" for name in sorted(faults)),
        "",
        f"clocks: two of {WORKERS} workers are an hour wrong, one ahead and one behind",
        f"leaders: {ledger.terms} terms",
        f"writes that reached the controller: {sum(ledger.sent.values())}",
        f"tasks of another system: {_told(post)}",
        f"questions answered meanwhile: {report.asked.answered}, missed {len(report.asked.missed)}",
        f"took {report.took_s:.0f} s of at most {LONGEST_S:.0f}",
    ]
    wrong = [*ledger.lost, *ledger.doubled, *ledger.wrongly_dead, *report.asked.missed]
    wrong += [*post.lost, *post.doubled]
    return [*table, *(f"WRONG: {one}" for one in wrong[:_SHOWN])]


def _told(post: Post) -> str:
    """Say what became of the tasks that another system sent."""
    return (
        f"{len(post.sent)} sent, {post.answered} answered ({post.passed_on} by an agent, "
        f"{sum(post.blocked.values())} with a change), {len(post.lost)} lost, "
        f"{len(post.doubled)} doubled"
    )


def _dead(ledger: Ledger) -> str:
    """Say why there are dead letters."""
    kinds = Counter(ledger.accepted[one].kind for one in ledger.dead)
    why = f"{ledger.unreadable} unreadable, {kinds['deadly']} that end their worker"
    return f"{why}, {kinds['write']} writes that were not sent" if kinds["write"] else why


if __name__ == "__main__":
    sys.exit(main())
