"""Many devices that answer over SSH and nothing else, as a process of their own.

Run as `python -m benchmarks.devices COUNT USER`, with the password on standard input: it writes
where they listen to standard output, and leaves when its input ends.
"""

import asyncio
import json
import sys
from dataclasses import dataclass

import asyncssh
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cortex.simulators.unifi.ssh.wire import attending
from cortex.simulators.unifi.ssh.wire.answer import Answer
from cortex.simulators.unifi.ssh.wire.keys import HostKey

_NO_COMMAND = 127


@dataclass(frozen=True, slots=True)
class Device:
    """One access point: who may log in, and what it says of itself."""

    number: int
    username: str
    password: str

    @property
    def mac(self) -> str:
        """Its address."""
        return f"0c:ea:14:00:{self.number // 256:02x}:{self.number % 256:02x}"

    @property
    def name(self) -> str:
        """What it is called."""
        return f"Bay {self.number:03d} AP"

    def lets_in(self, username: str, password: str) -> bool:
        """Tell whether the password is right."""
        return (username, password) == (self.username, self.password)

    def lets_in_by_key(self, _username: str, _key: str) -> bool:
        """Let nobody in by key."""
        return False

    def run(self, line: str) -> Answer:
        """Answer the one command that is asked in the benchmark."""
        if line != "mca-cli-op info":
            return Answer(error=b"-sh: not found\n", status=_NO_COMMAND)
        told = (
            f"Model:       UAP-AC-Pro-Gen2\nVersion:     6.6.77.15402\nMAC Address: {self.mac}\n"
            f"IP Address:  192.0.2.{self.number % 250 + 1}\nHostname:    ap-{self.number}\n"
            "Uptime:      123456 seconds\nNTP:         Synchronized\n\n"
            "Status:      Connected (http://192.0.2.1:8080/inform)\n"
        )
        return Answer(text=told.encode())


async def serve(count: int, username: str, password: str) -> None:
    """Listen for every device until standard input ends."""
    devices = [Device(number, username, password) for number in range(count)]
    told = [await _listening(device) for device in devices]
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


async def _listening(device: Device) -> dict[str, str]:
    key = HostKey("ssh-ed25519", Ed25519PrivateKey.generate())
    options = attending.options(device, key)
    server = await asyncssh.listen("127.0.0.1", 0, options=options, config=None)
    address = f"127.0.0.1:{server.get_port()}"
    return {
        "mac": device.mac,
        "name": device.name,
        "address": address,
        "fingerprint": key.fingerprint,
    }


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.stdin.readline().strip()))
