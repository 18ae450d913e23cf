"""What became of another system's tasks is told as it is."""

from chaos.letters import Answer, Letter, Post, letters_of

READ = Letter("c1", "read", "list the networks")
RIDDLE = Letter("c2", "investigate", "investigate why")
BLOCK = Letter("c3", "block", "block client m", "m")
CLIENTS = [f"m{n}" for n in range(20)]


def test_tasks_are_drawn_from_their_seed_with_as_many_of_each_kind() -> None:
    drawn = letters_of(30, seed=3, clients=CLIENTS)
    assert drawn == letters_of(30, seed=3, clients=CLIENTS)
    assert drawn != letters_of(30, seed=4, clients=CLIENTS)
    kinds = [one.kind for one in drawn]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "read": 10,
        "investigate": 10,
        "block": 10,
    }
    blocked = [one.mac for one in drawn if one.mac]
    assert len(blocked) == len(set(blocked)) == 10


def test_one_answer_for_each_that_was_sent_is_sound() -> None:
    sound = post(answer("c1"), answer("c2", "accepted"), answer("c2"), answer("c3"))
    assert sound.sound
    assert (sound.answered, sound.waiting, sound.passed_on) == (3, 0, 1)


def test_one_that_was_not_answered_or_only_for_the_time_being_is_lost() -> None:
    lost = post(answer("c1"), answer("c2", "accepted"), answer("c3"))
    assert lost.lost == ["c2: it was never answered"]
    assert lost.waiting == 1


def test_one_that_failed_is_lost_unless_nobody_could_know_it() -> None:
    failed = post(answer("c1", "failed"), answer("c2", "clarify"), answer("c3", "failed"))
    assert [one.partition(":")[0] for one in failed.lost] == ["c1", "c3"]


def test_a_change_that_was_confirmed_and_did_not_reach_the_controller_is_lost() -> None:
    told = post(answer("c1"), answer("c2"), answer("c3"), blocked={})
    assert told.lost == ["c3: it is done, and nothing reached the controller"]


def test_more_answers_than_it_was_sent_are_doubled() -> None:
    every = (answer("c1"), answer("c1"), answer("c2"), answer("c3"))
    assert post(*every).doubled == ["c1: answered 2 times, sent 1 times"]
    assert not post(*every, tries={"c1": 2, "c2": 1, "c3": 1}).doubled


def test_two_different_answers_and_a_change_made_twice_are_doubled() -> None:
    other = Answer("c1", "done", "other")
    told = post(other, answer("c1"), answer("c2"), answer("c3"), tries={"c1": 2, "c2": 1, "c3": 1})
    assert "answered in two ways" in told.doubled[0]
    twice = post(answer("c1"), answer("c2"), answer("c3"), blocked={"m": 2})
    assert twice.doubled == ["m: blocked 2 times"]


def answer(name: str, status: str = "done") -> Answer:
    return Answer(name, status, "text" if status != "accepted" else "passed on")


def post(
    *told: Answer, tries: dict[str, int] | None = None, blocked: dict[str, int] | None = None
) -> Post:
    """Make the post of a run with one task of each kind."""
    sent = {one.id: one for one in (READ, RIDDLE, BLOCK)}
    return Post(
        sent=sent,
        tries=tries or dict.fromkeys(sent, 1),
        told=told,
        handed={"c2": 1},
        blocked={"m": 1} if blocked is None else blocked,
    )
