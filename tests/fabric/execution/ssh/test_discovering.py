"""Devices that nobody remembers: who answers, of what type, and where nobody is asked."""

from pathlib import Path

import msgspec
import pytest

from cortex.fabric.execution.ssh.discovering import type_of
from cortex.fabric.messages import DiscoverRequest, ErrorBody, Known
from tests.fabric.execution.ssh.bench import bench

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("UDMPRO", "udm"),
        ("UXG", "uxg"),
        ("UGW3", "ugw"),
        ("US24PRO", "usw"),
        ("USL8LP", "usw"),
        ("USF5P", "usw"),
        ("UAL6", "uap"),
        ("UAP6MP", "uap"),
        ("U7PG2", "uap"),
        ("BZ.qca956x.v6.6.55", "uap"),
        ("US.bcm5334x.v7.1.26", "usw"),
        ("UAP-AC-Pro", "uap"),
        ("USW Pro 24 PoE", "usw"),
        ("", ""),
        ("printer", ""),
    ],
)
def test_a_model_tells_the_type(model: str, kind: str) -> None:
    assert type_of(model) == kind


async def test_who_answers_is_told_without_host_keys(tmp_path: Path) -> None:
    async with bench(tmp_path) as one, one.again(discovery=(one.street.told["discovery"],)) as two:
        reply = await two.post("/v1/discover", DiscoverRequest(site="default", deadline_ms=800))
        known = msgspec.json.decode(reply.content, type=Known)
        sites = one.street.simulator.world.sites.values()
        devices = {mac: device for site in sites for mac, device in site.devices.items()}
        assert {row["mac"] for row in known.devices} <= set(devices)
        for row in known.devices:
            assert row["type"] == devices[row["mac"]].kind
            assert "ssh_hostkey_fingerprint" not in row
        assert len(known.devices) > 3


async def test_nobody_is_asked_where_no_place_is_set(tmp_path: Path) -> None:
    async with bench(tmp_path) as one:
        reply = await one.post("/v1/discover", DiscoverRequest())
        assert msgspec.json.decode(reply.content, type=ErrorBody).reason == "no-discovery"
