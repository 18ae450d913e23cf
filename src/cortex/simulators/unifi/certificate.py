"""Makes the self-signed certificate a console shows, and keeps it for the next start."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_VALID: Final = dt.timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where the certificate and its key lie, in PEM."""

    certificate: Path
    key: Path


def obtain(folder: Path, now: dt.datetime) -> Certificate:
    """Return the pair in the folder, which is made if it is not there or has expired."""
    pair = Certificate(folder / "unifi-simulator.pem", folder / "unifi-simulator.key")
    if not _is_usable(pair, now):
        folder.mkdir(parents=True, exist_ok=True)
        _make(pair, now)
    return pair


def _is_usable(pair: Certificate, now: dt.datetime) -> bool:
    if not (pair.certificate.is_file() and pair.key.is_file()):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    except ValueError:
        return False
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


def _make(pair: Certificate, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "unifi.local")])
    names: list[x509.GeneralName] = [
        x509.DNSName("unifi.local"),
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pair.key.touch(mode=0o600)
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
