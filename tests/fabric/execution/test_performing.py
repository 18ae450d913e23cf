"""A write happens at most once, only with leave, and is called done only when it is seen."""

import asyncio
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from typing_extensions import override

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.connection import Connection
from cortex.fabric.execution.api.lists import Shelf
from cortex.fabric.execution.api.table import CHANGES
from cortex.fabric.execution.perform.intents import Intents
from cortex.fabric.execution.perform.outcomes import ended
from cortex.fabric.execution.perform.settling import watch
from cortex.fabric.messages import Outcome, Plan
from cortex.fabric.messages.grants import digest_of_plan
from cortex.simulators.unifi.control.faults import BadStatus, HtmlPage, Latency, LostReply
from tests.fabric.execution.bench import Bench, by_key
from tests.file_writer import kept

pytestmark = pytest.mark.anyio

STATIONS = "*/cmd/stamgr"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def altered(plan: Plan, **changes: Any) -> Plan:
    """Return another plan that is whole in itself."""
    other = msgspec.structs.replace(plan, **changes)
    return msgspec.structs.replace(other, digest=digest_of_plan(other))


async def test_a_write_without_leave_is_refused(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    response = await bench.send(plan)
    assert response.status_code == 403
    assert bench.sent() == []


async def test_leave_that_has_expired_is_refused(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan, expires_in=60)
    bench.now += 60
    response = await bench.send(plan, grant)
    assert response.status_code == 409
    assert bench.sent() == []


async def test_leave_for_one_call_is_none_for_another(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    other = (await bench.planned("block_client", client="nas")).arguments
    swapped = altered(plan, arguments=other)
    assert (await bench.send(swapped, grant)).status_code == 403
    kept_digest = msgspec.structs.replace(swapped, digest=plan.digest)
    assert (await bench.send(kept_digest, grant)).status_code == 400
    assert bench.sent() == []


@pytest.mark.parametrize("changes", [{"signature": "00"}, {"principal": "eve"}, {"nonce": "x"}])
async def test_leave_that_was_changed_is_refused(bench: Bench, changes: dict[str, str]) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = msgspec.structs.replace(bench.grant(plan), **changes)
    assert (await bench.send(plan, grant)).status_code == 403
    assert bench.sent() == []


async def test_a_plan_that_was_changed_after_planning_is_malformed(bench: Bench) -> None:
    plan = await bench.planned("list_clients")
    response = await bench.send(msgspec.structs.replace(plan, arguments={"status": "all"}))
    assert response.status_code == 400


async def test_arguments_that_are_not_canonical_are_malformed(bench: Bench) -> None:
    plan = await bench.planned("set_port_poe", device="core switch", port=12, mode="off")
    other = altered(plan, arguments={**plan.arguments, "port": "12"})
    assert (await bench.send(other, bench.grant(other))).status_code == 400


async def test_a_nonce_seen_before_is_read_back_and_never_sent_again(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    assert (await bench.execute(plan, grant)).status == "done"
    again = await bench.execute(plan, grant)
    assert (again.status, again.answer) == ("done", "Kids iPad is blocked.")
    assert len(bench.sent()) == 1


async def test_a_nonce_is_read_back_even_after_its_leave_expired(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    bench.now += 3_600
    assert (await bench.execute(plan, grant)).status == "done"
    assert len(bench.sent()) == 1


async def test_what_was_undone_since_is_not_called_done_again(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    bench.client("Kids iPad").blocked = False
    assert (await bench.execute(plan, grant)).status == "unverified"
    assert bench.client("Kids iPad").blocked is False
    assert len(bench.sent()) == 1


async def test_a_nonce_that_had_nothing_to_send_sends_nothing_later(bench: Bench) -> None:
    plan = await bench.planned("unblock_client", client="kids ipad")
    grant = bench.grant(plan)
    assert (await bench.execute(plan, grant)).answer.startswith("Kids iPad was not blocked")
    bench.client("Kids iPad").blocked = True
    assert (await bench.execute(plan, grant, deadline_ms=800)).status == "failed"
    assert bench.sent() == []


async def test_a_nonce_is_good_for_one_call_only(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    await bench.execute(plan, bench.grant(plan, nonce="same"))
    other = await bench.planned("block_client", client="printer")
    response = await bench.send(other, bench.grant(other, nonce="same"))
    assert response.status_code == 409
    assert len(bench.sent()) == 1


async def test_the_same_leave_at_the_same_time_is_sent_once(bench: Bench) -> None:
    plan = await bench.planned("reconnect_client", client="kids ipad")
    grant = bench.grant(plan)
    await asyncio.gather(*(bench.execute(plan, grant, deadline_ms=600) for _ in range(5)))
    assert len(bench.sent()) == 1


async def test_two_writes_on_one_switch_do_not_undo_each_other(bench: Bench) -> None:
    plans = [
        await bench.planned("set_port_poe", device="core switch", port=port, mode="off")
        for port in (1, 2, 12)
    ]
    outcomes = await asyncio.gather(*(bench.execute(plan) for plan in plans))
    assert {outcome.status for outcome in outcomes} == {"done"}
    overrides = bench.device("Core Switch").port_overrides
    assert {one["port_idx"] for one in overrides if one.get("poe_mode") == "off"} == {1, 2, 12}


async def test_a_lost_reply_is_read_back_and_done(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    bench.strike(LostReply(method="POST", path=STATIONS))
    outcome = await bench.execute(plan)
    assert (outcome.status, outcome.answer) == ("done", "Kids iPad is blocked.")
    assert len(bench.sent()) == 1


async def test_a_lost_reply_without_effect_is_unverified_and_not_sent_again(
    bench: Bench,
) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    bench.strike(BadStatus(method="POST", path=STATIONS, status=502))
    outcome = await bench.execute(plan, deadline_ms=800)
    assert outcome.status == "unverified"
    assert "its reply was lost" in outcome.answer
    assert len(bench.sent()) == 1


async def test_a_lost_reply_of_something_created_makes_no_second_one(bench: Bench) -> None:
    plan = await bench.planned("create_vouchers", count=2)
    before = len(bench.home.vouchers)
    bench.strike(LostReply(method="POST", path="*/cmd/hotspot"))
    outcome = await bench.execute(plan)
    assert outcome.status == "done"
    assert len(outcome.data["rows"]) == 2
    assert len(bench.home.vouchers) == before + 2
    assert len(bench.sent()) == 1


async def test_a_request_that_the_front_door_kept_is_failed(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    bench.strike(HtmlPage(method="POST", path=STATIONS))
    outcome = await bench.execute(plan, deadline_ms=800)
    assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "unreachable")
    assert not bench.client("Kids iPad").blocked


async def test_the_controllers_refusal_is_failed_with_its_own_code(bench: Bench) -> None:
    device = bench.device("Lobby AP")
    plan = await bench.planned("forget_device", device=device.mac)
    device.adopted_at = bench.now
    grant = bench.grant(plan)
    outcome = await bench.execute(plan, grant)
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.reason) == ("rejected", "api.err.DeviceBusy")
    device.adopted_at = 0.0
    again = await bench.execute(plan, grant)
    assert (again.status, again.answer) == ("failed", outcome.answer)
    assert len(bench.sent()) == 1


async def test_a_change_that_the_controller_drops_is_not_called_done(bench: Bench) -> None:
    plan = await bench.planned("set_port_forward_enabled", forward="plex", enabled=False)
    key = plan.arguments["forward"]
    kept = bench.home.port_forwards[key]
    bench.home.port_forwards[key] = Stubborn(kept)
    outcome = await bench.execute(plan, deadline_ms=800)
    assert outcome.status == "unverified"
    assert "enabled = True" in outcome.answer
    assert len(bench.sent()) == 1


async def test_a_change_that_is_dropped_for_good_is_failed_naming_the_field(
    bench: Bench,
) -> None:
    plan = await bench.planned("set_port_forward_enabled", forward="plex", enabled=False)
    connection = Connection(bench.settings.controller, httpx.ASGITransport(bench.simulator.app))
    shelf = Shelf(5.0, lambda: bench.now)
    call = Call(
        tool=TOOLS[plan.tool],
        arguments=plan.arguments,
        targets=plan.targets,
        inventory=shelf.inventory(await connection.site(""), fresh=True),
        now=bench.now,
    )
    change = CHANGES[plan.tool]
    watched = await watch(change, call, await change.look(call), seconds=0.0, poll_s=0.01)
    await connection.aclose()
    outcome = await ended(
        change, watched, asked="the controller", lost=False, whole=True, until=0.0
    )
    assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "not_applied")
    assert "enabled = True" in outcome.answer
    lost = await ended(change, watched, asked="the controller", lost=True, whole=True, until=0.0)
    assert lost.status == "unverified"


class Stubborn(dict[str, Any]):
    """A stored document that takes every change and keeps none."""

    @override
    def update(self, *_args: Any, **_kwargs: Any) -> None:
        """Keep everything as it is."""


async def test_a_restart_that_outlasts_the_deadline_is_accepted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tick=2.0)
    plan = await bench.planned("restart_device", device="garage ap")
    grant = bench.grant(plan)
    outcome = await bench.execute(plan, grant, deadline_ms=1_500)
    assert outcome.status == "accepted"
    assert "has begun and is not over yet" in outcome.answer
    bench.simulator.clock.skip(600)
    assert (await bench.execute(plan, grant)).status == "done"
    assert len(bench.sent()) == 1


async def test_a_restart_is_not_done_while_the_old_uptime_shows(bench: Bench) -> None:
    plan = await bench.planned("restart_device", device="garage ap")
    outcome = await bench.execute(plan, deadline_ms=700)
    assert outcome.status == "unverified"
    assert len(bench.sent()) == 1


async def test_the_intent_is_on_the_disk_before_the_request_leaves(
    bench: Bench, tmp_path: Path
) -> None:
    file = tmp_path / "execution-unifi-api" / "intents.jsonl"
    plan = await bench.planned("block_client", client="kids ipad")
    seen: list[str] = []

    def look(scope: Any) -> None:
        if scope["path"].endswith("/cmd/stamgr"):
            seen.append(file.read_text())

    bench.watchers.append(look)
    assert (await bench.execute(plan)).status == "done"
    intent = json.loads(seen[0].splitlines()[0])
    assert (intent["tool"], intent["principal"]) == ("block_client", "ada")
    assert intent["targets"] == [bench.client("Kids iPad").mac]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


async def test_a_crash_between_intent_and_request_is_answered_by_reading_back(
    bench: Bench, tmp_path: Path
) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    file = tmp_path / "execution-unifi-api" / "intents.jsonl"
    intent, _ending = file.read_text().splitlines()
    file.write_text(intent + "\n")
    bench.client("Kids iPad").blocked = False
    bench.simulator.journal.clear()
    bench.start()
    assert (await bench.execute(plan, grant, deadline_ms=800)).status == "unverified"
    bench.client("Kids iPad").blocked = True
    assert (await bench.execute(plan, grant)).status == "done"
    assert bench.sent() == []


@pytest.mark.parametrize(
    ("part", "status"), [("/stat/user/", "failed"), ("/cmd/stamgr", "unverified")]
)
async def test_what_breaks_the_layer_itself_is_failed_or_after_sending_unverified(
    bench: Bench, part: str, status: str
) -> None:
    plan = await bench.planned("block_client", client="kids ipad")

    def snap(scope: Any) -> None:
        if part in scope["path"]:
            message = "a fault of our own"
            raise RuntimeError(message)

    bench.watchers.append(snap)
    grant = bench.grant(plan)
    outcome = await bench.execute(plan, grant)
    assert (outcome.status, outcome.error and outcome.error.code) == (status, "internal")
    bench.watchers.clear()
    again = await bench.execute(plan, grant, deadline_ms=800)
    assert again.status == ("done" if status == "failed" else "unverified")
    assert len(bench.sent()) == (1 if status == "failed" else 0)


async def test_what_breaks_the_layer_while_planning_is_failed(bench: Bench) -> None:
    await bench.planned("list_clients")

    def snap(_scope: Any) -> None:
        message = "a fault of our own"
        raise RuntimeError(message)

    bench.watchers.append(snap)
    reply = await bench.plan("block_client", client="kids ipad")
    assert (reply.status, reply.error and reply.error.code) == ("failed", "internal")


async def test_a_gateway_that_takes_its_controller_along_is_waited_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tick=2.0, speed=20)
    gateway = bench.home.gateway()
    assert gateway is not None
    plan = await bench.planned("restart_device", device=gateway.mac)
    bench.strike(BadStatus(path="*/stat/device/*", status=502, after=1, times=3))
    outcome = await bench.execute(plan)
    assert outcome.status == "done", outcome
    assert len(bench.sent()) == 1


async def test_a_folder_that_cannot_be_written_stops_the_write(
    bench: Bench, tmp_path: Path
) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    (tmp_path / "execution-unifi-api").write_text("in the way")
    outcome = await bench.execute(plan)
    assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "unavailable")
    assert "nothing was sent" in (outcome.error.hint if outcome.error else "")
    assert bench.sent() == []


async def test_what_changed_since_the_plan_is_looked_at_again(bench: Bench) -> None:
    plan = await bench.planned("unblock_client", client="old phone")
    bench.client("Old Phone").blocked = False
    outcome = await bench.execute(plan)
    assert outcome.answer == "Old Phone was not blocked; nothing was sent."
    assert bench.sent() == []


async def test_a_controller_that_is_gone_at_execution_fails_without_sending(
    bench: Bench,
) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    bench.strike(BadStatus(status=503))
    outcome = await bench.execute(plan)
    assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "unreachable")
    assert bench.sent() == []


async def test_no_password_reaches_the_disk(bench: Bench, tmp_path: Path) -> None:
    outcome = await bench.do("set_wlan_password", wlan="guest", password="tr0ub4dor&3")  # noqa: S106
    assert outcome.status == "done"
    kept = "".join(one.read_text() for one in (tmp_path / "execution-unifi-api").iterdir())
    assert "tr0ub4dor" not in kept
    assert b"tr0ub4dor" not in msgspec.json.encode(outcome)


async def test_no_secret_of_the_controller_is_in_any_answer(bench: Bench) -> None:
    answers: list[Outcome] = [
        await bench.do("list_wlans"),
        await bench.do("get_wlan", wlan="guest"),
        await bench.do("list_networks"),
        await bench.do("list_devices"),
        await bench.do("get_device", device="garage ap"),
        await bench.do("list_ports", device="core switch"),
    ]
    said = msgspec.json.encode(answers).decode()
    documents = [*bench.home.wlans.values(), *bench.home.networks.values()]
    documents += [device.secrets for device in bench.home.devices.values()]
    secrets = {
        str(value)
        for document in documents
        for name, value in document.items()
        if name.startswith("x_") and isinstance(value, str) and len(value) > 6
    }
    assert len(secrets) > 10
    assert not [secret for secret in secrets if secret in said]


async def test_hostile_names_are_rows_without_control_characters(bench: Bench) -> None:
    bench.client("Kids iPad").name = "a\x1b[31m\u202eb\nc" + "d" * 400
    outcome = await bench.do("list_clients", sort="name")
    rows = outcome.data["rows"]
    shown = next(row["name"] for row in rows if row["name"].startswith("a"))
    assert shown.isprintable()
    assert len(shown) == 64


async def test_rows_are_capped_and_the_total_is_told(bench: Bench) -> None:
    outcome = await bench.do("list_clients", status="all", limit=3)
    total = len(bench.home.clients)
    assert len(outcome.data["rows"]) == 3
    assert (outcome.data["total"], outcome.data["note"]) == (total, f"the first 3 of {total}")


@pytest.mark.parametrize("version", ["8.6.9", "9.5.21", "10.1.78", "10.5.66"])
async def test_the_same_calls_work_on_other_versions(tmp_path: Path, version: str) -> None:
    bench = Bench(tmp_path, version=version)
    for tool in ("list_clients", "list_devices", "list_events", "list_firewall_rules"):
        outcome = await bench.do(tool)
        assert outcome.status == "done", (tool, outcome)
    assert (await bench.do("block_client", client="kids ipad")).status == "done"


async def test_a_standalone_application_serves_as_well(tmp_path: Path) -> None:
    bench = Bench(tmp_path, layout="standalone")
    assert (await bench.do("block_client", client="kids ipad")).status == "done"


async def test_a_key_serves_as_well_as_an_account(tmp_path: Path) -> None:
    bench = Bench(tmp_path, controller=by_key())
    assert (await bench.do("block_client", client="kids ipad")).status == "done"


async def test_the_official_api_alone_restarts_a_device(tmp_path: Path) -> None:
    bench = Bench(tmp_path, controller=by_key(), key_scope="integration", tick=1.0, speed=20)
    outcome = await bench.do("restart_device", device="garage ap")
    assert outcome.status == "done", outcome
    assert len(bench.sent()) == 1


async def test_the_official_api_alone_lets_a_guest_in_by_address(tmp_path: Path) -> None:
    bench = Bench(tmp_path, controller=by_key(), key_scope="integration")
    guest = bench.client("android-guest")
    outcome = await bench.do("authorize_guest", client=guest.mac, duration="2h")
    assert (outcome.status, guest.authorized) == ("done", True)
    reply = await bench.plan("block_client", client=guest.mac)
    assert (reply.status, reply.error and reply.error.code) == ("failed", "not_allowed")


async def test_the_official_api_alone_says_what_it_cannot(tmp_path: Path) -> None:
    bench = Bench(tmp_path, controller=by_key(), key_scope="integration")
    outcome = await bench.do("list_vouchers")
    assert outcome.status == "done"
    outcome = await bench.do("get_network_health")
    assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "not_allowed")
    listed = await bench.do("list_clients")
    assert listed.status == "done"
    assert listed.data["rows"]


