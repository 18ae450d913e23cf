"""Credentials that were refused are not tried again by the next process, and new ones are."""

from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.clients.unifi import Endpoint, RefusedFile, Secret, UnifiClient
from cortex.clients.unifi.refusals import digest_of
from cortex.errors import NotAllowed, Unreachable
from cortex.simulators.unifi.control.faults import BadStatus, ExpiredSession
from cortex.simulators.unifi.knobs import Knobs
from tests.clients.unifi.console import ADMIN, KEY, URL, Console, login_of

pytestmark = pytest.mark.anyio
WRONG = login_of("admin", "wrong-guess")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "layer" / "refused-login"


async def connect(console: Console, endpoint: Endpoint, file: Path) -> None:
    """Connect as a process started anew does: only the file is left of those before it."""
    transport = httpx.ASGITransport(console.simulator.app)
    async with UnifiClient(endpoint, transport, refused=RefusedFile(file)) as unifi:
        await unifi.connect()


def kept_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


def text_of(file: Path) -> str:
    return file.read_text()


def write(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)


async def test_a_wrong_password_is_tried_once_by_all_processes_together(file: Path) -> None:
    console = Console()
    with pytest.raises(NotAllowed, match="not tried again"):
        await connect(console, WRONG, file)
    for _ in range(2):
        with pytest.raises(NotAllowed, match="not tried again") as refused:
            await connect(console, WRONG, file)
        assert str(file) in refused.value.hint
        assert "wrong-guess" not in repr(refused.value) + refused.value.hint
    assert len(console.asked("/api/auth/login")) == 1


async def test_what_is_kept_of_a_refusal_shows_no_credential_and_to_nobody_else(
    file: Path,
) -> None:
    with pytest.raises(NotAllowed):
        await connect(Console(), WRONG, file)
    assert kept_in(file.parent) == ["refused-login"]
    assert mode_of(file) == 0o600
    assert "wrong-guess" not in text_of(file)
    assert digest_of(WRONG) not in text_of(file)


async def test_new_credentials_are_tried_and_clear_what_was_kept(file: Path) -> None:
    console = Console()
    with pytest.raises(NotAllowed):
        await connect(console, WRONG, file)
    await connect(console, ADMIN, file)
    assert len(console.asked("/api/auth/login")) == 2
    assert kept_in(file.parent) == []


async def test_a_second_wrong_guess_takes_the_place_of_the_first(file: Path) -> None:
    console = Console()
    other = login_of("admin", "another-guess")
    for endpoint in (WRONG, other, other):
        with pytest.raises(NotAllowed):
            await connect(console, endpoint, file)
    assert len(console.asked("/api/auth/login")) == 2


async def test_a_password_changed_while_we_ran_is_kept_as_refused(file: Path) -> None:
    console = Console()
    transport = httpx.ASGITransport(console.simulator.app)
    async with UnifiClient(ADMIN, transport, refused=RefusedFile(file)) as unifi:
        site = await console.site(unifi)
        console.world.accounts.pop("admin")
        console.strike(ExpiredSession(times=1))
        with pytest.raises(NotAllowed):
            await site.online_clients()
    with pytest.raises(NotAllowed):
        await connect(console, ADMIN, file)
    assert len(console.asked("/api/auth/login")) == 2


@pytest.mark.parametrize("knobs", [Knobs(), Knobs(layout="standalone")])
async def test_a_wrong_key_is_not_shown_again_either(file: Path, knobs: Knobs) -> None:
    console = Console(knobs=knobs)
    stolen = Endpoint(URL, api_key=Secret("stolen-key"))
    with pytest.raises(NotAllowed, match="API key"):
        await connect(console, stolen, file)
    asked = len(console.journal)
    with pytest.raises(NotAllowed, match="before"):
        await connect(console, stolen, file)
    assert len(console.journal) == asked
    await connect(console, KEY, file)


async def test_a_console_that_is_not_ready_refuses_nobody_for_good(file: Path) -> None:
    console = Console()
    console.strike(BadStatus(path="*", status=404))
    with pytest.raises(NotAllowed):
        await connect(console, KEY, file)
    console.faults.clear()
    console.strike(BadStatus(path="*", status=503))
    with pytest.raises(Unreachable):
        await connect(console, ADMIN, file)
    console.faults.clear()
    await connect(console, KEY, file)
    await connect(console, ADMIN, file)


@pytest.mark.parametrize("content", [b"", b"zz zz", b"ab", b"ab cd ef", b"\xff\xfe"])
async def test_a_file_that_cannot_be_understood_keeps_nobody_out(
    file: Path, content: bytes
) -> None:
    write(file, content)
    await connect(Console(), ADMIN, file)


async def test_a_refusal_that_cannot_be_written_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "layer").write_text("a file where the folder should be")
    with pytest.raises(NotAllowed, match="refused the login"):
        await connect(Console(), WRONG, tmp_path / "layer" / "refused-login")


texts = st.text(max_size=8)


@given(one=st.tuples(texts, texts), other=st.tuples(texts, texts))
def test_two_logins_have_one_digest_only_if_they_are_the_same(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert (digest_of(login_of(*one)) == digest_of(login_of(*other))) is (one == other)
