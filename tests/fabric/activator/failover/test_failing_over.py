"""The way round a controller that does not answer: what goes over SSH, and what never does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cortex.fabric.messages import Known
from cortex.fabric.messages.known import written
from cortex.simulators.unifi.control.faults import BadStatus, HtmlPage, LostReply
from tests.fabric.activator.failover.house import API, SSH, House, eventually_seen, house
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
POINT = "Garage AP"


@asynccontextmanager
async def remembered(home: Path, **knobs: Any) -> AsyncIterator[House]:
    """Open a house whose site is remembered, and whose controller answers."""
    async with house(home, **knobs) as one:
        assert (await one.ask("list all devices"))["status"] == "done"
        await one.remembered()
        yield one


@asynccontextmanager
async def controller_off(home: Path, **knobs: Any) -> AsyncIterator[House]:
    """Open a house whose site is remembered, and whose controller is switched off."""
    async with remembered(home, **knobs) as one:
        await one.line.shut()
        yield one


@requirement("layer.ssh-failover")
async def test_a_read_goes_over_ssh_and_says_so_and_comes_back_with_the_controller(
    tmp_path: Path,
) -> None:
    async with controller_off(tmp_path) as one:
        answer = await one.ask("list all devices")
        assert answer["status"] == "done", answer
        because = "over SSH, because the controller does not answer (connection refused)"
        assert f"(O{because.removeprefix('o')}.)" in answer["answer"]
        assert because in answer["data"]["note"]
        assert because in answer["route"]["why"]
        assert (answer["route"]["layer"], answer["data"]["way"]) == (SSH, "ssh")
        shown = await one.page("/v1/layers")
        assert shown["outage"]["why"] == "connection refused"
        assert (await one.page("/health"))["outage"]["since"] == shown["outage"]["since"]
        await one.line.open()
        again = await one.ask("list all devices")
        assert (again["status"], again["route"]["layer"]) == ("done", API)
        assert "SSH" not in again["answer"]
        assert await one.told() == ["began", "over"]
        assert "outage" not in await one.page("/v1/layers")
        page = (await one.http.get("/metrics")).text
        assert 'detours_total{reason="refused",writes="no"} 1.0' in page
        assert "controller_away 0.0" in page


async def test_a_known_outage_is_not_asked_about_again(tmp_path: Path) -> None:
    async with controller_off(tmp_path) as one:
        await one.ask("list all devices")
        asked = len(one.line.asked)
        for _ in range(3):
            assert (await one.ask("list all devices"))["status"] == "done"
        assert len(one.line.asked) == asked


@pytest.mark.parametrize("status", [502, 503])
async def test_a_front_door_alone_is_an_outage_which_ends_when_the_controller_is_asked_beside(
    tmp_path: Path, status: int
) -> None:
    async with remembered(tmp_path) as one:
        one.strike(BadStatus(status=status))
        answer = await one.ask("list all devices")
        assert answer["route"]["layer"] == SSH, answer
        assert "(only its front door does)" in answer["answer"]
        one.mend()

        async def back() -> bool:
            return bool((await one.ask("list all devices"))["route"]["layer"] == API)

        await eventually_seen(back)
        assert await one.told() == ["began", "over"]


async def test_a_controller_that_hangs_is_gone_round(tmp_path: Path) -> None:
    async with remembered(tmp_path) as one:
        one.line.hangs = True
        answer = await one.ask("list all devices")
        assert answer["route"]["layer"] == SSH, answer
        assert "no answer in time" in answer["answer"]


async def test_a_silence_of_long_ago_is_looked_at_again_before_it_is_believed(
    tmp_path: Path,
) -> None:
    async with remembered(tmp_path) as one:
        one.line.hangs = True
        assert (await one.ask("list all devices"))["route"]["layer"] == SSH
        one.devices.now += 20
        assert (await one.ask(f"restart the {POINT}"))["route"]["layer"] == SSH
        one.line.hangs = False
        one.devices.now += 5
        asked = len(one.line.asked)
        assert (await one.ask("list all devices"))["route"]["layer"] == SSH
        assert len(one.line.asked) == asked
        one.devices.now += 10
        answer = await one.ask(f"restart the {POINT}")
        assert (answer["status"], answer["route"]["layer"]) == ("confirm", API), answer
        assert await one.told() == ["began", "over"]


async def test_a_controller_that_goes_away_after_a_limit_is_gone_round_at_once(
    tmp_path: Path,
) -> None:
    async with remembered(tmp_path) as one:
        one.line.answers = (429, {})
        one.devices.now += 60
        limited = await one.ask("list all devices")
        assert limited["error"]["code"] == "throttled", limited
        assert SSH not in one.layers.asked
        await one.line.shut()
        answer = await one.ask("list all devices")
        assert (answer["status"], answer["route"]["layer"]) == ("done", SSH), answer
        assert "(connection refused)" in answer["answer"]
        restart = await one.ask(f"restart the {POINT}")
        assert restart["route"]["layer"] == SSH, restart


async def test_a_web_page_in_place_of_an_answer_is_an_outage(tmp_path: Path) -> None:
    async with remembered(tmp_path) as one:
        one.strike(HtmlPage())
        answer = await one.ask("list all devices")
        assert answer["route"]["layer"] == SSH, answer
        assert "(only its front door does)" in answer["answer"]


@pytest.mark.parametrize("status", [400, 401, 403, 429])
async def test_what_the_controller_answers_is_no_outage(tmp_path: Path, status: int) -> None:
    async with house(tmp_path) as one:
        assert (await one.ask("list all devices"))["status"] == "done"
        one.line.answers = (status, {"meta": {"rc": "error", "msg": "api.err.Whatever"}})
        answer = await one.ask("list all devices")
        assert answer["status"] != "done", answer
        assert SSH not in one.layers.asked
        assert await one.told() == []


async def test_nothing_goes_over_ssh_without_a_login_for_devices(tmp_path: Path) -> None:
    async with house(tmp_path, ssh=False) as one:
        assert (await one.ask("list all devices"))["status"] == "done"
        await one.line.shut()
        answer = await one.ask("list all devices")
        assert (answer["status"], answer["error"]["code"]) == ("failed", "unreachable")
        assert set(one.layers.asked) == {API}


async def test_a_change_without_a_twin_waits_for_the_controller_and_is_not_queued(
    tmp_path: Path,
) -> None:
    async with controller_off(tmp_path) as one:
        name = next(
            client.name
            for client in one.devices.street.simulator.world.sites["default"].clients.values()
            if client.name and client.name.isascii() and "'" not in client.name
        )
        for _ in range(2):
            answer = await one.ask(f"block client {name}")
            assert (answer["status"], answer["error"]["code"]) == ("refused", "unreachable")
            assert "waits for the controller: nothing was sent" in answer["answer"]
        assert SSH not in one.layers.asked


@requirement("ssh.way-kept")
async def test_a_restart_in_an_outage_is_offered_over_ssh_and_made_there_though_all_is_well_again(
    tmp_path: Path,
) -> None:
    async with controller_off(tmp_path) as one:
        answer = await one.ask(f"restart the {POINT}")
        assert answer["status"] == "confirm", answer
        preview = answer["confirmation"]["preview"]
        assert "over SSH. The controller is not told" in preview["what"]
        said = " ".join(preview["warnings"])
        assert "because the controller does not answer (connection refused)" in said
        assert await one.reboots() == 0
        await one.line.open()
        done = await one.confirm(answer)
        assert done["status"] == "done", done
        assert done["route"]["layer"] == SSH
        assert "(Over SSH, because" in done["answer"]
        assert await one.reboots() == 1
        assert not any("devmgr" in path for path in one.line.asked)


@requirement("ssh.way-kept")
async def test_a_plan_made_for_the_controller_is_never_made_over_ssh(tmp_path: Path) -> None:
    async with remembered(tmp_path) as one:
        answer = await one.ask(f"restart the {POINT}")
        assert answer["status"] == "confirm", answer
        await one.line.shut()
        done = await one.confirm(answer)
        assert (done["status"], done["error"]["code"]) == ("failed", "unreachable"), done
        assert "nothing was sent, not over SSH either" in done["answer"]
        assert done["error"]["hint"] == "ask again, and it is offered over SSH"
        assert await one.reboots() == 0
        again = await one.ask(f"restart the {POINT}")
        assert again["route"]["layer"] == SSH


async def test_a_lost_reply_is_never_repeated_over_ssh(tmp_path: Path) -> None:
    async with remembered(tmp_path) as one:
        answer = await one.ask(f"restart the {POINT}")
        one.strike(LostReply(method="POST", times=1))
        one.line.last = "devmgr"
        reply = await one.http.post(
            "/v1/confirm",
            json={"token": answer["confirmation"]["token"], "deadline_ms": 4000},
        )
        done = reply.json()
        assert done["status"] == "unverified", done
        assert await one.reboots() == 0


async def test_the_same_order_again_is_offered_with_a_word_about_the_one_whose_outcome_is_unknown(
    tmp_path: Path,
) -> None:
    async with remembered(tmp_path) as one:
        answer = await one.ask(f"restart the {POINT}")
        one.strike(LostReply(method="POST", times=1))
        one.line.last = "devmgr"
        token = answer["confirmation"]["token"]
        reply = await one.http.post("/v1/confirm", json={"token": token, "deadline_ms": 4000})
        assert reply.json()["status"] == "unverified", reply.text
        one.line.last = ""
        one.devices.now += 200
        await one.devices.street.pass_time(200)
        again = await one.ask(f"restart the {POINT}")
        assert again["route"]["layer"] == SSH, again
        doubt = "An order for it left 200 s ago and its outcome is not known."
        assert doubt in again["confirmation"]["preview"]["warnings"]
        await one.line.open()
        direct = await one.ask(f"restart the {POINT}")
        assert direct["route"]["layer"] == API, direct
        assert doubt in direct["confirmation"]["preview"]["warnings"]
        other = await one.ask("restart the Living Room AP")
        assert not any("left" in one for one in other["confirmation"]["preview"]["warnings"])
        one.devices.now += 600
        late = await one.ask(f"restart the {POINT}")
        assert not any("left" in one for one in late["confirmation"]["preview"]["warnings"])


async def test_what_only_devices_can_tell_is_asked_with_a_fresh_inventory(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        answer = await one.ask(f"show the logs of {POINT}")
        assert answer["route"]["tool"] == "get_device_logs", answer
        assert answer["status"] == "done", answer
        assert "because" not in answer["answer"]
        assert one.layers.asked[0] == API


async def test_an_activator_that_starts_in_an_outage_takes_up_what_was_remembered(
    tmp_path: Path,
) -> None:
    async with controller_off(tmp_path) as one:
        file = tmp_path / "inventory" / "default.json"
        assert file.stat().st_mode & 0o777 == 0o600
        assert b"authkey" not in file.read_bytes()
        async with one.another() as second:
            reply = await second.post("/v1/query", json={"query": "list all devices"})
            assert reply.json()["route"]["layer"] == SSH, reply.text
            assert reply.json()["status"] == "done"


async def test_a_damaged_or_foreign_file_is_ignored(tmp_path: Path) -> None:
    folder = tmp_path / "inventory"
    folder.mkdir(mode=0o700)
    (folder / "default.json").write_bytes(b"\xff{")
    (folder / "other.json").write_bytes(b'{"site":"default","at":1.0}')
    (folder / "huge.json").write_bytes(b" " * (2 * 1024 * 1024))
    async with house(tmp_path) as one:
        await one.line.shut()
        answer = await one.ask("list all devices")
        assert "nothing is remembered of any site" in answer["answer"]


async def test_devices_that_nobody_remembers_are_looked_for(tmp_path: Path) -> None:
    async with house(tmp_path) as plain:
        places = (plain.devices.street.told["discovery"],)
        async with house(tmp_path / "other", discovery=places) as one:
            await one.line.shut()
            answer = await one.ask("list all devices")
            assert answer["status"] == "done", answer
            assert answer["data"]["rows"]
            assert "found answer over SSH" in answer["answer"]
            assert "cortex ssh accept" in answer["data"]["note"]


async def test_an_order_for_a_site_that_is_not_remembered_is_refused_and_names_those_that_are(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as plain:
        places = (plain.devices.street.told["discovery"],)
        other = tmp_path / "other"
        async with controller_off(other, discovery=places, first_use=True) as one:
            answer = await one.ask(f"restart the {POINT}", site="nosuch")
            assert answer["status"] == "refused", answer
            assert "'nosuch' is not remembered; remembered are: 'default'" in answer["answer"]
            logs = await one.ask(f"show the logs of {POINT}", site="nosuch")
            assert "'nosuch' is not remembered; remembered are: 'default'" in logs["answer"]
            assert await one.devices.commands() == []
            again = await one.ask("list all devices", site="DEFAULT")
            assert again["status"] == "done", again
            assert "remembered answer over SSH" in again["answer"]


async def test_a_preview_over_ssh_names_the_site_where_several_are_remembered(
    tmp_path: Path,
) -> None:
    other = Known(site="hq", at=1.0, devices=({"mac": "74:ac:b9:00:00:01"},))
    (tmp_path / "inventory").mkdir(mode=0o700)
    (tmp_path / "inventory" / "hq.json").write_bytes(written(other))
    async with controller_off(tmp_path) as one:
        answer = await one.ask(f"restart the {POINT}")
        warnings = answer["confirmation"]["preview"]["warnings"]
        assert "It is at the site 'default'." in warnings


async def test_an_outage_in_which_nobody_is_known_or_found_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.line.shut()
        answer = await one.ask("list all devices")
        assert answer["status"] == "failed", answer
        assert "nothing is remembered of any site" in answer["answer"]
        assert "connection refused" in answer["answer"]


async def test_what_only_a_controller_that_refuses_connections_can_tell_is_not_asked_of_it(
    tmp_path: Path,
) -> None:
    async with controller_off(tmp_path) as one:
        await one.ask("list all devices")
        asked = len(one.line.asked)
        answer = await one.ask("list all firewall rules")
        assert answer["status"] == "failed"
        assert "only it can tell this" in answer["answer"]
        assert len(one.line.asked) == asked
