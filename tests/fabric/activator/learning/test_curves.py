"""What `cortex learn run` found out about confidences is taken up, and never stands in the way."""

from pathlib import Path

import pytest

from cortex.fabric.activator.learning.tiers.curves import curves_of
from cortex.fabric.messages import ClassifyReply, Reading
from cortex.fabric.routing.experience.curve import (
    AT_THEIR_WORD,
    FILE,
    Curve,
    Curves,
    Fitted,
    written,
)
from tests.fabric.activator.learning.room import room
from tests.fabric.activator.pretend import PretendLayer

WORTH_LITTLE = Curves(
    tiers={"classifier": Fitted(curve=Curve((0.3,) * 10), cases=400, before=0.4, after=0.3, at=1.0)}
)


def kept(home: Path, content: bytes) -> Path:
    (home / "cortex-telemetry").mkdir()
    (home / "cortex-telemetry" / FILE).write_bytes(content)
    return home


def test_the_curves_that_were_found_are_read(tmp_path: Path) -> None:
    assert curves_of(tmp_path) == AT_THEIR_WORD
    assert curves_of(kept(tmp_path, written(WORTH_LITTLE))) == WORTH_LITTLE


@pytest.mark.parametrize("content", [b"", b"{", b'{"tiers": 1}', b"\xff"])
def test_a_damaged_calibration_takes_the_tiers_at_their_word(
    tmp_path: Path, content: bytes
) -> None:
    assert curves_of(kept(tmp_path, content)) == AT_THEIR_WORD


@pytest.mark.anyio
async def test_what_turned_out_wrong_too_often_is_asked_about_instead_of_done(
    tmp_path: Path,
) -> None:
    odd = "anybody hogging the bandwidth"
    layer = PretendLayer()
    reading = Reading(tool="list_clients", confidence=0.9)
    layer.reads[odd] = ClassifyReply(verdict="route", readings=(reading,))
    kept(tmp_path, written(WORTH_LITTLE))
    async with room(tmp_path, layer) as one:
        answer = await one.ask(odd)
        (choice,) = answer["choices"]
        picked = await one.ask(choice["query"])
    assert (answer["status"], answer["error"]["code"]) == ("clarify", "unsure")
    assert picked["route"]["tool"] == "list_clients"
