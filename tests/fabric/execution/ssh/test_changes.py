"""Changes over SSH: what is refused, what one order sends, and how its end is seen."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cortex.settings.knobs import Guard
from tests.fabric.execution.ssh.bench import bench

pytestmark = pytest.mark.anyio

AP, SWITCH = "Living Room AP", "Core Switch"


async def test_a_restart_is_told_from_a_time_up_that_begins_anew(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        plan = await layer.planned("restart_device", device=AP)
        outcome = await layer.while_time_passes(layer.execute(plan))
        assert (outcome.status, outcome.error) == ("done", None)
        assert "The controller was not told; it will see the restart" in outcome.answer
        assert (await layer.commands()).count(["reboot"]) == 1


async def test_a_restart_that_is_not_over_is_said_to_have_begun(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        outcome = await layer.do("restart_device", device=AP, deadline_ms=4_000)
        assert outcome.status == "accepted"
        assert "The controller is not told" in outcome.answer
        assert "It has begun and is not over" in outcome.answer


async def test_two_leaves_for_one_device_restart_it_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        first = await layer.planned("restart_device", device=AP)
        second = await layer.planned("restart_device", device=AP)
        outcomes = await asyncio.gather(
            layer.execute(first, deadline_ms=4_000), layer.execute(second, deadline_ms=4_000)
        )
        assert sorted(one.status for one in outcomes) == ["accepted", "failed"]
        (refused,) = [one for one in outcomes if one.status == "failed"]
        assert "is under way already" in refused.answer
        assert refused.answer.endswith("nothing was sent")
        assert (await layer.commands()).count(["reboot"]) == 1


async def test_the_same_leave_restarts_only_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        plan = await layer.planned("restart_device", device=AP)
        grant = layer.grant(plan)
        await layer.execute(plan, grant, deadline_ms=4_000)
        await layer.execute(plan, grant, deadline_ms=4_000)
        assert (await layer.commands()).count(["reboot"]) == 1


async def test_a_preview_says_that_the_controller_is_not_told_and_who_is_behind(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as layer:
        plan = await layer.planned("restart_device", device=SWITCH)
        warned = " ".join(plan.preview.warnings)
        assert "The controller is not told; it will see the restart" in plan.preview.what
        assert "as remembered" in warned
        assert AP in warned
        assert "over SSH" in plan.preview.what


async def test_a_hard_restart_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        reply = await layer.plan("restart_device", device=SWITCH, hard=True)
        assert reply.status == "refused"
        assert "hard" in reply.answer


async def test_another_device_at_the_address_is_not_restarted(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        stranger = layer.mac("Lobby AP")
        layer.places(**{layer.mac(AP): layer.street.fleet.addresses[stranger]})
        pin = next(row for row in layer.known.devices if row["mac"] == stranger)
        layer.remember(layer.mac(AP), ssh_hostkey_fingerprint=pin["ssh_hostkey_fingerprint"])
        reply = await layer.plan("restart_device", device=AP)
        assert reply.status == "failed"
        assert stranger in reply.answer
        assert ["reboot"] not in await layer.commands()


async def test_the_power_of_a_port_is_seen_off_and_on_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        plan = await layer.planned("power_cycle_port", device=SWITCH, port=1)
        assert AP in " ".join(plan.preview.warnings)
        outcome = await layer.while_time_passes(layer.execute(plan), step=1.0)
        assert outcome.status == "done", outcome
        sent = [words for words in await layer.commands() if "restart" in words]
        assert sent == [["swctrl", "poe", "restart", "id", "1"]]


async def test_a_port_that_gives_no_power_is_left_alone(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        (row,) = (one for one in layer.known.devices if one["mac"] == layer.mac(SWITCH))
        dead = next(
            port["port_idx"]
            for port in row["port_table"]
            if port.get("port_poe") and not port["poe_enable"]
        )
        reply = await layer.plan("power_cycle_port", device=SWITCH, port=dead)
        assert reply.status == "refused"
        assert "no power" in reply.answer


async def test_a_device_is_sent_to_our_own_controller_only(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        mac = layer.mac(AP)
        layer.street.device(AP).inform_url = "http://10.9.9.9:8080/inform"
        plan = await layer.planned("adopt_device", mac=mac)
        outcome = await layer.while_time_passes(layer.execute(plan))
        assert outcome.status in {"done", "accepted"}, outcome
        sent = [words for words in await layer.commands() if "set-inform" in words]
        assert sent == [["mca-cli-op", "set-inform", layer.known.inform_url]]


async def test_a_device_that_reports_to_us_is_sent_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        outcome = await layer.do("adopt_device", mac=layer.mac(AP))
        assert outcome.status == "done"
        assert "already" in outcome.answer
        assert not [words for words in await layer.commands() if "set-inform" in words]


async def test_without_a_remembered_inform_address_nothing_is_sent(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        layer.known = type(layer.known)(
            site="default", at=layer.known.at, devices=layer.known.devices
        )
        reply = await layer.plan("adopt_device", mac=layer.mac(AP))
        assert reply.status == "failed"
        assert reply.error is not None
        assert reply.error.reason == "no-inform-url"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("restart_device", {"device": AP}), ("power_cycle_port", {"device": SWITCH, "port": 1})],
)
async def test_what_is_protected_stays_so_over_ssh(
    tmp_path: Path, tool: str, arguments: dict[str, Any]
) -> None:
    async with bench(tmp_path, guard=Guard(protected=(AP,))) as layer:
        reply = await layer.plan(tool, **arguments)
        assert reply.error is not None
        assert reply.error.code == "protected"


async def test_whoever_asks_is_warned_of_cutting_themselves_off(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        here = next(row for row in layer.known.clients if row.get("ap_mac") == layer.mac(AP))
        reply = await layer.plan("restart_device", device=AP, address=here["ip"])
        assert reply.plan is not None
        assert "Your own connection" in " ".join(reply.plan.preview.warnings)


async def test_the_operators_stop_holds_over_ssh_too(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        plan = await layer.planned("restart_device", device=AP)
        (tmp_path / "writes-stopped").touch()
        outcome = await layer.execute(plan)
        assert outcome.error is not None
        assert outcome.error.code == "writes_stopped"
        assert ["reboot"] not in await layer.commands()


async def test_a_write_without_a_leave_is_not_sent(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        plan = await layer.planned("restart_device", device=AP)
        response = await layer.post(
            "/v1/execute",
            {"query_id": "q", "plan": plan, "known": layer.known, "deadline_ms": 5_000},
        )
        assert response.status_code == 403
        assert ["reboot"] not in await layer.commands()


@pytest.mark.parametrize("tool", ["block_client", "set_port_poe", "set_wlan_enabled"])
async def test_any_other_change_needs_the_controller(tmp_path: Path, tool: str) -> None:
    async with bench(tmp_path) as layer:
        response = await layer.asked(tool, client="tv")
        assert response.status_code == 400
        assert "needs the controller; nothing was done" in response.text
        assert "ask again when it answers" in response.text
        assert response.json()["reason"] == "needs-controller"


async def test_a_change_of_what_is_out_of_reach_is_not_planned(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("refused_port", device=AP)
        reply = await layer.plan("restart_device", device=AP)
        assert reply.error is not None
        assert (reply.status, reply.error.code) == ("failed", "unreachable")
        assert AP in reply.answer


async def test_nothing_is_sent_where_a_leave_was_given_for_a_device_that_was_swapped(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as layer:
        plan = await layer.planned("restart_device", device=AP)
        await layer.street.trap("changed_hostkey", device=AP)
        async with layer.again() as other:
            outcome = await other.execute(plan)
        assert outcome.error is not None
        assert outcome.error.reason == "host-key-changed"
        assert ["reboot"] not in await layer.commands()


async def test_a_device_that_nobody_remembers_is_not_sought(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        reply = await layer.plan("adopt_device", mac="0c:ea:14:00:00:99")
        assert reply.error is not None
        assert reply.error.reason == "not-remembered"


async def test_a_port_of_whose_power_the_switch_tells_nothing_is_left_alone(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        layer.remember(layer.mac(SWITCH), port_table=[{"port_idx": 25, "port_poe": True}])
        reply = await layer.plan("power_cycle_port", device=SWITCH, port=25)
        assert reply.error is not None
        assert reply.error.reason == "no-such-port"


async def test_power_that_is_never_seen_to_go_is_not_said_to_have_gone(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        plan = await layer.planned("power_cycle_port", device=SWITCH, port=1)
        await layer.street.trap("garbage", device=SWITCH, command="swctrl poe restart id 1")
        await layer.street.trap("refused_port", device=AP)
        await layer.street.trap("garbage", device=SWITCH, command="swctrl port show")
        outcome = await layer.execute(plan, deadline_ms=4_000)
        assert outcome.status == "unverified"
        assert outcome.error is None
