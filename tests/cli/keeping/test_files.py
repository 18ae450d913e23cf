"""Files are laid ready beside their places, and put there together."""

from pathlib import Path

import pytest

from cortex.cli.keeping.files import lay_audit_ready, put_audit_aside
from cortex.cli.keeping.restoring import Drafts, Step, replace
from cortex.errors import Unavailable
from cortex.fabric.messages.outcomes import OutcomeEvent
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.fabric.telemetry.keeping import Places, places_of
from cortex.settings.knobs import Telemetry

pytestmark = pytest.mark.anyio


def _files(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.rglob("*") if one.is_file())


def _event(name: str) -> OutcomeEvent:
    return OutcomeEvent(id=name, at=1.0, kind="query", status="done")


async def test_an_audit_log_is_replaced_as_a_whole_and_the_one_before_put_aside(
    tmp_path: Path,
) -> None:
    kept = Places(log=tmp_path / "audit", anchor=tmp_path / "anchor", figures=tmp_path)
    with AuditLog(tmp_path / "other" / "audit", tmp_path / "other" / "anchor") as backup:
        backup.append([_event("e1"), _event("e2")])
    with AuditLog(kept.log, kept.anchor) as log:
        log.append([_event("e3"), _event("e4"), _event("e5")])
    with Drafts() as drafts:
        lay_audit_ready(tmp_path / "other", kept, drafts)
        assert verify(kept.log, kept.anchor).records == 3
        aside = Path(put_audit_aside(kept))
        await drafts.place()
    assert (verify(aside, aside).records, verify(kept.log, kept.anchor).records) == (3, 2)


@pytest.mark.parametrize("kept_records", [0, 2])
async def test_a_log_that_was_put_in_place_is_sealed_here_and_shorter_than_the_one_before(
    tmp_path: Path, kept_records: int
) -> None:
    here = places_of(Telemetry(home=tmp_path))
    if kept_records:
        with AuditLog(tmp_path / "other" / "audit", tmp_path / "other" / "anchor") as backup:
            backup.append([_event(f"e{number}") for number in range(kept_records)])
    with AuditLog(here.log, here.anchor, guard=here.guard) as log:
        log.append([_event("e3"), _event("e4"), _event("e5")])
        before = log.end
    with Drafts() as drafts:
        lay_audit_ready(tmp_path / "other", here, drafts)
        put_audit_aside(here)
        await drafts.place()
    report = verify(here.log, here.anchor, guard=here.guard, also=(before,))
    assert (report.intact, report.sealed, report.records) == (True, True, kept_records)
    with AuditLog(here.log, here.anchor, guard=here.guard) as log:
        log.compare(before)
        log.append([_event("e6")])


async def test_what_lies_ready_is_not_there_until_it_is_placed_and_goes_if_it_never_is(
    tmp_path: Path,
) -> None:
    there, new = tmp_path / "there", tmp_path / "folder" / "new"
    there.write_text("before")
    with Drafts() as drafts:
        drafts.add(there, b"after")
        drafts.add(new, b"after")
        assert there.read_text() == "before"
        assert not new.exists()
    assert _files(tmp_path) == ["there"]
    with Drafts() as drafts:
        drafts.add(there, b"after")
        drafts.add(new, b"after")
        await drafts.place()
    assert (there.read_text(), new.read_text()) == ("after", "after")
    assert there.stat().st_mode & 0o777 == new.stat().st_mode & 0o777 == 0o600
    assert _files(tmp_path) == ["new", "there"]


async def test_a_file_that_a_folder_is_in_the_way_of_is_refused_before_anything_is_placed(
    tmp_path: Path,
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "plain").touch()
    with Drafts() as drafts:
        drafts.add(tmp_path / "good", b"after")
        with pytest.raises(Unavailable, match="a folder is in its place"):
            drafts.add(tmp_path / "taken", b"after")
        with pytest.raises(Unavailable, match="cannot be written"):
            drafts.add(tmp_path / "plain" / "below", b"after")
    assert _files(tmp_path) == ["plain"]


async def test_a_step_that_fails_says_what_was_replaced_and_what_was_not() -> None:
    taken: list[str] = []

    async def good() -> None:
        taken.append("one")

    async def bad() -> None:
        raise OSError(28, "No space left on device")

    steps = [Step("queues", good), Step("memory", bad), Step("files", good), Step("the log", good)]
    with pytest.raises(Unavailable, match=r"while it replaced memory: .*No space left") as stopped:
        await replace(steps)
    assert taken == ["one"]
    assert "replaced already: queues; not touched: files, the log;" in stopped.value.hint
    assert "run the same restore once more" in stopped.value.hint
    with pytest.raises(Unavailable) as stopped:
        await replace([Step("queues", bad)])
    assert "replaced already: nothing; not touched: nothing" in stopped.value.hint
