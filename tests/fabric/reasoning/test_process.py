"""The real process starts, answers, says why it cannot start, and leaves with its parent."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.fabric.reasoning.taught import installed_model
from tests.fabric.reasoning.test_app import KEY, give_key

COMMAND = [sys.executable, "-m", "cortex", "serve", "reasoning-classifier"]


@contextmanager
def _started(home: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    with subprocess.Popen(  # noqa: S603  # our own program
        [*COMMAND, "--port", "0", "--parent-pipe"],
        env={
            "CORTEX_HOME": str(home),
            "CORTEX_MEMORY_MODEL_FOLDER": str(installed_model()),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["listening"]
        finally:
            process.kill()


def test_it_starts_answers_and_leaves_with_its_parent(tmp_path: Path) -> None:
    give_key(tmp_path)
    with (
        _started(tmp_path) as (process, url),
        httpx.Client(trust_env=False, timeout=20, base_url=url) as client,
    ):
        assert client.get("/ready").status_code == 200
        reply = client.post(
            "/v1/classify",
            json={"query_id": "q1", "text": "show me all vlans"},
            headers={"authorization": f"Bearer {KEY}"},
        ).json()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0
        logged = process.stderr.read() if process.stderr else ""
    assert (reply["verdict"], reply["readings"][0]["tool"]) == ("route", "list_networks")
    assert "vlans" not in logged


def test_a_start_that_fails_says_why_in_its_last_line(tmp_path: Path) -> None:
    ended = subprocess.run(  # noqa: S603  # our own program
        [*COMMAND, "--parent-pipe"],
        env={"CORTEX_HOME": str(tmp_path), "CORTEX_MEMORY_MODEL_FOLDER": str(tmp_path / "gone")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ended.returncode == 7
    last = json.loads(ended.stderr.splitlines()[-1])
    assert str(tmp_path / "gone") in last["error"]
    assert "cortex model install" in last["hint"]
