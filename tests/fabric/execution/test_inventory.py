"""What the API layer tells of a site to be remembered."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cortex.fabric.execution.api.known import inform_url_of
from cortex.fabric.messages import ErrorBody, InventoryRequest, Known
from cortex.simulators.unifi.control.faults import BadStatus, DroppedFields
from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio


async def test_a_site_is_told_with_the_keys_of_its_devices_and_without_secrets(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    response = await bench.post("/v1/inventory", InventoryRequest())
    known = msgspec.json.decode(response.content, type=Known)
    assert (known.site, known.at) == ("default", bench.now)
    assert {row["mac"] for row in known.devices} == set(bench.home.devices)
    assert all(row["ssh_hostkey_fingerprint"] for row in known.devices if row["adopted"])
    assert known.inform_url.endswith("/inform")
    assert any(row["online"] for row in known.clients)
    assert b'"x_' not in response.content


async def test_only_the_activator_is_told(tmp_path: Path) -> None:
    answer = await Bench(tmp_path).post(
        "/v1/inventory", InventoryRequest(), authorization="Bearer wrong"
    )
    assert answer.status_code == 401


async def test_a_controller_that_is_away_is_told_as_that(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.strike(BadStatus(status=502))
    answer = await bench.post("/v1/inventory", InventoryRequest())
    assert answer.status_code == 503
    assert msgspec.json.decode(answer.content, type=ErrorBody).code == "unreachable"
    late = await Bench(tmp_path).post("/v1/inventory", InventoryRequest(deadline_ms=0))
    assert msgspec.json.decode(late.content, type=ErrorBody).code == "unreachable"


async def test_a_list_with_devices_that_have_no_mac_is_no_reading(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.strike(DroppedFields(path="*/stat/device", fields=("mac",)))
    answer = await bench.post("/v1/inventory", InventoryRequest())
    assert msgspec.json.decode(answer.content, type=ErrorBody).code == "bad_answer", answer.text


def test_devices_report_to_where_most_of_the_adopted_do() -> None:
    ours, theirs = "http://10.0.0.1:8080/inform", "http://10.0.0.9:8080/inform"
    rows: list[dict[str, Any]] = [
        {"adopted": True, "inform_url": ours},
        {"adopted": True, "inform_url": ours},
        {"adopted": True, "inform_url": 7},
        {"adopted": True},
        *({"adopted": False, "inform_url": theirs} for _ in range(5)),
    ]
    assert inform_url_of(rows) == ours
    assert inform_url_of([]) == ""
