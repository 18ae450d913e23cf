"""What a principal may do, how much of it, and the files that decide it."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import Misconfigured
from cortex.fabric.activator.access import kill_switch
from cortex.fabric.activator.access.keys import grant_key, service_credential
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.access.quota import Quota
from cortex.fabric.messages import Target

PRINTER = Target(kind="client", id="aa:bb:cc:00:00:01", name="Printer")
PHONE = Target(kind="client", id="aa:bb:cc:00:00:02", name="Phone")

SWITCH = Target(kind="device", id="device-1", name="Core Switch", mac="dd:ee:ff:00:00:03")


def holder(*targets: str, tools: tuple[str, ...] = ()) -> Principal:
    return Principal(
        name="a",
        identity="a",
        scopes=frozenset({"read"}),
        targets=frozenset(targets),
        tools=frozenset(tools),
    )


def test_a_token_without_lists_is_good_for_everything() -> None:
    assert holder().may_use("restart_device")
    assert holder().may_touch([PRINTER, PHONE])
    assert holder().may_touch([])


def test_a_listed_target_is_known_by_its_id_or_mac() -> None:
    assert holder(PRINTER.id).may_touch([PRINTER])
    assert holder(SWITCH.mac).may_touch([SWITCH])


def test_a_client_that_calls_itself_like_a_listed_one_is_not_on_the_list() -> None:
    assert not holder("printer").may_touch([PRINTER])


def test_what_the_operator_named_is_known_by_its_name() -> None:
    assert holder("core switch").may_touch([SWITCH])


def test_one_target_off_the_list_spoils_the_call() -> None:
    assert not holder(PRINTER.id).may_touch([PRINTER, PHONE])


def test_a_call_without_a_target_is_not_on_any_list() -> None:
    assert not holder(PRINTER.id).may_touch([])


def test_a_token_with_tools_is_good_for_those_only() -> None:
    assert holder(tools=("list_clients",)).may_use("list_clients")
    assert not holder(tools=("list_clients",)).may_use("block_client")


def test_a_burst_is_served_up_to_the_quota_and_the_next_is_told_when() -> None:
    quota = Quota(60)
    assert [quota.take("a", now=0) for _ in range(60)] == [0.0] * 60
    assert quota.take("a", now=0) == pytest.approx(1.0)
    assert quota.take("b", now=0) == 0
    assert quota.take("a", now=1) == 0


@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 50))
def test_no_more_is_granted_than_the_quota_allows(pauses: list[float], limit: int) -> None:
    quota, now, granted = Quota(limit), 0.0, 0
    for pause in pauses:
        now += pause
        granted += quota.take("a", now=now) == 0
    assert granted <= limit + now * limit / 60 + 1e-6


def test_keys_are_made_once_and_are_private(tmp_path: Path) -> None:
    assert service_credential(tmp_path) == service_credential(tmp_path)
    assert grant_key(tmp_path) != service_credential(tmp_path).encode()
    for name in ("service", "grant"):
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600


def test_an_emptied_key_file_is_refused(tmp_path: Path) -> None:
    service_credential(tmp_path)
    (tmp_path / "keys" / "service").write_text("")
    with pytest.raises(Misconfigured, match="no usable key"):
        service_credential(tmp_path)


def test_the_switch_stops_writes_until_it_is_released(tmp_path: Path) -> None:
    assert not kill_switch.writes_stopped(tmp_path)
    kill_switch.stop_writes(tmp_path, by="the test")
    assert kill_switch.writes_stopped(tmp_path)
    kill_switch.allow_writes(tmp_path)
    kill_switch.allow_writes(tmp_path)
    assert not kill_switch.writes_stopped(tmp_path)
