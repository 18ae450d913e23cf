"""Signing in: sessions, CSRF tokens, keys, roles, second factors and the login limiter."""

import base64
import json

import pytest

from cortex.simulators.unifi.knobs import Knobs
from tests.simulators.unifi.console import console, error

pytestmark = pytest.mark.anyio
STANDALONE = Knobs(layout="standalone")


async def test_the_front_page_tells_the_layouts_apart() -> None:
    async with console(login=False) as unifi_os:
        assert (await unifi_os.http.get("/")).status_code == 200
    async with console(login=False, knobs=STANDALONE) as standalone:
        answer = await standalone.http.get("/")
        assert (answer.status_code, answer.headers["location"]) == (302, "/manage")
        assert (await standalone.http.get("/manage")).status_code == 200
        status = await standalone.http.get("/status")
        assert status.json()["meta"]["server_version"] == "10.4.57"


async def test_a_newer_unifi_os_may_redirect_its_front_page() -> None:
    async with console(login=False, knobs=Knobs(root_redirects=True)) as bench:
        assert (await bench.http.get("/")).status_code == 302


async def test_a_login_tells_who_one_is_and_sets_a_readable_token() -> None:
    async with console(login=False) as bench:
        answer = await bench.login()
        assert answer.json()["permissions"] == {"network.management": ["admin"]}
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("TOKEN=")
        assert cookie.endswith("; HttpOnly; Secure; Partitioned")
        payload = cookie.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert claims["csrfToken"] == answer.headers["x-csrf-token"]
        assert claims["exp"] > claims["iat"]


async def test_nothing_behind_the_front_page_opens_without_a_login() -> None:
    async with console(login=False) as bench:
        answer = await bench.legacy("GET", "stat/sta")
        assert answer.status_code == 401
        assert answer.json() == {"error": {"code": 401, "message": "Unauthorized"}}


async def test_a_standalone_application_asks_for_a_login_in_its_own_words() -> None:
    async with console(login=False, knobs=STANDALONE) as bench:
        legacy = await bench.legacy("GET", "stat/sta")
        v2 = await bench.v2("GET", "clients/active")
        assert (legacy.status_code, error(legacy)) == (401, "api.err.LoginRequired")
        assert (v2.status_code, error(v2)) == (401, "api.err.LoginRequired")
        assert v2.json()["errorCode"] == 401


async def test_a_standalone_login_opens_the_unprefixed_paths_without_csrf() -> None:
    async with console(login=False, knobs=STANDALONE) as bench:
        answer = await bench.login()
        assert answer.json() == {"meta": {"rc": "ok"}, "data": []}
        assert "unifises" in bench.http.cookies
        assert len(await bench.rows("stat/sta")) > 10
        tv = bench.client("Living Room TV")
        await bench.rows("cmd/stamgr", {"cmd": "block-sta", "mac": tv.mac}, method="POST")
        assert tv.blocked
        wrong = await bench.http.post("/api/login", json={"username": "admin", "password": "no"})
        assert (wrong.status_code, error(wrong)) == (400, "api.err.Invalid")
        assert (await bench.http.post("/logout")).json()["meta"]["rc"] == "ok"
        assert (await bench.legacy("GET", "stat/sta")).status_code == 401


async def test_a_wrong_password_is_told_by_its_code() -> None:
    async with console(login=False) as bench:
        answer = await bench.http.post(
            "/api/auth/login", json={"username": "admin", "password": 7, "rememberMe": True}
        )
        assert answer.status_code == 403
        assert answer.json()["code"] == "AUTHENTICATION_FAILED_INVALID_CREDENTIALS"
        assert (await bench.login("nobody")).status_code == 403


@pytest.mark.parametrize("body", ["{", "[]", '"admin"'])
async def test_a_login_that_is_no_object_is_an_invalid_payload(body: str) -> None:
    async with console(login=False) as bench:
        answer = await bench.http.post("/api/auth/login", content=body)
        assert (answer.status_code, error(answer)) == (400, "api.err.InvalidPayload")


async def test_five_wrong_passwords_trip_a_limiter_that_retrying_keeps_alive() -> None:
    async with console(login=False, knobs=Knobs(logins_per_minute=50)) as bench:
        for _ in range(5):
            assert (await bench.login("nobody")).status_code == 403
        for _ in range(4):
            bench.now += 40
            answer = await bench.login()
            assert answer.status_code == 429
            assert answer.json()["code"] == "AUTHENTICATION_FAILED_LIMIT_REACHED"
            assert "retry-after" not in answer.headers
        bench.now += 46
        assert (await bench.login()).status_code == 200


async def test_too_many_logins_in_a_minute_trip_the_limiter_too() -> None:
    async with console(login=False) as bench:
        statuses = [(await bench.login()).status_code for _ in range(7)]
        assert statuses == [200] * 6 + [429]
        bench.now += 61
        assert (await bench.login()).status_code == 200


async def test_a_cloud_account_is_asked_for_its_second_factor() -> None:
    async with console(login=False) as bench:
        answer = await bench.login("cloudy")
        assert answer.status_code == 499
        assert answer.json()["data"]["mfaCookie"].startswith("UBIC_2FA=")
        assert (
            await bench.login("cloudy", token=bench.world.accounts["cloudy"].totp)
        ).status_code == 200