async def test_a_deadline_that_passes_ends_a_reading(bench: Bench) -> None:
    plan = await bench.planned("list_wlans")
    bench.strike(Latency(ms=2_000))
    outcome = await bench.execute(plan, deadline_ms=300)
    assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "timeout")


async def test_a_deadline_that_passes_before_sending_sends_nothing(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    bench.strike(Latency(method="GET", ms=2_000))
    outcome = await bench.execute(plan, deadline_ms=300)
    assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "timeout")
    assert bench.sent() == []


async def test_intents_are_kept_within_bounds(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plan = await bench.planned("block_client", client="kids ipad")
    await bench.execute(plan)
    folder = tmp_path / "execution-unifi-api"
    (folder / "intents.jsonl").write_bytes(b"x" * 1_048_570)
    other = await bench.planned("unblock_client", client="kids ipad")
    await bench.execute(other)
    assert {one.name for one in folder.iterdir()} == {"intents.jsonl", "intents.1.jsonl"}
    assert (folder / "intents.jsonl").stat().st_size < 10_000


async def test_an_intent_cut_off_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    file = tmp_path / "execution-unifi-api" / "intents.jsonl"
    with file.open("a") as lines:
        lines.write('{"nonce":"half')
    intents = Intents(file.parent, clock=lambda: bench.now)
    assert intents.known(grant.nonce) is not None
    ending = intents.ending(grant.nonce)
    assert ending is not None
    assert ending.status == "done"
    bench.start()
    await bench.do("unblock_client", client="kids ipad")
    assert file.read_text().splitlines()[2] == '{"nonce":"half'


async def test_nothing_is_sent_while_another_process_holds_the_file_of_intents(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    plan = await bench.planned("block_client", client="kids ipad")
    file = tmp_path / "execution-unifi-api" / "intents.jsonl"
    file.parent.mkdir(exist_ok=True)
    with kept(file):
        outcome = await bench.execute(plan, deadline_ms=1_500)
        assert outcome.status == "failed"
        assert outcome.error is not None
        assert outcome.error.code == "unavailable"
        assert outcome.answer.startswith("nothing was sent: ")
        assert "fuser" in outcome.error.hint
    assert bench.sent() == []
    assert (await bench.execute(plan)).status == "done"


async def test_a_layer_starts_reads_and_reads_back_while_its_file_of_intents_is_held(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    sent = len(bench.sent())
    with kept(tmp_path / "execution-unifi-api" / "intents.jsonl"):
        bench.start()
        assert (await bench.do("list_clients")).status == "done"
        bench.now += 600
        assert (await bench.execute(plan, grant)).status == "done"
    assert len(bench.sent()) == sent


async def test_an_outcome_is_told_also_where_it_cannot_be_noted(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plan = await bench.planned("block_client", client="kids ipad")
    file = tmp_path / "execution-unifi-api" / "intents.jsonl"
    with ExitStack() as held:
        bench.watchers.append(
            lambda scope: (
                held.enter_context(kept(file)) if scope["path"].endswith("stamgr") else None
            )
        )
        outcome = await bench.execute(plan, deadline_ms=1_500)
    assert outcome.status == "done"
    assert len(file.read_text().splitlines()) == 1


async def test_what_was_read_back_after_a_crash_has_its_end_written_down(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    file = tmp_path / "execution-unifi-api" / "intents.jsonl"
    (whole, _) = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(whole)
    bench.start()
    assert (await bench.execute(plan, grant)).status == "done"
    ending = Intents(file.parent, clock=lambda: bench.now).ending(grant.nonce)
    assert ending is not None
    assert ending.status == "done"


async def test_what_was_not_seen_to_hold_after_a_crash_stays_a_lost_reply(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    file = tmp_path / "execution-unifi-api" / "intents.jsonl"
    (whole, _) = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(whole)
    bench.client("Kids iPad").blocked = False
    for _ in range(2):
        bench.start()
        outcome = await bench.execute(plan, grant, deadline_ms=600)
        assert outcome.status == "unverified"
        assert "its reply was lost" in outcome.answer
    ended = [line for line in file.read_bytes().splitlines() if line.startswith(b'{"ended":')]
    assert len(ended) == 1
    bench.client("Kids iPad").blocked = True
    assert (await bench.execute(plan, grant)).status == "done"
    assert len(bench.sent()) == 1
