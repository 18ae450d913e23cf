"""A certificate is judged as the user chose, and a refusal says what to choose from."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cortex.clients.unifi import CaFile, Endpoint, Insecure, Pinned, Secret, SystemTrust, Trust
from cortex.clients.unifi.exchange import Exchange, Request
from cortex.errors import Misconfigured, Unreachable

pytestmark = pytest.mark.anyio
HELLO = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key in one file, and its fingerprint."""

    pem: Path
    sha256: str

    def context(self) -> ssl.SSLContext:
        """Return what a server shows it with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        return context


def self_signed(folder: Path, name: str = "unifi.local", *, days: int = 1) -> Certificate:
    """Make a certificate as a console makes its own: for a name that nobody asks for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative = x509.IPAddress(IPv4Address(name)) if name[0].isdigit() else x509.DNSName(name)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}{days}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    der = certificate.public_bytes(serialization.Encoding.DER)
    return Certificate(pem, hashlib.sha256(der).hexdigest())


@asynccontextmanager
async def console(certificate: Certificate, port: int = 0) -> AsyncIterator[int]:
    """Serve one JSON answer to anything, over TLS; yields the port."""
    seen: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer)
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HELLO)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()

    server = await asyncio.start_server(
        answer, "127.0.0.1", port, ssl=certificate.context(), reuse_address=True
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in seen:
            writer.transport.abort()
        await server.wait_closed()


async def status(port: int, trust: Trust) -> int:
    endpoint = Endpoint(f"https://127.0.0.1:{port}", api_key=Secret("k"), trust=trust)
    exchange = Exchange(endpoint, None)
    try:
        return (await exchange.send(Request("GET", "/"))).status
    finally:
        await exchange.aclose()


async def test_a_self_signed_certificate_is_refused_with_its_fingerprint_and_three_choices(
    tmp_path: Path,
) -> None:
    certificate = self_signed(tmp_path)
    async with console(certificate) as port:
        with pytest.raises(Misconfigured) as refused:
            await status(port, SystemTrust())
    assert certificate.sha256 in refused.value.message
    assert refused.value.setting == "trust"
    assert all(word in refused.value.hint for word in ("pin", "authority", "any certificate"))


async def test_the_fingerprint_shown_can_be_pinned(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    async with console(certificate) as port:
        assert await status(port, Pinned(certificate.sha256)) == 200


async def test_a_pinned_certificate_is_accepted_after_its_end(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, days=-1)
    async with console(certificate) as port:
        assert await status(port, Pinned(certificate.sha256)) == 200


async def test_another_certificate_than_the_pinned_one_is_refused_naming_both(
    tmp_path: Path,
) -> None:
    pinned, shown = self_signed(tmp_path), self_signed(tmp_path, days=2)
    async with console(shown) as port:
        with pytest.raises(Misconfigured, match=shown.sha256) as refused:
            await status(port, Pinned(pinned.sha256))
    assert pinned.sha256 in refused.value.message


async def test_a_certificate_that_changes_later_is_refused_too(tmp_path: Path) -> None:
    pinned, later = self_signed(tmp_path), self_signed(tmp_path, days=2)
    async with console(pinned) as port:
        endpoint = Endpoint(
            f"https://127.0.0.1:{port}", api_key=Secret("k"), trust=Pinned(pinned.sha256)
        )
        exchange = Exchange(endpoint, None)
        assert (await exchange.send(Request("GET", "/"))).status == 200
    async with console(later, port):
        with pytest.raises(Misconfigured, match=later.sha256):
            await exchange.send(Request("GET", "/"))
    await exchange.aclose()


async def test_an_authority_file_vouches_for_a_certificate_that_names_the_host(
    tmp_path: Path,
) -> None:
    named = self_signed(tmp_path, "127.0.0.1")
    async with console(named) as port:
        assert await status(port, CaFile(named.pem)) == 200


async def test_an_authority_file_does_not_vouch_for_another_name(tmp_path: Path) -> None:
    other = self_signed(tmp_path, "unifi.local")
    async with console(other) as port:
        with pytest.raises(Misconfigured, match=other.sha256):
            await status(port, CaFile(other.pem))


async def test_a_file_that_is_no_authority_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.pem", tmp_path):
        with pytest.raises(Misconfigured, match="authority file"):
            await status(1, CaFile(path))


async def test_a_laboratory_may_accept_any_certificate(tmp_path: Path) -> None:
    async with console(self_signed(tmp_path)) as port:
        assert await status(port, Insecure()) == 200


async def test_a_pin_cannot_be_compared_while_nobody_listens(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    async with console(certificate) as port:
        pass
    with pytest.raises(Unreachable, match="handshake"):
        await status(port, Pinned(certificate.sha256))
