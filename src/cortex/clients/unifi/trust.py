"""How a controller's certificate is judged, and what to say when it is refused.

The only traffic here is one handshake that reads the certificate and sends nothing.
"""

import asyncio
import hashlib
import hmac
import ssl
from pathlib import Path
from typing import assert_never

from cortex.clients.unifi.endpoint import CaFile, Endpoint, Insecure, Pinned, SystemTrust
from cortex.errors import Misconfigured, Unreachable

# OpenSSL's X509_V_FLAG_NO_CHECK_TIME: a pinned certificate is trusted for being itself, and
# consoles keep their self-signed one past its end.
_NO_CHECK_TIME = 0x200000


async def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return the context that judges the controller's certificate as `endpoint.trust` asks.

    Raises:
        Misconfigured: The authority file cannot be read, or the pinned certificate is not the one
            the controller shows.
        Unreachable: The controller does not answer the handshake that a pin needs.

    """
    match endpoint.trust:
        case SystemTrust():
            return ssl.create_default_context()
        case CaFile(path):
            return _authority(path)
        case Pinned(sha256):
            return await _pinned(endpoint, sha256)
        case Insecure():
            return _unverified()
        case _:
            assert_never(endpoint.trust)


async def distrust(endpoint: Endpoint) -> Misconfigured:
    """Describe why the certificate was refused, with the fingerprint it has."""
    try:
        seen = hashlib.sha256(await _leaf(endpoint)).hexdigest()
    except Unreachable:
        seen = "unknown: it could not be read again"
    if isinstance(endpoint.trust, Pinned):
        return Misconfigured(
            f"{endpoint.url} shows another certificate than the pinned {endpoint.trust.sha256};"
            f" SHA-256 of the one seen: {seen}",
            setting="trust",
            hint="if you renewed the certificate, pin the new one; if not, do not connect",
        )
    return Misconfigured(
        f"the certificate of {endpoint.url} is not trusted; its SHA-256 is {seen}",
        setting="trust",
        hint="pin this fingerprint after comparing it with the console's own, or name the file of"
        " the authority that signed it, or (in a laboratory only) allow any certificate",
    )


def _authority(path: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        message = f"the certificate authority file {str(path)!r} cannot be used: {error}"
        raise Misconfigured(
            message,
            setting="trust",
            hint="give a readable PEM file",
        ) from error


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _pinned(endpoint: Endpoint, sha256: str) -> ssl.SSLContext:
    """Make the pinned certificate the only anchor, once it is seen to be the pinned one."""
    der = await _leaf(endpoint)
    if not hmac.compare_digest(hashlib.sha256(der).hexdigest(), sha256):
        raise await distrust(endpoint)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=der)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(_NO_CHECK_TIME)
    return context


async def _leaf(endpoint: Endpoint) -> bytes:
    """Read the controller's own certificate (DER), trusting nothing and sending nothing."""
    try:
        async with asyncio.timeout(endpoint.timeout.total_seconds()):
            _, writer = await asyncio.open_connection(
                endpoint.host, endpoint.port, ssl=_unverified(), server_hostname=endpoint.host
            )
            try:
                tls = writer.get_extra_info("ssl_object")
                return bytes(tls.getpeercert(binary_form=True))
            finally:
                # Aborted, not closed: a closing handshake is one more wait without a use.
                writer.transport.abort()
    except (OSError, TimeoutError, ssl.SSLError) as error:
        message = f"{endpoint.url} does not complete a TLS handshake: {error}"
        raise Unreachable(
            message,
            hint="check the address and the port",
        ) from error
