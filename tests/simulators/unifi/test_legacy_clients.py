"""The legacy lane on clients: what it lists, what it does, and what it only pretends to do."""

import pytest

from tests.simulators.unifi.console import START, console, error

pytestmark = pytest.mark.anyio


async def test_a_blocked_client_leaves_the_online_list_and_stays_known_as_blocked() -> None:
    async with console() as bench:
        ipad = bench.client("Kids iPad")
        assert ipad.mac in await bench.online()
        await bench.rows("cmd/stamgr", {"cmd": "block-sta", "mac": ipad.mac}, method="POST")
        assert ipad.mac not in await bench.online()
        for rows in (
            await bench.rows("rest/user"),
            await bench.rows("stat/alluser", {"type": "all", "conn": "all"}, method="POST"),
            await bench.rows(f"stat/user/{ipad.mac}"),
        ):
            assert [row["blocked"] for row in rows if row["mac"] == ipad.mac] == [True]


async def test_an_unblocked_client_comes_back_after_a_moment() -> None:
    async with console() as bench:
        mac = bench.client("Kids iPad").mac
        await bench.rows("cmd/stamgr", {"cmd": "block-sta", "mac": mac}, method="POST")
        await bench.rows("cmd/stamgr", {"cmd": "unblock-sta", "mac": mac}, method="POST")
        assert mac not in await bench.online()
        bench.now += 5
        row = next(row for row in await bench.rows("stat/sta") if row["mac"] == mac)
        assert row["uptime"] == 1
        assert "blocked" not in row


@pytest.mark.parametrize(
    "cmd", ["block-sta", "unblock-sta", "authorize-guest", "unauthorize-guest"]
)
async def test_commands_about_stations_nobody_knows_are_ok(cmd: str) -> None:
    async with console() as bench:
        body = {"cmd": cmd, "mac": "02:00:00:00:00:01"}
        answer = await bench.legacy("POST", "cmd/stamgr", body)
        assert answer.json() == {"meta": {"rc": "ok"}, "data": []}


async def test_blocking_an_unknown_station_makes_it_known_as_blocked() -> None:
    async with console() as bench:
        body = {"cmd": "block-sta", "mac": "02:00:00:00:00:01"}
        await bench.rows("cmd/stamgr", body, method="POST")
        assert (await bench.rows("stat/user/02:00:00:00:00:01"))[0]["blocked"] is True


async def test_blocking_a_blocked_client_and_unblocking_a_free_one_is_no_news() -> None:
    async with console() as bench:
        told = len(bench.home.system_log)
        for cmd, name in (("block-sta", "Old Phone"), ("unblock-sta", "Kids iPad")):
            body = {"cmd": cmd, "mac": bench.client(name).mac}
            await bench.rows("cmd/stamgr", body, method="POST")
        assert bench.client("Kids iPad").mac in await bench.online()
        assert len(bench.home.system_log) == told


@pytest.mark.parametrize("cmd", ["block-sta", "unblock-sta"])
async def test_an_upper_case_address_is_accepted_and_nothing_happens(cmd: str) -> None:
    async with console() as bench:
        ipad = bench.client("Kids iPad")
        body = {"cmd": cmd, "mac": ipad.mac.upper()}
        assert (await bench.legacy("POST", "cmd/stamgr", body)).json()["meta"]["rc"] == "ok"
        assert not ipad.blocked
        assert len(bench.home.clients) == 60


async def test_a_kick_drops_a_station_which_comes_back_with_a_fresh_uptime() -> None:
    async with console() as bench:
        mac = bench.client("Kids iPad").mac
        await bench.rows("cmd/stamgr", {"cmd": "kick-sta", "mac": mac}, method="POST")
        assert mac not in await bench.online()
        bench.now += 10
        row = (await bench.rows(f"stat/sta/{mac}"))[0]
        assert row["uptime"] == 6
        sessions = await bench.rows("stat/session", {"mac": mac}, method="POST")
        assert sessions[0]["duration"] > 0


async def test_only_a_kick_checks_that_the_station_is_there() -> None:
    async with console() as bench:
        for mac in ("02:00:00:00:00:01", bench.client("TV").mac):
            answer = await bench.legacy("POST", "cmd/stamgr", {"cmd": "kick-sta", "mac": mac})
            assert (answer.status_code, error(answer)) == (400, "api.err.UnknownStation")


