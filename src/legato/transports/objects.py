"""The way out into buckets behind the interface of S3: lines become objects, whole or not at all.

A line is delivered once its object is stored. When nobody knows whether an object was, its lines
are kept together: the next attempt at any of them stores the same bytes under the same name again.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Sequence
from typing import TypeAlias
from urllib.parse import quote

import msgspec

from legato.connectors.auth.sigv4 import AwsKey, sign_sigv4
from legato.model.instant import SECOND
from legato.model.wire import Bucket, HttpRequest, ObjectLine, Request, Response
from legato.ports.clock import Clock
from legato.ports.sender import Sender, SendFault
from legato.transports.gathering import Bounds, Gathering

NAME_LENGTH = 32
"""Of a digest: 128 bits."""
DOUBTFUL_BYTES_MAX = 64_000_000
"""Of objects that may be stored or not. Beyond it the oldest are forgotten: lines may come twice,
each with the id by which that is seen."""
_FAULT = 500
"""From here on an answer does not say that nothing was stored."""

_Place: TypeAlias = tuple[Bucket, str, bool]
"""Bucket, folder and whether it is compressed: what lines of one object have in common."""


class _Parcel:
    """An object that may be stored or not, and whose lines they are."""

    def __init__(self, request: HttpRequest, bucket: Bucket, ids: Sequence[str]) -> None:
        self.request = request
        self.bucket = bucket
        self.ids = tuple(ids)
        self.lock = asyncio.Lock()
        self.stored: Response | None = None


class ObjectSender:
    """Writes over a sender for HTTP, which is another's to close."""

    def __init__(self, http: Sender, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._gathering: Gathering[_Place, ObjectLine] = Gathering(self._carry)
        self._doubtful: dict[str, _Parcel] = {}
        """By the ids of their lines, the oldest first."""

    async def send(self, request: Request) -> Response:
        assert isinstance(request, ObjectLine)
        parcel = self._doubtful.get(request.id)
        if parcel is not None:
            return await self._again(request.id, parcel)
        return await self._gathering.add(
            (request.bucket, request.folder, request.is_compressed),
            request,
            Bounds(seconds=request.wait / SECOND, items=request.lines_max, room=request.bytes_max),
            size=len(request.line),
        )

    async def close(self) -> None:
        await self._gathering.close()

    async def _carry(self, place: _Place, lines: Sequence[ObjectLine]) -> Sequence[Response]:
        bucket = place[0]
        request = _object(place, lines)
        ids = [line.id for line in lines]
        try:
            answer = await self._put(bucket, request)
        except SendFault as fault:
            if fault.is_in_doubt:
                self._keep(_Parcel(request, bucket, ids))
            raise
        if answer.status >= _FAULT:
            self._keep(_Parcel(request, bucket, ids))
        return [answer] * len(lines)

    async def _again(self, line_id: str, parcel: _Parcel) -> Response:
        """Store the same once more for the first who asks; the others are told what came of it."""
        async with parcel.lock:
            if parcel.stored is None:
                answer = await self._put(parcel.bucket, parcel.request)
                if not 200 <= answer.status < 300:  # noqa: PLR2004 - as HTTP has it
                    return answer
                parcel.stored = answer
                parcel.request = msgspec.structs.replace(parcel.request, body=b"")
        self._doubtful.pop(line_id, None)
        return parcel.stored

    async def _put(self, bucket: Bucket, request: HttpRequest) -> Response:
        key = AwsKey(
            key_id=bucket.key_id,
            secret=bucket.secret,
            session_token=bucket.session_token,
            region=bucket.region,
            service="s3",
        )
        proof = sign_sigv4(key, request, now=self._clock.now())
        headers = {**request.headers, **proof}
        return await self._http.send(msgspec.structs.replace(request, headers=headers))

    def _keep(self, parcel: _Parcel) -> None:
        self._doubtful.update(dict.fromkeys(parcel.ids, parcel))
        parcels = list(dict.fromkeys(self._doubtful.values()))
        while sum(len(one.request.body) for one in parcels) > DOUBTFUL_BYTES_MAX:
            oldest = parcels.pop(0)
            for line_id in oldest.ids:
                self._doubtful.pop(line_id, None)


def _object(place: _Place, lines: Sequence[ObjectLine]) -> HttpRequest:
    """Return the request that stores it: the same lines have the same name."""
    bucket, folder, is_compressed = place
    body = b"".join(line.line for line in lines)
    ids = "\n".join(line.id for line in lines)
    name = hashlib.sha256(ids.encode()).hexdigest()[:NAME_LENGTH] + ".jsonl"
    if is_compressed:
        body, name = gzip.compress(body, mtime=0), name + ".gz"
    path = f"{folder}/{name}" if folder else name
    return HttpRequest(
        method="PUT",
        url=f"{bucket.url}/{quote(path)}",
        headers={
            "Content-Type": "application/gzip" if is_compressed else "application/x-ndjson",
            "X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest(),
        },
        body=body,
        timeout=lines[0].timeout,
        allow_private=bucket.allow_private,
    )
