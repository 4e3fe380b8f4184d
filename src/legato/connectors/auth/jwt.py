"""JSON web tokens that an account signs itself (RFC 7519), by RSA or by an elliptic curve."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from legato.model.instant import HOUR, Duration

LIFE: Duration = HOUR
"""What a token is good for where the manifest does not say; it is renewed after half of it."""
KEPT_MAX = 64
"""Accounts whose token is kept: providers refuse those that come with another one too often."""
_CURVE_BYTES = 32


def own_token(
    header: Mapping[str, Any], claims: Mapping[str, Any], *, key: str, epoch: int, life: int
) -> str | None:
    """Return an account's token, the same for half of its life; None where the key is none."""
    half = max(1, life // 2)
    issued = epoch - epoch % half
    claims = {**claims, "iat": issued, "exp": issued + life}
    return _kept(msgspec.json.encode(header), msgspec.json.encode(claims), key)


@lru_cache(maxsize=KEPT_MAX)
def _kept(header: bytes, claims: bytes, key: str) -> str | None:
    return sign_jwt(msgspec.json.decode(header), msgspec.json.decode(claims), key)


def sign_jwt(header: Mapping[str, Any], claims: Mapping[str, Any], pem: str) -> str | None:
    """Return a signed token, by the algorithm that its key is for; None where the key is none."""
    try:
        key = serialization.load_pem_private_key(pem.replace("\\n", "\n").encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    match key:
        case rsa.RSAPrivateKey():
            signed = _unsigned({"alg": "RS256", **header}, claims)
            mac = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        case ec.EllipticCurvePrivateKey() if isinstance(key.curve, ec.SECP256R1):
            signed = _unsigned({"alg": "ES256", **header}, claims)
            both = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
            mac = b"".join(one.to_bytes(_CURVE_BYTES) for one in both)
        case _:
            return None
    return f"{signed}.{_part(mac)}"


def _unsigned(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    return f"{_part(msgspec.json.encode(header))}.{_part(msgspec.json.encode(claims))}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