async def test_an_offline_client_has_no_online_record_and_a_stranger_no_record_at_all() -> None:
    async with console() as bench:
        answer = await bench.legacy("GET", f"stat/sta/{bench.client('TV').mac}")
        assert error(answer) == "api.err.UnknownStation"
        answer = await bench.legacy("GET", "stat/user/02:00:00:00:00:01")
        assert (answer.status_code, error(answer)) == (400, "api.err.UnknownUser")


async def test_the_list_of_known_clients_is_capped_and_the_other_is_not() -> None:
    async with console(clients=5_000) as bench:
        assert len(await bench.rows("rest/user")) == 3_000
        everyone = await bench.rows("stat/alluser", {"type": "all"}, method="POST")
        assert len(everyone) == 5_000
        unlisted = everyone[-1]["mac"]
        assert (await bench.rows(f"stat/user/{unlisted}"))[0]["mac"] == unlisted


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [("blocked", "blocked", True), ("guest", "is_guest", True), ("user", "is_guest", False)],
)
async def test_known_clients_can_be_asked_for_by_kind(kind: str, key: str, value: object) -> None:
    async with console() as bench:
        rows = await bench.rows("stat/alluser", {"type": kind}, method="POST")
        assert rows
        assert {row[key] for row in rows} == {value}


async def test_known_clients_can_be_asked_for_by_how_long_ago_they_were_seen() -> None:
    async with console() as bench:
        recent = await bench.rows("stat/alluser", {"within": 24}, method="POST")
        everyone = await bench.rows("stat/alluser", {}, method="POST")
        assert 0 < len(recent) < len(everyone)
        assert bench.client("TV").mac not in {row["mac"] for row in recent}


async def test_a_client_is_renamed_and_annotated_by_part() -> None:
    async with console() as bench:
        client = bench.client("reolink-2")
        before = (await bench.rows(f"rest/user/{client.id}"))[0]
        rows = await bench.rows(f"rest/user/{client.id}", {"name": "Garage Cam"}, method="PUT")
        assert rows[0] == before | {"name": "Garage Cam", "noted": True}
        await bench.rows(f"upd/user/{client.id}", {"note": "old", "x": [1]}, method="POST")
        row = (await bench.rows(f"stat/user/{client.mac}"))[0]
        assert (row["name"], row["note"], row["x"]) == ("Garage Cam", "old", [1])


async def test_a_put_cannot_change_who_a_client_is_or_unblock_it() -> None:
    async with console() as bench:
        client = bench.client("Old Phone")
        body = {"mac": "02:00:00:00:00:01", "_id": "0", "blocked": False}
        row = (await bench.rows(f"rest/user/{client.id}", body, method="PUT"))[0]
        assert (row["mac"], row["_id"], row["blocked"]) == (client.mac, client.id, True)


async def test_a_fixed_address_is_used_from_the_next_connection() -> None:
    async with console() as bench:
        printer = bench.client("Printer")
        office = next(k for k, n in bench.home.networks.items() if n["name"] == "Office")
        body = {"use_fixedip": True, "fixed_ip": "10.0.20.15", "network_id": office}
        row = (await bench.rows(f"rest/user/{printer.id}", body, method="PUT"))[0]
        assert (row["use_fixedip"], row["fixed_ip"]) == (True, "10.0.20.15")
        assert (await bench.rows(f"stat/sta/{printer.mac}"))[0]["ip"] != "10.0.20.15"
        await bench.rows("cmd/stamgr", {"cmd": "kick-sta", "mac": printer.mac}, method="POST")
        bench.now += 5
        assert (await bench.rows(f"stat/sta/{printer.mac}"))[0]["ip"] == "10.0.20.15"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"use_fixedip": True}, "api.err.MissingIPAddress"),
        ({"use_fixedip": True, "fixed_ip": "10.9.9.9"}, "api.err.InvalidFixedIP"),
        ({"use_fixedip": True, "fixed_ip": "printer"}, "api.err.InvalidFixedIP"),
        ({"local_dns_record_enabled": True}, "api.err.LocalDnsRecordRequiresFixedIp"),
        ({}, "api.err.InvalidPayload"),
        ([], "api.err.InvalidPayload"),
    ],
)
async def test_an_address_that_cannot_be_is_refused(body: object, code: str) -> None:
    async with console() as bench:
        client = bench.client("Printer")
        answer = await bench.legacy("PUT", f"rest/user/{client.id}", body)
        assert (answer.status_code, error(answer)) == (400, code)
        assert not client.use_fixedip


