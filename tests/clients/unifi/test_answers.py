"""Every dialect of the controller is read into rows or into one of our errors."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.clients.unifi import Lane
from cortex.clients.unifi.answers import Call, expired, read
from cortex.errors import (
    BadAnswer,
    CortexError,
    LostReply,
    NotAllowed,
    Rejected,
    SchemaChanged,
    Unreachable,
)

STA = Call(Lane.LEGACY, "GET", "/s/default/stat/sta")
BLOCK = Call(Lane.LEGACY, "POST", "/s/default/cmd/stamgr", body={}, writes=True)
POLICIES = Call(Lane.V2, "GET", "/site/default/firewall-policies")
PUT_POLICY = Call(Lane.V2, "PUT", "/site/default/firewall-policies/1", writes=True, item="1")
JSON = "application/json"


def answer(call: Call, status: int, body: Any, content_type: str = JSON) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read(call, status, content_type, raw, version="10.4.57")


def test_legacy_rows_come_out_of_their_envelope() -> None:
    assert answer(STA, 200, {"meta": {"rc": "ok"}, "data": [{"mac": "a"}]}) == [{"mac": "a"}]


def test_a_v2_list_is_passed_as_it_is_and_an_empty_body_is_no_error() -> None:
    assert answer(POLICIES, 200, [{"_id": "1"}]) == [{"_id": "1"}]
    assert answer(PUT_POLICY, 200, b"") == {}


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize("code", ["api.err.UnknownStation", "api.err.IdInvalid"])
def test_a_legacy_error_carries_its_code_whatever_the_status(status: int, code: str) -> None:
    with pytest.raises((Rejected, NotAllowed), match=code) as refused:
        answer(STA, status, {"meta": {"rc": "error", "msg": code}, "data": []})
    if isinstance(refused.value, Rejected):
        assert refused.value.reason == code


def test_a_v2_error_carries_its_code_and_the_controllers_words() -> None:
    body = {"code": "api.err.InvalidPayload", "message": "schedule is missing", "errorCode": 400}
    with pytest.raises(Rejected, match="schedule is missing") as refused:
        answer(PUT_POLICY, 400, body)
    assert refused.value.reason == "api.err.InvalidPayload"


def test_an_error_body_that_is_no_json_is_still_an_answer() -> None:
    with pytest.raises(Rejected) as refused:
        answer(PUT_POLICY, 405, b"method not allowed", "text/plain")
    assert refused.value.reason == "405"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"meta": {"rc": "error", "msg": "api.err.NoPermission"}, "data": []}),
        (200, {"meta": {"rc": "error", "msg": "api.err.NoPermission"}, "data": []}),
        (403, {"code": "FORBIDDEN", "message": "no"}),
        (401, {"error": {"code": 401, "message": "Unauthorized"}}),
    ],
)
def test_a_role_that_may_not_is_not_allowed(status: int, body: Any) -> None:
    with pytest.raises(NotAllowed):
        answer(BLOCK, status, body)


def test_a_path_that_is_gone_names_the_version() -> None:
    body = {"meta": {"rc": "error", "msg": "api.err.NotFound"}, "data": []}
    with pytest.raises(SchemaChanged, match=r"10\.4\.57"):
        answer(Call(Lane.LEGACY, "POST", "/s/default/stat/event"), 404, body)


def test_only_a_path_that_versions_are_known_to_have_dropped_is_told_as_gone() -> None:
    with pytest.raises(SchemaChanged) as dropped:
        answer(Call(Lane.LEGACY, "POST", "/s/default/stat/event"), 404, {})
    assert dropped.value.reason == "path-gone"
    for call in (STA, BLOCK, POLICIES):
        with pytest.raises(SchemaChanged) as missed:
            answer(call, 404, b"<html>Not Found</html>", "text/html")
        assert not missed.value.reason


@pytest.mark.parametrize(
    ("status", "error"), [(400, Rejected), (401, NotAllowed), (403, NotAllowed), (405, Rejected)]
)
@pytest.mark.parametrize("call", [STA, BLOCK, PUT_POLICY])
def test_a_refusal_that_comes_as_a_web_page_is_an_answer(
    call: Call, status: int, error: type[CortexError]
) -> None:
    with pytest.raises(error, match=str(status)):
        answer(call, status, b"<html>no</html>", "text/html")


def test_an_error_of_the_application_that_comes_as_a_web_page_is_no_front_door() -> None:
    with pytest.raises(BadAnswer, match="500"):
        answer(STA, 500, b"<html>Internal Server Error</html>", "text/html")


def test_an_item_that_is_not_found_is_an_answer() -> None:
    with pytest.raises(Rejected):
        answer(PUT_POLICY, 404, {"code": "api.err.NotFound", "message": "no such policy"})


@pytest.mark.parametrize("status", [502, 503, 504])
def test_only_the_front_door_answers_a_read(status: int) -> None:
    with pytest.raises(Unreachable):
        answer(STA, status, b"<html>Bad gateway</html>", "text/html")


@pytest.mark.parametrize("status", [500, 501, 502, 504, 520])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<html>Internal Server Error</html>", "text/html"),
        (b"", "text/plain"),
        ({"oops": True}, JSON),
        ({"meta": {"rc": "error", "msg": "api.err.ServerBusy"}, "data": []}, JSON),
    ],
)
def test_a_server_error_after_a_write_is_a_lost_reply_whatever_its_dialect(
    status: int, body: Any, content_type: str
) -> None:
    for call in (BLOCK, PUT_POLICY):
        with pytest.raises(LostReply, match="may have taken effect"):
            answer(call, status, body, content_type)


def test_a_write_that_was_turned_away_at_the_door_is_not_lost() -> None:
    with pytest.raises(Unreachable):
        answer(BLOCK, 503, b"", "text/plain")
    with pytest.raises(Unreachable):
        answer(BLOCK, 503, b"<html>starting</html>", "text/html")
    with pytest.raises(Unreachable):
        answer(BLOCK, 200, b"<!doctype html><title>UniFi OS</title>", "text/html")


def test_a_web_page_is_recognised_without_its_content_type() -> None:
    with pytest.raises(Unreachable, match="web page"):
        answer(STA, 200, b"  <!doctype html>", "")


def test_an_answer_that_breaks_off_is_unreadable_to_a_read_and_lost_to_a_write() -> None:
    with pytest.raises(BadAnswer):
        answer(STA, 200, b'{"meta": {"rc": "o')
    with pytest.raises(LostReply):
        answer(BLOCK, 200, b'{"meta": {"rc": "o')
    with pytest.raises(LostReply):
        answer(BLOCK, 500, {"oops": True})


@pytest.mark.parametrize("body", [[], {"data": []}, {"meta": {"rc": "ok"}}, 7, None])
def test_another_shape_than_the_legacy_envelope_is_told(body: Any) -> None:
    with pytest.raises(SchemaChanged):
        answer(STA, 200, body)


def test_a_session_that_ended_is_told_by_status_or_by_code() -> None:
    assert expired(401, b"")
    assert expired(200, b'{"meta":{"rc":"error","msg":"api.err.LoginRequired"},"data":[]}')
    assert not expired(403, b'{"meta":{"rc":"error","msg":"api.err.NoPermission"},"data":[]}')

    assert expired(403, b'{"code":"api.err.LoginRequired","message":"log in first"}')
    assert not expired(200, b"<p>api.err.LoginRequired</p>")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["meta", "rc", "msg", "data", "code", "message"]), inner)
    ),
    max_leaves=8,
)


@given(
    call=st.sampled_from([STA, BLOCK, POLICIES, PUT_POLICY]),
    status=st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 405, 409, 500, 502, 503]),
    body=json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=12),
)
def test_whatever_is_answered_is_read_or_raises_one_of_our_errors(
    call: Call, status: int, body: bytes
) -> None:
    try:
        payload = read(call, status, JSON, body)
    except CortexError:
        return
    assert status < 400
    if call.lane is Lane.LEGACY:
        assert all(isinstance(row, dict) for row in payload)


rows = st.lists(
    st.dictionaries(
        st.sampled_from(["name", "hostname", "msg", "meta", "rc", "code"]),
        st.sampled_from(["api.err.LoginRequired", "error", "ok"]) | json_values,
        max_size=3,
    ),
    max_size=3,
)


@given(found=rows, lane=st.sampled_from(["legacy", "v2", "integration"]))
def test_no_text_in_the_records_of_an_answer_passes_for_the_end_of_the_session(
    found: list[dict[str, Any]], lane: str
) -> None:
    bodies: dict[str, Any] = {
        "legacy": {"meta": {"rc": "ok"}, "data": found},
        "v2": found,
        "integration": {"offset": 0, "data": found},
    }
    assert not expired(200, json.dumps(bodies[lane]).encode())
