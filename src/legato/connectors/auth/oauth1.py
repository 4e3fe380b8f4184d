"""OAuth 1.0a request signing, RFC 5849 section 3."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import parse_qsl, quote, urlsplit

from legato.model.noun import Noun
from legato.model.wire import HttpRequest

_DIGESTS = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
_PORTS = {"http": 80, "https": 443}


class Consumer(Noun, frozen=True, kw_only=True):
    """Who signs, for whom."""

    key: str
    secret: str
    token: str
    token_secret: str
    algorithm: str = "HMAC-SHA1"
    realm: str = ""


def sign_oauth1(consumer: Consumer, request: HttpRequest, *, timestamp: int, nonce: str) -> str:
    """Return the value of the Authorization header."""
    proof = {
        "oauth_consumer_key": consumer.key,
        "oauth_nonce": nonce,
        "oauth_signature_method": consumer.algorithm,
        "oauth_timestamp": str(timestamp),
        "oauth_version": "1.0",
        **({"oauth_token": consumer.token} if consumer.token else {}),
    }
    base = signature_base(request, proof)
    key = f"{_escape(consumer.secret)}&{_escape(consumer.token_secret)}"
    mac = hmac.digest(key.encode(), base.encode(), _DIGESTS[consumer.algorithm])
    proof["oauth_signature"] = base64.b64encode(mac).decode()
    realm = {"realm": consumer.realm} if consumer.realm else {}
    parts = {**realm, **dict(sorted(proof.items()))}
    return "OAuth " + ", ".join(f'{name}="{_escape(value)}"' for name, value in parts.items())


def signature_base(request: HttpRequest, proof: dict[str, str]) -> str:
    """Return what is signed: method, base URL and all parameters in order (section 3.4.1)."""
    url = urlsplit(request.url)
    parameters = parse_qsl(url.query, keep_blank_values=True) + list(proof.items())
    headers = {name.lower(): value for name, value in request.headers.items()}
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        parameters += parse_qsl(request.body.decode(), keep_blank_values=True)
    encoded = sorted((_escape(name), _escape(value)) for name, value in parameters)
    normal = "&".join(f"{name}={value}" for name, value in encoded)
    scheme = url.scheme.lower()
    port = "" if url.port in (None, _PORTS.get(scheme)) else f":{url.port}"
    base_url = f"{scheme}://{(url.hostname or '').lower()}{port}{url.path or '/'}"
    return "&".join(map(_escape, (request.method.upper(), base_url, normal)))


def _escape(text: str) -> str:
    return quote(text, safe="-._~")
