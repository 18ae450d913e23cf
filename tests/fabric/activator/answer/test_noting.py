"""An answer says which name and which time of the query it leaves out of account."""

import pytest

from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.asked import Asked, Trail
from cortex.fabric.activator.answer.reading import noted
from cortex.fabric.messages import Status
from cortex.fabric.routing.cascade import Proposal, Tier
from cortex.fabric.routing.language import read


def _answered(text: str, tier: Tier | None, status: Status = "done") -> str:
    asked = Asked(
        query_id="q",
        text=text,
        principal=Principal(name="ada", identity="a", scopes=frozenset()),
        address="",
        site="",
        began=0.0,
        deadline=9.0,
    )
    trail = Trail(asked=asked, clock=lambda: 0.0, notify=lambda _: None)
    trail.lesson.frame = read(text)
    if tier is not None:
        trail.lesson.proposal = Proposal(
            tier=tier,
            tool="list_networks",
            layer="l",
            arguments={},
            confidence=0.9,
            why="",
            needs_confirmation=False,
        )
    return noted(trail.answer(status, "3 networks."), trail).answer


def test_a_learned_read_tells_the_name_that_it_did_not_use() -> None:
    assert _answered("networks on the garage ap", "classifier") == (
        '3 networks. This is for the whole site: I did not use "garage ap".'
    )


def test_a_read_tells_the_time_that_it_did_not_heed() -> None:
    assert _answered("which networks were there last week", "keyword") == (
        '3 networks. I did not take "last week" into account.'
    )


@pytest.mark.parametrize("time", ["in 5 minutes", "in 1h30", "every day at 7"])
def test_a_read_that_is_for_later_tells_that_it_was_done_now(time: str) -> None:
    answer = _answered(f"list all networks {time}", "classifier")
    assert f'I did not take "{time.split(maxsplit=1)[0]}' in answer
    assert answer.endswith('" into account.')


@pytest.mark.parametrize(
    ("text", "tier", "status"),
    [
        ("networks on the garage ap", "keyword", "done"),
        ("networks on the garage ap", None, "done"),
        ("networks on the garage ap", "classifier", "failed"),
        ("networks that there are", "classifier", "done"),
        ("networks and the password of ap-secret-1", "classifier", "done"),
    ],
)
def test_other_answers_stay_as_they_are(text: str, tier: Tier | None, status: Status) -> None:
    assert _answered(text, tier, status) == "3 networks."
