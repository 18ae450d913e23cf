"""Makes the host keys of devices, the same ones for the same seed.

New firmware has an Ed25519 key, old firmware an RSA key. The primes of the latter are fixed, as
finding new ones takes too long: they guard a simulator on loopback and nothing else.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from cortex.simulators.unifi.world import Device, World
from cortex.simulators.unifi.world.shell.view import OLD_MODELS

_EXPONENT: Final = 65_537
_PRIMES: Final = (
    0xED89476C41AA1804188DBF90B00C3553BDF7C244D2ED3A396E3A1E38CC58E1F5454A31B4D22D999C1E885EEE6ECB478C1582D6FFBC5B7DE1CDB4C79DD23D6A41144D547ABAFC13FDE8C7ADF0647AA2781C6329801B3F78C7926E7BFC427DB0B2883E23663F2521D09B8C6EB69CD142A76C7F00F501A5F9994A7597BD60E6C589,
    0xC10DA7ED54D6F3A884FD50EA2D8AFBD3740E40F4AB433550C51A1D0E9995398865E49BCC3302C07E81993E8EDC5D9740666D0206CAE7E9D2903ED27DEA7415E9DDB25BD4FC4D98783735EA139E9AC91CACCF1A92EBDA8F0A53BAC7AE5F1F17F67D7DBEF58A5D11F21A22D05622C2B6D784CF7B6DA166503D84D3D0DA41EE330F,
    0xFCE1DA7E513FD75A6BEC91A105776744C59E568CCE6547416CE650389018813A2DEC61DACF773A4724380FCA224CA20BF19D00E7D33DAAEE4FDC39E218FE6098C742492E5A84E034BBE49E60BC5BD062DA7E62E62F175CE04A000EF6574CF933ABBEA7518AEF5CCBB4465B91F9D91CD0C2A7A6175A37BBABC439C9687358BB09,
    0xD8091AFB81EE8A01C60039F53618FA29354E066E800E4F8C5A8F579F34C8F64A9FB6E1E43E0AEEEF83E248ECE94FBA73B1DF33015A45D639614A0BC8F76F0A8B5B26BAF71D2D351897EAC781E12DAC68D2E7779B3B24C033F4A2A55F260646CB5FF7DDD54FF07BC58594D0C71F25071E426E103431C415B6BA5C34A4B81256BF,
)  # fmt: skip

Kind = Literal["ssh-ed25519", "ssh-rsa"]


@dataclass(frozen=True, slots=True)
class HostKey:
    """The key by which a device is known."""

    kind: Kind
    private: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

    @property
    def blob(self) -> bytes:
        """The public key as the SSH protocol sends it (RFC 4253 6.6, RFC 8709 4)."""
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            raw = self.private.public_key().public_bytes_raw()
            return _text(b"ssh-ed25519") + _text(raw)
        numbers = self.private.public_key().public_numbers()
        return _text(b"ssh-rsa") + _number(numbers.e) + _number(numbers.n)

    @property
    def fingerprint(self) -> str:
        """The sixteen bytes of MD5 that a device record shows."""
        digest = hashlib.md5(self.blob, usedforsecurity=False).hexdigest()
        return ":".join(digest[place : place + 2] for place in range(0, 32, 2))

    @property
    def openssh(self) -> bytes:
        """The private key as OpenSSH writes it."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )


def key_of(seed: int, device: Device, *, generation: int = 0) -> HostKey:
    """Return the key of a device; a later generation is the one after a factory reset."""
    return _made(seed, device.mac, generation, old=device.model in OLD_MODELS)


@cache
def _made(seed: int, mac: str, generation: int, *, old: bool) -> HostKey:
    digest = hashlib.sha256(f"cortex host key {seed} {mac} {generation}".encode()).digest()
    if not old:
        return HostKey("ssh-ed25519", ed25519.Ed25519PrivateKey.from_private_bytes(digest))
    first, second = _PRIMES[0], _PRIMES[1 + (digest[0] + generation) % (len(_PRIMES) - 1)]
    return HostKey("ssh-rsa", _rsa(first, second))


def _rsa(p: int, q: int) -> rsa.RSAPrivateKey:
    secret = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=secret,
        dmp1=rsa.rsa_crt_dmp1(secret, p),
        dmq1=rsa.rsa_crt_dmq1(secret, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _text(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw


def _number(value: int) -> bytes:
    # One bit more than the number needs: a leading one would make it negative.
    return _text(value.to_bytes(value.bit_length() // 8 + 1, "big"))


def engrave(world: World) -> None:
    """Write the fingerprint of each device's key into its record."""
    for site in world.sites.values():
        for device in site.devices.values():
            device.hostkey_fingerprint = key_of(world.seed, device).fingerprint
