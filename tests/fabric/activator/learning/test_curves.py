"""What `cortex learn run` found out about confidences is taken up, and never stands in the way."""

from dataclasses import replace
from pathlib import Path

import pytest

from cortex.fabric.activator.learning.tiers.curves import Calibration, doubted
from cortex.fabric.messages import ClassifyReply, Reading
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.experience.curve import (
    AT_THEIR_WORD,
    FILE,
    Curve,
    Curves,
    Fitted,
    written,
)
from tests.fabric.activator.learning.room import judge, room, tier
from tests.fabric.activator.pretend import PretendLayer

WORTH_LITTLE = Curves(
    tiers={"classifier": Fitted(curve=Curve((0.3,) * 10), cases=400, before=0.4, after=0.3, at=1.0)}
)


def kept(home: Path, content: bytes) -> Path:
    (home / "cortex-telemetry").mkdir()
    (home / "cortex-telemetry" / FILE).write_bytes(content)
    return home


@pytest.mark.anyio
async def test_new_curves_are_taken_up_within_a_minute_and_the_file_is_looked_at_no_more_often(
    tmp_path: Path,
) -> None:
    clock = [0.0]
    calibration = Calibration(tmp_path, lambda: clock[0])
    assert await calibration.curves() == AT_THEIR_WORD
    kept(tmp_path, written(WORTH_LITTLE))
    clock[0] = 59.0
    assert await calibration.curves() == AT_THEIR_WORD
    clock[0] = 60.0
    assert await calibration.curves() == WORTH_LITTLE
    (tmp_path / "cortex-telemetry" / FILE).unlink()
    clock[0] = 120.0
    assert await calibration.curves() == AT_THEIR_WORD


@pytest.mark.anyio
@pytest.mark.parametrize("content", [b"", b"{", b'{"tiers": 1}', b"\xff"])
async def test_a_damaged_calibration_takes_the_tiers_at_their_word(
    tmp_path: Path, content: bytes
) -> None:
    assert await Calibration(kept(tmp_path, content)).curves() == AT_THEIR_WORD


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
        (choice,) = answer["choices"] or [answer["route"]]
        picked = await one.ask(choice["query"])
    assert (answer["status"], answer["error"]["code"]) == ("clarify", "unsure")
    assert picked["route"]["tool"] == "list_clients"


@pytest.mark.anyio
@pytest.mark.parametrize("taught", [False, True])
async def test_what_memory_was_wrong_about_too_often_is_asked_about_except_what_was_taught(
    tmp_path: Path, *, taught: bool
) -> None:
    odd = "anybody hogging the bandwidth"
    layer = PretendLayer()
    if not taught:
        reading = Reading(tool="list_clients", confidence=0.9)
        layer.reads[odd] = ClassifyReply(verdict="route", readings=(reading,))
    async with room(tmp_path, layer) as one:
        answer = await one.ask(odd)
        if taught:
            await judge(one, answer, "correction", "list clients")
    wrong = Fitted(curve=Curve((0.0,) * 10), cases=400, before=0.4, after=0.3, at=1.0)
    kept(tmp_path, written(Curves(tiers={"similarity": wrong})))
    async with room(tmp_path) as one:
        answer = await one.ask(odd)
    if taught:
        assert (tier(answer), answer["status"]) == ("similarity", "done")
    else:
        assert (answer["status"], answer["error"]["code"]) == ("clarify", "unsure")
        assert [one["query"] for one in answer["choices"]] == ["list all clients"]


def test_a_tier_is_not_doubted_for_being_little_sure_by_itself() -> None:
    one = Proposal(
        tier="similarity", tool="list_clients", layer="x", confidence=0.3, why="", taught=False
    )
    right = Fitted(curve=Curve(), cases=400, before=0.4, after=0.3, at=1.0)
    assert not doubted((one,), AT_THEIR_WORD)
    assert not doubted((one,), Curves(tiers={"similarity": right}))
    lower = Fitted(curve=Curve((0.2,) * 10), cases=400, before=0.4, after=0.3, at=1.0)
    assert doubted((one,), Curves(tiers={"similarity": lower}))
    assert not doubted((replace(one, taught=True),), Curves(tiers={"similarity": lower}))
