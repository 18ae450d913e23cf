"""The real package semantic-router, in a virtual environment of its own in the cache folder.

It answers a sample of the questions with our vectors; our own version of its rule answers the
same sample, and the two are compared. Where it cannot be installed or takes too long, the reason
is told instead: nothing else depends on it.
"""

import os
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.routing import rivals
from benchmarks.routing.clinc150 import Clinc, Part, cache_folder
from benchmarks.routing.figures import Answers, Numbers

PINNED = "semantic-router==1.1.1"
_SCRIPT = Path(__file__).with_name("package_run.py")
_INSTALL_SECONDS = 300
_RUN_SECONDS = 240
_SAMPLE = {"val": 600, "test": 500, "oos_test": 250}
_SEED = 0
_CLOSE = 1e-3


class Unavailable(Exception):
    """The package cannot be measured here; the message says why."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The package's answers to the sample, ours by the same rule, and its time per decision."""

    package: Answers
    sure: Answers
    """With its own calibrated confidence."""
    ours: Answers
    ours_sure: Answers
    took: Numbers
    """Milliseconds."""

    @property
    def same_route(self) -> float:
        """The share of questions that get the same route and the same score from both."""
        scores = np.abs(self.package.confidence - self.ours.confidence) < _CLOSE
        return float(np.mean((self.package.routes == self.ours.routes) & scores))

    @property
    def farthest(self) -> float:
        """The largest difference between the two calibrated confidences."""
        return float(np.max(np.abs(self.sure.confidence - self.ours_sure.confidence)))


def compared(clinc: Clinc) -> Compared:
    """Ask the package and our version of its rule the same sample.

    Raises:
        Unavailable: it cannot be installed or run.

    """
    python = _installed()
    dice = np.random.default_rng(_SEED)
    drawn = {name: _drawn(clinc.parts[name], size, dice) for name, size in _SAMPLE.items()}
    taught = clinc.parts["train"]
    held_out = drawn["val"].joined(clinc.parts["oos_val"])
    asked = drawn["test"].joined(drawn["oos_test"])
    ours = rivals.mean_of_nearest(taught, asked)
    curve = rivals.platt(rivals.mean_of_nearest(taught, held_out))
    found = _run(python, taught, held_out, asked)
    routes = found["routes"].astype(np.int64)
    return Compared(
        package=Answers(routes, found["scores"], asked.labels),
        sure=Answers(routes, found["confidences"], asked.labels),
        ours=ours,
        ours_sure=rivals.sure(ours, curve),
        took=found["took"],
    )


def _drawn(part: Part, size: int, dice: np.random.Generator) -> Part:
    return part.pick(np.sort(dice.choice(len(part), size, replace=False)))


def _installed() -> Path:
    folder = cache_folder() / PINNED.replace("==", "-")
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    if not stamp.exists():
        print(f"installing {PINNED} into {folder}, once", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        _told([str(python), "-m", "pip", "install", "-q", PINNED], _INSTALL_SECONDS)
        stamp.touch()
    return python


def _run(python: Path, taught: Part, held_out: Part, asked: Part) -> dict[str, Numbers]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.npz"), Path(folder, "out.npz")
        np.savez(
            source,
            taught=taught.vectors,
            labels=taught.labels,
            held_out=held_out.vectors,
            held_right=held_out.labels,
            asked=asked.vectors,
        )
        _told([str(python), str(_SCRIPT), str(source), str(target)], _RUN_SECONDS)
        with np.load(target) as found:
            return dict(found)


def _told(command: list[str], seconds: int) -> None:
    lean = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    try:
        subprocess.run(  # noqa: S603 — our own commands, no shell
            command, check=True, capture_output=True, text=True, timeout=seconds, env=lean
        )
    except subprocess.TimeoutExpired as error:
        message = f"{PINNED} took more than {seconds} s"
        raise Unavailable(message) from error
    except (OSError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        message = f"{PINNED} cannot be used with Python {sys.version.split()[0]}: {said[-1:]}"
        raise Unavailable(message) from error
