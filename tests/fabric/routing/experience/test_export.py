"""Trusted routes become rules that do what the routes did, or are left out by name."""

from collections.abc import Iterable
from dataclasses import replace

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.experience.evidence import Evidence, Happening
from cortex.fabric.routing.experience.export import as_rules
from cortex.fabric.routing.experience.routes import Route, identity
from cortex.fabric.routing.language import read
from cortex.fabric.routing.rules import compile_rules
from tests.fabric.routing.experience.known import CALLS, ROUTES, evidence, route, runs

TRUSTED = evidence(*runs(9))
BLOCK = route("block the kids tablet", "block_client", client="kids tablet")


def _trusted(*routes: Route) -> Iterable[tuple[Route, Evidence, str]]:
    return [(one, TRUSTED, identity(one)) for one in routes]


def test_a_trusted_route_becomes_a_rule() -> None:
    document, left_out = as_rules(_trusted(BLOCK))
    (rule,) = document["routing"]["keywords"]
    assert left_out == {}
    assert rule["tool"] == "block_client"
    assert rule["requiresConfirmation"] is True
    assert rule["examples"] == ["block the printer"]
    proposals = compile_rules(document).propose(read("Block the living room TV, please!")).proposals
    assert [dict(one.arguments) for one in proposals] == [{"client": "living room TV"}]


def test_names_phrases_numbers_and_fixed_values_are_kept() -> None:
    uplink = route(
        "what's connected to the office switch?", "list_clients", device="office switch",
        status="all",
    )  # fmt: skip
    top = route("show the top 5 clients on zork-1", "list_clients", limit=5, network="zork-1")
    document, left_out = as_rules(_trusted(uplink, top))
    assert left_out == {}
    rules = compile_rules(document)
    (first,) = rules.propose(read("what’s connected to the hall switch")).proposals
    assert dict(first.arguments) == {"device": "hall switch", "status": "all"}
    (second,) = rules.propose(read("show the top 12 clients on home")).proposals
    assert dict(second.arguments) == {"limit": 12, "network": "home"}


def test_only_trusted_and_undisputed_routes_are_exported() -> None:
    complaint = Happening(at=20, kind="feedback", feedback="wrong_tool", principal="x")
    disputed = evidence(*runs(40), complaint)
    document, left_out = as_rules(
        [(BLOCK, evidence(*runs(3)), "learned"), (BLOCK, disputed, "disputed")]
    )
    assert document == {"routing": {"keywords": []}}
    assert left_out == {"disputed": "somebody says that it is wrong"}


def test_the_rules_of_all_examples_load_and_make_the_same_calls() -> None:
    document, left_out = as_rules(_trusted(*(one for _, one in ROUTES)))
    rules = compile_rules(document)
    assert len(left_out) < 0.1 * len(ROUTES)
    kept = {one["pattern"] for one in document["routing"]["keywords"]}
    assert len(kept) > 0.8 * len(ROUTES)
    calls = dict(CALLS)
    for text, one in ROUTES:
        if identity(one) in left_out:
            continue
        proposals = {(p.tool, str(dict(p.arguments))) for p in rules.propose(read(text)).proposals}
        assert (one.tool, str(dict(calls[text].arguments))) in proposals, text


def test_every_exported_write_asks_for_a_yes() -> None:
    document, _ = as_rules(_trusted(*(one for _, one in ROUTES)))
    for rule in document["routing"]["keywords"]:
        assert rule["requiresConfirmation"] is TOOLS[rule["tool"]].writes


def test_a_route_that_no_rule_can_express_is_left_out_with_the_reason() -> None:
    unsayable = replace(BLOCK, template="block zork")
    moved = replace(BLOCK, layer="reasoning-slm")
    shared = replace(
        route("show the top 5 clients on zork-1", "list_clients", limit=5, network="zork-1"),
        arguments={"network": {"slot": "name", "index": 0}, "search": {"slot": "name", "index": 0},
                   "limit": {"slot": "mention", "kind": "number", "index": 0}},
    )  # fmt: skip
    _, left_out = as_rules(_trusted(unsayable, moved, shared))
    assert left_out[identity(unsayable)] == "no example of it can be given"
    assert "reasoning-slm" in left_out[identity(moved)]
    assert left_out[identity(shared)] == "a rule cannot tell its arguments"


def test_a_read_in_words_that_no_rule_may_answer_is_left_out() -> None:
    vague = route("the usual evening report", "list_blocked_clients")
    document, left_out = as_rules(_trusted(vague, BLOCK))
    assert set(left_out) == {identity(vague)}
    assert len(document["routing"]["keywords"]) == 1


def test_rules_that_contradict_each_other_are_left_out() -> None:
    one = route("forget zork-1", "forget_client", client="zork-1")
    other = route("forget zork-1", "forget_device", device="zork-1")
    document, left_out = as_rules(_trusted(one, other, BLOCK))
    assert set(left_out) == {identity(one), identity(other)}
    assert [rule["tool"] for rule in document["routing"]["keywords"]] == ["block_client"]


def test_a_given_name_in_quotation_marks_stays_a_slot() -> None:
    found = route("rename the tv to Big Screen", "rename_client", client="tv", name="Big Screen")
    document, left_out = as_rules(_trusted(found))
    assert left_out == {}
    (proposal,) = compile_rules(document).propose(read("rename the printer to Printer 2")).proposals
    assert dict(proposal.arguments) == {"client": "printer", "name": "Printer 2"}


def test_words_that_were_taught_to_order_are_no_rule() -> None:
    told = route("printer got blocked again", "block_client", client="printer")
    document, left_out = as_rules(_trusted(told))
    assert document["routing"]["keywords"] == []
    assert left_out == {
        identity(told): "its words do not say what is done, as those of a rule must"
    }