async def test_a_local_account_with_a_second_factor_is_asked_for_its_code() -> None:
    async with console(login=False) as bench:
        assert error(await bench.login("careful")) == "api.err.Ubic2faTokenRequired"
        assert (
            await bench.login("careful", ubic_2fa_token=bench.world.accounts["careful"].totp)
        ).status_code == 200


async def test_a_write_without_the_csrf_token_is_refused_and_a_read_is_not() -> None:
    async with console() as bench:
        del bench.http.headers["x-csrf-token"]
        body = {"cmd": "block-sta", "mac": bench.client("TV").mac}
        answer = await bench.legacy("POST", "cmd/stamgr", body)
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == 403
        assert not bench.client("TV").blocked
        assert (await bench.legacy("GET", "stat/sta")).status_code == 200


async def test_the_csrf_token_rotates_and_the_old_one_no_longer_serves() -> None:
    async with console(knobs=Knobs(csrf_rotates_after=2)) as bench:
        first = bench.http.headers["x-csrf-token"]
        command = {"cmd": "unset-rollupgrade"}
        assert (await bench.legacy("POST", "cmd/devmgr", command)).status_code == 200
        assert bench.http.headers["x-csrf-token"] == first
        answer = await bench.legacy("POST", "cmd/devmgr", command)
        rotated = answer.headers["x-updated-csrf-token"]
        assert rotated == answer.headers["x-csrf-token"] != first
        assert (await bench.legacy("POST", "cmd/devmgr", command)).status_code == 200
        bench.http.headers["x-csrf-token"] = first
        assert (await bench.legacy("POST", "cmd/devmgr", command)).status_code == 403


async def test_the_csrf_token_can_stay_for_good() -> None:
    async with console(knobs=Knobs(csrf_rotates_after=0)) as bench:
        for _ in range(30):
            answer = await bench.legacy("POST", "cmd/devmgr", {"cmd": "nothing"})
            assert "x-updated-csrf-token" not in answer.headers


async def test_a_session_ends_after_its_time_and_a_new_login_opens_another() -> None:
    async with console(knobs=Knobs(session_seconds=100)) as bench:
        bench.now += 99
        answer = await bench.legacy("GET", "stat/sta")
        assert answer.status_code == 200
        assert int(answer.headers["x-token-expire-time"]) == 1_800_000_100_000
        bench.now += 2
        assert (await bench.legacy("GET", "stat/sta")).status_code == 401
        await bench.login()
        assert (await bench.legacy("GET", "stat/sta")).status_code == 200


async def test_signing_out_ends_the_session() -> None:
    async with console() as bench:
        assert (await bench.http.post("/api/auth/logout")).status_code == 200
        assert (await bench.legacy("GET", "stat/sta")).status_code == 401
        assert (await bench.http.post("/api/auth/logout")).status_code == 200


async def test_a_key_opens_the_private_lanes_without_csrf() -> None:
    async with console(login=False) as bench:
        bench.http.headers["x-api-key"] = "lab-admin-key"
        tv = bench.client("Living Room TV")
        await bench.rows("cmd/stamgr", {"cmd": "block-sta", "mac": tv.mac}, method="POST")
        assert tv.blocked
        assert (await bench.v2("GET", "clients/active")).status_code == 200


async def test_a_bad_key_and_no_key_get_the_same_bare_answer() -> None:
    async with console(login=False) as bench:
        without = await bench.legacy("GET", "stat/sta")
        bench.http.headers["x-api-key"] = "not-a-key"
        bad = await bench.legacy("GET", "stat/sta")
        assert (without.status_code, without.content) == (bad.status_code, bad.content)


async def test_an_older_console_takes_keys_for_the_integration_lane_only() -> None:
    async with console(login=False, knobs=Knobs(private_lanes_take_keys=False)) as bench:
        bench.http.headers["x-api-key"] = "lab-admin-key"
        assert (await bench.legacy("GET", "stat/sta")).status_code == 401
        # Let in by the gate; the integration lane itself is not part of this bench.
        assert (await bench.call("GET", "/integration/v1/info")).status_code == 404


async def test_a_viewer_reads_and_may_not_write() -> None:
    async with console(login=False) as bench:
        await bench.login("viewer")
        assert (await bench.legacy("GET", "stat/sta")).status_code == 200
        tv = bench.client("Living Room TV")
        legacy = await bench.legacy("POST", "cmd/stamgr", {"cmd": "block-sta", "mac": tv.mac})
        assert (legacy.status_code, error(legacy)) == (403, "api.err.NoPermission")
        v2 = await bench.v2("POST", "trafficrules", {"description": "x"})
        assert (v2.status_code, error(v2)) == (403, "api.err.NoPermission")
        assert not tv.blocked
        assert (await bench.v2("POST", "system-log/all", {})).status_code == 200
        assert (await bench.http.post("/api/system/reboot")).status_code == 403
        assert (await bench.http.get("/api/users/self")).json()["roles"][0]["name"] == "Viewer"


async def test_the_owner_can_reboot_the_console() -> None:
    async with console() as bench:
        assert (await bench.http.post("/api/system/reboot")).status_code == 200
        assert not bench.device("Gateway").reachable
        assert await bench.online() == set()


async def test_a_login_is_written_down() -> None:
    async with console() as bench:
        rows = (await bench.v2("POST", "system-log/admin-activity", {})).json()["data"]
        assert rows[0]["key"] == "ADMIN_LOGIN"
        assert rows[0]["parameters"]["ADMIN"]["name"] == "admin"