async def test_an_unknown_object_id_is_invalid() -> None:
    async with console() as bench:
        answer = await bench.legacy("PUT", "rest/user/000000000000000000000000", {"name": "x"})
        assert (answer.status_code, error(answer)) == (400, "api.err.IdInvalid")


async def test_a_client_can_be_named_before_it_ever_came() -> None:
    async with console() as bench:
        body = {"objects": [{"data": {"mac": "02:00:00:00:00:0A", "name": "Soon"}}]}
        made = await bench.rows("group/user", body, method="POST")
        assert made[0]["data"][0]["name"] == "Soon"
        assert bench.home.clients["02:00:00:00:00:0a"].name == "Soon"
        again = await bench.legacy("POST", "group/user", body)
        assert error(again) == "api.err.MacUsed"
        bodies: tuple[object, ...] = ({}, {"objects": [{}]}, {"objects": [{"data": {"name": "x"}}]})
        for bad in bodies:
            assert error(await bench.legacy("POST", "group/user", bad)) == "api.err.InvalidPayload"


async def test_forgotten_clients_are_gone_with_their_sessions() -> None:
    async with console() as bench:
        tv = bench.client("Living Room TV")
        body = {"cmd": "forget-sta", "macs": [tv.mac, "02:00:00:00:00:01"]}
        await bench.rows("cmd/stamgr", body, method="POST")
        assert tv.mac not in await bench.online()
        assert error(await bench.legacy("GET", f"stat/user/{tv.mac}")) == "api.err.UnknownUser"
        assert await bench.rows("stat/session", {"mac": tv.mac}, method="POST") == []


async def test_a_guest_is_let_in_for_a_time() -> None:
    async with console() as bench:
        guest = bench.client("android-guest")
        assert (await bench.rows(f"stat/sta/{guest.mac}"))[0]["authorized"] is False
        body = {"cmd": "authorize-guest", "mac": guest.mac, "minutes": 10}
        await bench.rows("cmd/stamgr", body, method="POST")
        assert (await bench.rows(f"stat/sta/{guest.mac}"))[0]["authorized"] is True
        bench.now += 601
        assert (await bench.rows(f"stat/sta/{guest.mac}"))[0]["authorized"] is False


async def test_a_guest_can_be_sent_back_to_the_portal() -> None:
    async with console() as bench:
        guest = bench.client("Galaxy-A54")
        body = {"cmd": "unauthorize-guest", "mac": guest.mac}
        await bench.rows("cmd/stamgr", body, method="POST")
        assert (await bench.rows(f"stat/sta/{guest.mac}"))[0]["authorized"] is False
        rows = await bench.rows("stat/guest", {"within": 24}, method="POST")
        assert {row["mac"]: row["expired"] for row in rows}[guest.mac] is True


@pytest.mark.parametrize(
    "body",
    [
        {"cmd": "block-sta"},
        {"cmd": "block-sta", "mac": 5},
        {"cmd": "forget-sta", "macs": "x"},
        {"cmd": "authorize-guest", "mac": "x", "minutes": "ten"},
        {"mac": "x"},
    ],
)
async def test_a_command_without_its_arguments_is_an_invalid_payload(body: object) -> None:
    async with console() as bench:
        answer = await bench.legacy("POST", "cmd/stamgr", body)
        assert (answer.status_code, error(answer)) == (400, "api.err.InvalidPayload")


async def test_a_wireless_record_tells_of_the_air_and_a_wired_one_of_its_port() -> None:
    async with console() as bench:
        phone = bench.client("Emma's iPhone")
        row = (await bench.rows(f"stat/sta/{phone.mac}"))[0]
        assert row["essid"] == "Home"
        assert row["rssi"] == row["signal"] - row["noise"]
        assert row["channel"] == 44
        assert row["assoc_time"] + row["uptime"] == START
        nas = (await bench.rows(f"stat/sta/{bench.client('NAS').mac}"))[0]
        assert (nas["sw_mac"], nas["sw_port"]) == (bench.device("Core Switch").mac, 7)
        assert nas["wired-rx_bytes"] > 0
        assert "signal" not in nas


async def test_a_weak_station_shows_among_the_anomalies() -> None:
    async with console() as bench:
        rows = await bench.rows("stat/anomalies")
        assert bench.client("POS Terminal").mac in {row["mac"] for row in rows}
