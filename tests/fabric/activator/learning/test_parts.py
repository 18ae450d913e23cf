"""The parts that learn, each by itself: cache, wordings, readings, lessons."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.activator.answer.asked import Lesson, Near
from cortex.fabric.activator.answer.offers.readings import ask_back
from cortex.fabric.activator.learning.learner import new_id
from cortex.fabric.activator.learning.lessons import (
    Told,
    barring_route,
    concealed_route,
    outcomes_of,
    tells,
)
from cortex.fabric.activator.learning.projection import (
    evidence_from,
    evidence_payload,
    found_in,
    happening_from,
    outcome_point,
    projected,
    route_in,
)
from cortex.fabric.activator.learning.tiers.cache import RouteCache
from cortex.fabric.activator.learning.wordings import Wording, Wordings, wording_of
from cortex.fabric.activator.mind import policy_of
from cortex.fabric.activator.rulebook import load_rules
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.messages import ErrorBody, QueryResponse
from cortex.fabric.routing.cascade import Proposal, Tier
from cortex.fabric.routing.experience.evidence import Evidence, Happening, project
from cortex.fabric.routing.experience.recall import Asker, Recollection, barred_tools, recall
from cortex.fabric.routing.experience.routes import Route, identity
from cortex.fabric.routing.language import read
from cortex.settings.knobs import Memory

RULES = load_rules(None)
POLICY = policy_of(Memory())


def route(template: str = "list clients", tool: str = "list_clients") -> Route:
    return Route(
        template=template,
        polarity="positive",
        tool=tool,
        layer="l",
        arguments={},
        schema="s",
        encoder="e",
        site="",
    )


def evidence(*happenings: Happening) -> Evidence:
    return project(happenings, now=10.0, policy=POLICY)


def told(tier: Tier, text: str = "who is hogging it", *near: Near, success: bool = True) -> Told:
    proposal = Proposal(tier=tier, tool="list_clients", layer="l", confidence=1, why="")
    lesson = Lesson(asker="a", frame=read(text), proposal=proposal, near=near)
    return Told(
        lesson=lesson, query_id="q", site="", at=5.0, principal="a", vouched=False, success=success
    )


def test_the_cache_drops_what_was_used_longest_ago() -> None:
    cache = RouteCache(2)
    for name in ("a", "b"):
        cache.put("p", route(name), 1.0)
    assert cache.get("p", wording_of(route("a")))
    cache.put("p", route("c"), 1.0)
    assert cache.get("p", wording_of(route("b"))) is None
    assert cache.get("q", wording_of(route("a"))) is None
    assert len(cache) == 2


def test_dropping_a_wording_drops_it_for_everybody() -> None:
    cache = RouteCache(9)
    for name in ("p", "q"):
        cache.put(name, route("a"), 1.0)
    cache.put("p", route("b"), 1.0)
    cache.drop(wording_of(route("a")))
    assert len(cache) == 1
    cache.clear()
    assert len(cache) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(sorted(TOOLS)), st.booleans())))
def test_wordings_know_exactly_the_routes_that_were_put_and_not_dropped(
    steps: list[tuple[str, str, bool]],
) -> None:
    wordings, known = Wordings(), dict[str, Route]()
    for template, tool, put in steps:
        one = route(template, tool)
        if put:
            wordings.put(identity(one), one, evidence(), taught=False)
            known[identity(one)] = one
        else:
            wordings.drop(identity(one), one)
            known.pop(identity(one), None)
    for template in "abc":
        wanted = {name for name, one in known.items() if one.template == template}
        assert set(wordings.ids(Wording("", "positive", template))) == wanted


def test_a_wording_is_marked_until_its_last_route_is_gone() -> None:
    wordings, one = Wordings(), route()
    wordings.put(identity(one), one, evidence(), taught=True)
    assert wordings.marked(wording_of(one))
    wordings.drop(identity(one), one)
    assert not wordings.marked(wording_of(one))
    assert len(wordings) == 0


def _choices() -> Iterator[tuple[str, str]]:
    for tool in TOOLS.values():
        for example in tool.examples:
            proposed = RULES.propose(read(example)).proposals
            for one in proposed[:1]:
                yield one.tool, example


@pytest.mark.parametrize(("name", "example"), list(dict(_choices()).items()))
def test_a_reading_is_offered_only_as_a_query_that_means_its_tool(name: str, example: str) -> None:
    meant = RULES.propose(read(example)).proposals[0]
    opened = ask_back((replace(meant, tier="similarity"),), RULES.propose, read("do that"))
    assert opened is not None
    assert opened.choices
    for choice in opened.choices:
        found = RULES.propose(read(choice.query)).proposals
        assert found[0].tool == name


def test_a_reading_names_what_the_query_named() -> None:
    frame = read("is my old laptop still around")
    reading = Proposal(
        tier="classifier",
        tool="get_client",
        layer="l",
        arguments={"client": "laptop"},
        confidence=0.5,
        why="",
    )
    opened = ask_back((reading,), RULES.propose, frame)
    assert opened is not None
    assert all("laptop" in choice.query for choice in opened.choices)


def test_a_reading_without_a_query_for_it_is_not_offered() -> None:
    reading = Proposal(tier="classifier", tool="get_client", layer="l", confidence=0.5, why="")
    assert ask_back((reading,), RULES.propose, read("is it around")) is None
    assert ask_back((), RULES.propose, read("is it around")) is None


@pytest.mark.parametrize(
    ("text", "tool", "argument", "value"),
    [
        ("the garage ap is acting up", "restart_device", "device", "garage ap"),
        ("unblock the client printer", "block_client", "client", "printer"),
        ("whatever happened to my old laptop", "get_client", "client", "whatever happened to my"),
        ("show client printer", "get_client", "client", "printer"),
        ("pause the kids ipad for half an hour", "block_client", "client", "kids ipad"),
        ("suspend the kids ipad until 7", "block_client", "client", "kids ipad"),
    ],
)
def test_a_guess_that_destroys_turns_repeats_or_outlasts_what_was_said_is_not_offered(
    text: str, tool: str, argument: str, value: str
) -> None:
    reading = Proposal(
        tier="classifier", tool=tool, layer="l", arguments={argument: value}, confidence=0.5, why=""
    )
    opened = ask_back((reading,), RULES.propose, read(text))
    assert text not in {one.query for one in (opened.choices if opened else ())}
    assert opened is None or tool == "get_client"
    assert opened is None or value == "printer"


@pytest.mark.parametrize(
    ("status", "code", "wanted"),
    [
        ("done", "", (True, "", True)),
        ("failed", "rejected", (False, "rejected", True)),
        ("failed", "layer_not_ready", (False, "layer_not_ready", False)),
        ("failed", "timeout", (False, "timeout", False)),
        ("unverified", "lost_reply", (False, "lost_reply", False)),
        ("refused", "declined", (False, "declined", True)),
        ("refused", "not_allowed", None),
        ("confirm", "", None),
        ("clarify", "", None),
    ],
)
def test_what_an_answer_tells_of_its_route(
    status: str, code: str, wanted: tuple[bool, str, bool] | None
) -> None:
    error = ErrorBody(code=code, message="m") if code else None
    response = QueryResponse(query_id="q", status=status, answer="", error=error)  # type: ignore[arg-type]
    assert tells(response) == wanted


@pytest.mark.parametrize(
    ("code", "reason", "counts"),
    [
        ("rejected", "host-key-changed", False),
        ("rejected", "host-key-unknown", False),
        ("rejected", "auth", False),
        ("rejected", "needs-controller", False),
        ("unreachable", "", False),
        ("unreachable", "front-door", False),
        ("not_allowed", "", False),
        ("rejected", "no-such-port", True),
        ("rejected", "api.err.UnknownUser", True),
        ("malformed", "auth", True),
        ("", "", True),
    ],
)
def test_what_the_world_refuses_is_no_evidence_against_a_wording(
    code: str, reason: str, *, counts: bool
) -> None:
    error = ErrorBody(code=code, message="m", reason=reason) if code else None
    response = QueryResponse(query_id="q", status="failed", answer="", error=error)
    assert tells(response) == (False, code or "failed", counts)


def test_routes_near_a_query_witness_what_another_tier_made_of_it() -> None:
    same = outcomes_of(told("classifier", "who is using it"), "e", new_id)[0].route
    other = replace(same, tool="list_devices", schema=_schema("list_devices"))
    near = (Near(route=same, similarity=0.9), Near(route=other, similarity=0.8))
    _, *witnesses = outcomes_of(told("classifier", "who is hogging it", *near), "e", new_id)
    seen = [(one.happening.similarity, one.happening.agreed) for one in witnesses]
    assert seen == [(0.9, True), (0.8, False)]


@pytest.mark.parametrize("tier", ["similarity", "cache"])
def test_memory_is_no_witness_of_its_own(tier: Tier) -> None:
    same = outcomes_of(told("classifier", "who is using it"), "e", new_id)[0].route
    near = Near(route=same, similarity=0.9)
    assert len(outcomes_of(told(tier, "who is hogging it", near), "e", new_id)) == 1


def _schema(tool: str) -> str:
    proposal = Proposal(tier="classifier", tool=tool, layer="l", confidence=1, why="")
    made = told("classifier")
    lesson = replace(made.lesson, proposal=proposal)
    return outcomes_of(replace(made, lesson=lesson), "e", new_id)[0].route.schema


def test_an_outcome_is_read_back_as_it_was_written() -> None:
    one = outcomes_of(told("keyword"), "e", new_id)[0]
    payload = outcome_point(one).payload
    assert happening_from(payload) == one.happening
    assert route_in(payload) == one.route
    assert happening_from({**payload, "counts": False}) is None
    assert happening_from({**payload, "kind": "guessed"}) is None
    assert route_in({"route": "none"}) is None


@given(
    st.lists(
        st.builds(
            Happening,
            at=st.floats(0, 9),
            kind=st.sampled_from(["ran", "feedback"]),
            success=st.booleans(),
            feedback=st.sampled_from(["", "positive", "wrong_tool", "correction"]),
            principal=st.sampled_from(["a", "b"]),
            vouched=st.booleans(),
        )
    )
)
def test_evidence_is_read_back_as_it_was_written(happenings: list[Happening]) -> None:
    one = evidence(*happenings)
    assert evidence_from({"evidence": evidence_payload(one)}) == one


def test_damaged_points_are_no_routes() -> None:
    wording = Wording("", "positive", "list clients")
    payload = projected(route(), [], now=1.0, policy=POLICY).payload
    assert found_in("x", payload, 0.5, wording=wording) is not None
    assert found_in("x", {**payload, "evidence": 7}, 0.5, wording=wording) is None
    assert found_in("x", {**payload, "tool": 7}, 0.5, wording=wording) is None


def test_a_complaint_about_a_call_that_cannot_be_replayed_bars_it_and_never_serves() -> None:
    frame = read("show me what the printer is up to")
    wrong = Proposal(
        tier="keyword",
        tool="get_device",
        layer="l",
        arguments={"device": "attic switch"},
        confidence=1,
        why="",
    )
    assert concealed_route(wrong, frame, (), encoder="e", site="") is None
    route = barring_route(wrong, frame, encoder="e", site="")
    assert route is not None
    said = Happening(at=1.0, kind="feedback", feedback="wrong_tool", principal="a", vouched=True)
    known = project([said], now=2.0, policy=POLICY)
    one = Recollection(id=identity(route), route=route, evidence=known, similarity=1.0, exact=True)
    asker = Asker("b")
    assert barred_tools(frame, [one], asker=asker) == {"get_device"}
    assert not recall(frame, [one], asker=asker, policy=POLICY, day=str).proposals


def test_a_complaint_about_words_that_are_not_kept_leaves_nothing() -> None:
    frame = read("show me the wifi password")
    wrong = Proposal(tier="keyword", tool="list_wlans", layer="l", confidence=1, why="")
    assert barring_route(wrong, frame, encoder="e", site="") is None
    assert outcomes_of(replace(told("keyword"), lesson=Lesson()), "e", new_id) == ()
