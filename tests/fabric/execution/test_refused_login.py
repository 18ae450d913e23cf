"""A layer that starts again and again does not insist on a login that was refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.fabric.execution.bench import ADMIN, Bench

pytestmark = pytest.mark.anyio


async def test_a_login_that_was_refused_is_tried_once_however_often_the_layer_starts(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, controller=replace(ADMIN, username="nobody"))
    codes = []
    for _ in range(3):
        reply = await bench.plan("restart_device", device="basement ap")
        codes.append(reply.error and reply.error.code)
        bench.start()
    assert codes == ["not_allowed"] * 3
    assert [one.path for one in bench.simulator.journal if "login" in one.path] == [
        "/api/auth/login"
    ]
