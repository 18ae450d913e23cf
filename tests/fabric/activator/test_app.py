"""What the activator does at its start, and with rules of one's own."""

from pathlib import Path

import pytest

from cortex.errors import Misconfigured
from cortex.fabric.activator.app import build
from cortex.fabric.activator.rulebook import load_rules
from cortex.settings.knobs import Activator
from tests.fabric.activator.desk import desk

pytestmark = pytest.mark.anyio
_RULES = """
routing:
  keywords:
    - pattern: "^who is here"
      tool: list_clients
      confidence: 0.9
"""


async def test_rules_of_ones_own_take_the_place_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(_RULES)
    async with desk(tmp_path, rules_file=file) as one:
        assert (await one.ask("who is here now?"))["status"] == "done"
        assert (await one.ask("list all clients"))["status"] == "clarify"


@pytest.mark.parametrize(
    "content", [b"routing: [", b"\xff", b"routing: {}", b"routing: {keywords: [{pattern: '('}]}"]
)
def test_rules_that_cannot_be_used_stop_the_start_and_name_the_place(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(content)
    with pytest.raises(Misconfigured):
        build(Activator(home=tmp_path, rules_file=file))


def test_a_missing_rules_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.yaml"):
        load_rules(tmp_path / "nowhere.yaml")


async def test_the_start_makes_the_keys_and_the_admin_token(tmp_path: Path) -> None:
    app = build(Activator(home=tmp_path))
    async with app.router.lifespan_context(app):
        made = _files(tmp_path)
    assert {"admin-token", "tokens.json", "keys/service", "keys/grant"} <= made


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
