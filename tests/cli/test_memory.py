"""The commands about memory: what it holds, and moving it to a Qdrant server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cortex.cli import exits
from cortex.clients.activator import ActivatorClient
from cortex.lab.site import Lab
from tests.cli.conftest import Said
from tests.simulators.qdrant.test_serve import served

Cortex = Callable[..., Said]


def test_memory_shows_that_it_works_and_how_much_it_holds(
    cortex: Cortex, lab: Lab, mind: ActivatorClient
) -> None:
    said = cortex("memory", "show")
    assert said.code == exits.DONE
    assert said.out.splitlines()[0].split() == ["state", "ready"]
    assert str(lab.home / "memory") in said.out
    raw = json.loads(cortex("memory", "show", "--json").out)
    assert raw["routing_outcomes"] == mind.get("/v1/memory")["routing_outcomes"]


@pytest.mark.usefixtures("mind")
def test_memory_is_copied_to_a_server_as_often_as_wanted(
    cortex: Cortex, teach: Callable[[str, str], str], tmp_path: Path
) -> None:
    teach("the usual evening report", "who is blocked?")
    held = json.loads(cortex("memory", "show", "--json").out)
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text("k")
    with served("--api-key", "k") as (_process, url):
        for _ in range(2):
            said = cortex("memory", "migrate", "--to", url, "--key-file", str(key))
            assert said.code == exits.DONE
            for name in ("routing_queries", "routing_outcomes"):
                assert f"{name} {held[name]}" in " ".join(said.out.split())
            assert f"memory.url: {url}" in said.out
        assert cortex("memory", "migrate", "--to", url).code == exits.REFUSED
    assert json.loads(cortex("memory", "show", "--json").out) == held


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (["--to", "http://127.0.0.1:1"], "check that it runs"),
        (["--to", "qdrant"], "give one such as http://127.0.0.1:6333"),
        (["--to", "http://127.0.0.1:1", "--key-file", "/missing"], "--key-file"),
    ],
)
@pytest.mark.usefixtures("mind")
def test_a_server_that_cannot_be_used_is_named(cortex: Cortex, where: list[str], said: str) -> None:
    refused = cortex("memory", "migrate", *where)
    assert refused.code != exits.DONE
    assert said in refused.err
