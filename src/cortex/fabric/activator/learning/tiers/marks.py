"""Know which wordings somebody objected to while memory cannot be asked.

A small private file of digests beside memory, read before the first query. It never says which
call was meant: a write that the rules make of such words waits for a yes until memory tells more,
and the answer of a read says that it may be the wrong one.
"""

import threading
from collections.abc import Iterable
from pathlib import Path

import structlog

from cortex.files import write_private

_log = structlog.get_logger()
_SIZE = 16
"""Bytes of the digest of a wording."""
_MOST = 10_000
"""Digests that are kept: 160 kB, read whole at start."""
_FILE = "objections.bin"


class Marks:
    """The digests of the wordings; all wordings count as marked while they cannot be known."""

    def __init__(self, home: Path, *, fresh: bool) -> None:
        """Read the file; without one, nothing is marked only where memory is `fresh` too."""
        self._file = home / _FILE
        self._writing = threading.Lock()
        self._told: set[bytes] = set()
        self._kept = self._read(fresh=fresh)

    def hold(self, digest: bytes) -> bool:
        """Tell whether somebody may have objected to what was made of a wording."""
        return self._kept is None or digest in self._kept

    def known(self, digest: bytes) -> bool:
        """Tell whether somebody certainly did."""
        return digest in self._told or digest in (self._kept or ())

    def told(self, digest: bytes) -> bool:
        """Tell whether somebody objected to it in this process."""
        return digest in self._told

    def add(self, digests: Iterable[bytes]) -> None:
        """Mark wordings for good."""
        with self._writing:
            self._told.update(digests)
            if self._kept is not None:
                self._write(self._kept | self._told)

    def keep(self, digests: Iterable[bytes], settled: Iterable[bytes] = ()) -> None:
        """Mark what memory holds, and what it has yet to be told; nothing else is marked then.

        What is `settled` memory was told, whether it holds anything of it or not.
        """
        with self._writing:
            known = frozenset(digests)
            self._told -= known.union(settled)
            self._write(known | self._told)

    def _read(self, *, fresh: bool) -> frozenset[bytes] | None:
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            if not fresh:
                return None
            content = b""
            self._write(frozenset())
        except OSError as error:
            _log.warning("the objections cannot be read", reason=error.strerror)
            return None
        if len(content) % _SIZE or len(content) > _MOST * _SIZE:
            return None
        return frozenset(content[at : at + _SIZE] for at in range(0, len(content), _SIZE))

    def _write(self, digests: frozenset[bytes]) -> None:
        """Put the file in place; when it cannot hold all of them, there is none."""
        self._kept = digests
        try:
            if len(digests) <= _MOST:
                write_private(self._file, b"".join(sorted(digests)))
            else:
                self._file.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("the objections cannot be written", reason=error.strerror)
            self._forget()

    def _forget(self) -> None:
        """Leave no file that says too little: without one every write asks at the next start."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            _log.error("old objections cannot be removed", reason=error.strerror)
