"""What real queries come to is on record, kept by a layer that woke for it and sleeps again."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.fabric.telemetry.audit.records import Record, Wanted
from cortex.fabric.telemetry.audit.showing import show
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.lab.site import Lab, LabOptions, running_lab
from tests.fabric.telemetry.running import until
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    options = LabOptions(home=tmp_path / "home", speed=100, cooldown=timedelta(seconds=1))
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with running_lab(options, environ) as running:
        yield running


def recorded(lab: Lab) -> tuple[Record, ...]:
    return show(lab.home / "audit", Wanted(), limit=1_000).records


@requirement("layer.telemetry")
async def test_queries_are_on_record_once_and_the_layer_sleeps_again(lab: Lab) -> None:
    headers = {"authorization": f"Bearer {lab.token}"}
    async with httpx.AsyncClient(
        base_url=lab.activator.url, headers=headers, timeout=40, trust_env=False
    ) as one:
        asked = [
            (await one.post("/v1/query", json={"query": query})).json()
            for query in ("who is online?", "list all wifi networks", "block client Printer")
        ]
        names = {reply["query_id"] for reply in asked}

        async def kept() -> bool:
            return names <= {record.query_id for record in recorded(lab)}

        async def asleep() -> bool:
            rows: list[dict[str, Any]] = (await one.get("/v1/layers")).json()["layers"]
            return {"name": "cortex-telemetry", "state": "cold"} in [
                {"name": row["name"], "state": row["state"]} for row in rows
            ]

        await until(kept)
        await until(asleep)
    report = verify(lab.home / "audit", lab.home / "anchor")
    assert report.flaw is None
    told = [one for one in recorded(lab) if one.kind == "query"]
    assert len({one.id for one in recorded(lab)}) == len(recorded(lab))
    assert {one.query_id: one.tool for one in told}[asked[0]["query_id"]] == "list_clients"
    assert all(one.actor for one in told)
    # Neither words nor values are on record.
    assert "printer" not in repr(told).lower()
