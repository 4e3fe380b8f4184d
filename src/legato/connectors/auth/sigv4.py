"""AWS Signature Version 4, as its documentation describes it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from legato.model.instant import Instant, to_datetime
from legato.model.noun import Noun
from legato.model.wire import HttpRequest

_ALGORITHM = "AWS4-HMAC-SHA256"


class AwsKey(Noun, frozen=True, kw_only=True):
    """Whose key signs, for which service."""

    key_id: str
    secret: str
    region: str
    service: str
    session_token: str = ""


def sign_sigv4(key: AwsKey, request: HttpRequest, *, now: Instant) -> Mapping[str, str]:
    """Return the headers to add. Every header that is there is signed."""
    stamp = to_datetime(now).strftime("%Y%m%dT%H%M%SZ")
    added = {"Host": urlsplit(request.url).netloc, "X-Amz-Date": stamp}
    if key.session_token:
        added["X-Amz-Security-Token"] = key.session_token
    headers = _canonical_headers({**request.headers, **added})
    signed = ";".join(headers)
    scope = f"{stamp[:8]}/{key.region}/{key.service}/aws4_request"
    canonical = canonical_request(key, request, headers)
    to_sign = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    mac = hmac.digest(_signing_key(key, stamp[:8]), to_sign.encode(), "sha256").hex()
    proof = f"{_ALGORITHM} Credential={key.key_id}/{scope}, SignedHeaders={signed}, Signature={mac}"
    del added["Host"]  # the transport writes it
    return {**added, "Authorization": proof}


def canonical_request(key: AwsKey, request: HttpRequest, headers: Mapping[str, str]) -> str:
    """Return the request in the one form that both sides write it in."""
    url = urlsplit(request.url)
    path = quote(unquote(url.path) if key.service == "s3" else url.path, safe="/-_.~") or "/"
    query = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(url.query, keep_blank_values=True)
    )
    return "\n".join(
        [
            request.method.upper(),
            path,
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{value}" for name, value in headers.items()),
            "",
            ";".join(headers),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def _canonical_headers(headers: Mapping[str, str]) -> dict[str, str]:
    lowered = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    return dict(sorted(lowered.items()))


def _signing_key(key: AwsKey, day: str) -> bytes:
    made = b"AWS4" + key.secret.encode()
    for part in (day, key.region, key.service, "aws4_request"):
        made = hmac.digest(made, part.encode(), "sha256")
    return made
