"""Digest a planned call, and sign and check the leave for it.

Pure: keys and the time are arguments. The activator signs, the execution layers check; that a
nonce is used once is kept by the layer that performs the call.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from cortex.fabric.messages import Grant, Plan, Target

Flaw = Literal["forged", "altered", "expired"]
WRITES_STOPPED: Final = "writes-stopped"
"""The file in the data folder that takes every leave back while it is there."""


def digest_of(
    *, tool: str, site: str, arguments: Mapping[str, Any], targets: Sequence[Target]
) -> str:
    """Return the SHA-256, in hexadecimal, of what a call does: not of how it is described."""
    call = {
        "tool": tool,
        "site": site,
        "arguments": dict(arguments),
        "targets": [[target.kind, target.id] for target in targets],
    }
    return hashlib.sha256(_canonical(call)).hexdigest()


def digest_of_plan(plan: Plan) -> str:
    """Return the digest that `plan` should carry."""
    return digest_of(tool=plan.tool, site=plan.site, arguments=plan.arguments, targets=plan.targets)


def sign(grant: Grant, key: bytes) -> Grant:
    """Return the grant with the signature that covers its other fields."""
    return msgspec.structs.replace(grant, signature=_signature(grant, key))


def flaw_of(grant: Grant, plan: Plan, *, key: bytes, now: float) -> Flaw | None:
    """Say why the grant is no leave for this plan at `now` (Unix seconds); None when it is one."""
    if not hmac.compare_digest(_signature(grant, key).encode(), grant.signature.encode()):
        return "forged"
    if grant.digest != digest_of_plan(plan) or plan.digest != grant.digest:
        return "altered"
    return "expired" if now >= grant.expires_at else None


def _signature(grant: Grant, key: bytes) -> str:
    signed = [grant.digest, grant.nonce, grant.principal, grant.expires_at, grant.address]
    return hmac.new(key, _canonical(signed), hashlib.sha256).hexdigest()


def _canonical(value: Any) -> bytes:
    """Encode as JSON with sorted names and no spaces, so that equal values are equal bytes."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()
