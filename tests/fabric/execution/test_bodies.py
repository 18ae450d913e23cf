"""A request that cannot be read is malformed, however it is broken."""

from pathlib import Path

import pytest

from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/v1/plan", "/v1/execute"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"query_id":"\xff\xfe","tool":"list_clients","arguments":{},"asker":{"principal":"a"}}',
        b'{"query_id":"q","arguments":{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}}",
        b"[" * 60_000,
    ],
    ids=["no utf-8", "deep", "deep and open"],
)
async def test_a_body_that_breaks_the_reader_is_malformed(
    tmp_path: Path, path: str, body: bytes
) -> None:
    response = await Bench(tmp_path).post(path, body)
    assert (response.status_code, response.json()["code"]) == (400, "malformed")
