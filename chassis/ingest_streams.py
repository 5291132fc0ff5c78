"""Documents into streams: decide by the index, append what changed, learn from the stream where it moved on."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from esdbclient import NewEvent, StreamState
from esdbclient.exceptions import (
    DeadlineExceeded,
    DiscoveryFailed,
    EventStoreDBClientException,
    GrpcError,
    NodeIsNotLeader,
    WrongCurrentVersion,
)
from esdbclient.exceptions import NotFound as StreamNotFound

from chassis import log
from chassis.codec import Codec, dumps, loads
from chassis.ingest_documents import Batch, Document
from chassis.ingest_index import NO_STREAM, IngestIndex, Known, StreamIndex
from chassis.killpoints import reach
from chassis.messages import Event, derived_id
from chassis.store import AsyncStoreClient

logger = log.get(__name__)

STREAMS_IN_FLIGHT = 32
APPEND_BYTES = 900_000
"""What one append may carry: the store's own limit is 1 MiB."""

TOO_LARGE = "The document is larger than 900 KB; split it in the ERP."

STORE_AWAY = (GrpcError, DiscoveryFailed, NodeIsNotLeader, DeadlineExceeded)
"""What passes: the same is tried again. Anything else that the store says is about what it was given."""

_FAULTS = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
_IDS = UUID("2f6c1d5e-7f0b-5d43-8f0e-5d2a8c9b1e77")


@dataclass(frozen=True, slots=True)
class Change:
    """A document's event that is to be appended, and what the index knows afterwards."""

    document: Document
    event: NewEvent
    known: Known


class Recorder:
    """Records the documents of a window, on asyncio. Errors of the store go to the caller, who may try again."""

    def __init__(self, service: str, codec: Codec, index: IngestIndex, esdb_uri: str) -> None:
        self._service = service
        self._codec = codec
        self._index = index
        self._uri = esdb_uri
        self._client: AsyncStoreClient | None = None
        self._connecting = asyncio.Lock()

    async def record(self, batches: Sequence[Batch], *, append: bool) -> list[StreamIndex]:
        """Decide all documents, append what changed unless it is a dry run; the streams as they are then."""
        documents = [document for batch in batches for document in batch.documents]
        for document in documents:
            document.outcome = "unchanged"
        streams: dict[str, StreamIndex] = {}
        room = asyncio.Semaphore(STREAMS_IN_FLIGHT)
        for rule in range(max((len(document.kind.rules) for document in documents), default=0)):
            if rule and append:
                reach(f"{self._service}.ingest.mid_batch")
            work: dict[str, list[Document]] = {}
            for document in documents:
                if rule < len(document.kind.rules) and document.outcome in ("changed", "unchanged"):
                    name = self._stream_of(document, rule)
                    if name:
                        work.setdefault(name, []).append(document)
            for name in work:
                if name not in streams:
                    streams[name] = self._index.stream(name)
            ended = await asyncio.gather(
                *(self._record_stream(streams[name], left, rule, room, append) for name, left in work.items()),
                return_exceptions=True,  # all of them end before any of it is tried again
            )
            for outcome in ended:
                if outcome is not None:
                    raise outcome
        return list(streams.values())

    async def _record_stream(
        self, stream: StreamIndex, left: list[Document], rule: int, room: asyncio.Semaphore, append: bool
    ) -> None:
        async with room:
            while left:
                changes = self._decide(stream, left, rule)
                if not append:
                    for change in changes:
                        change.document.outcome = "changed"
                    return
                try:
                    for chunk in _chunks(changes):
                        await self._append_or_refuse(stream, chunk)
                        left = left[left.index(chunk[-1].document) + 1 :]
                    return
                except WrongCurrentVersion:
                    # Somebody else appended, or we did before a crash: see what came, and decide again.
                    await self._read_tail(stream)

    async def _append_or_refuse(self, stream: StreamIndex, chunk: list[Change]) -> None:
        """What the store will never take is refused, alone: the documents around it are recorded."""
        try:
            await self._append(stream, chunk)
        except (WrongCurrentVersion, *STORE_AWAY):
            raise
        except EventStoreDBClientException as error:
            if len(chunk) == 1:
                self._refuse(chunk[0].document, error)
                return
            for change in chunk:
                await self._append_or_refuse(stream, [change])

    def _stream_of(self, document: Document, rule: int) -> str:
        try:
            return document.kind.rules[rule].stream(document.company, document.doc)
        except _FAULTS as error:
            self._refuse(document, error)
            return ""

    def _refuse(self, document: Document, error: Exception) -> None:
        """One document that a rule fails on must not hold up all others; its sender is told."""
        logger.exception("document cannot be recorded", service=self._service, kind=document.kind.kind)
        document.refuse(f"Portico cannot record this document ({error!r}). Please report it with the file.")

    def _decide(self, stream: StreamIndex, documents: Iterable[Document], rule: int) -> list[Change]:
        """What is to be appended; sets the documents' outcomes."""
        changes: list[Change] = []
        latest: dict[tuple[str, str], Known] = {}
        for document in documents:
            try:
                change = self._decide_one(stream, document, rule, latest)
            except _FAULTS as error:
                self._refuse(document, error)
                continue
            if change is not None:
                changes.append(change)
        return changes

    def _decide_one(
        self, stream: StreamIndex, document: Document, rule: int, latest: dict[tuple[str, str], Known]
    ) -> Change | None:
        """`latest` has what this attempt has decided to append, which the index does not know yet."""
        kind, key, made = document.kind.kind, document.key, document.kind.rules[rule]
        digest = hashlib.blake2b(dumps(made.fingerprint(document.doc)), digest_size=16).hexdigest()
        known = latest.get((kind, key)) or self._index.known(stream, kind, key)
        if stream.found and self._event_id(stream, document, digest) in stream.found:
            document.outcome = "changed"  # by us, before a crash
            document.batch.position = max(document.batch.position, stream.position)
            return None
        if known is not None and document.stamp < known.stamp:
            document.outcome = "stale" if rule == 0 else document.outcome
            return None
        now = Known(digest, document.stamp)
        if known is not None and known.hash == digest:
            if (kind, key) in latest:
                latest[kind, key] = now
            elif document.stamp > known.stamp:
                self._index.remember(stream, kind, key, now)
            return None
        event = made.event(document.company, document.doc, known is not None)
        change = self._change(stream, document, digest, event) if event is not None else None
        if change is not None:
            latest[kind, key] = change.known
        return change

    def _event_id(self, stream: StreamIndex, document: Document, digest: str) -> UUID:
        head = document.batch.head
        where = f"{stream.name}/{document.kind.kind}/{document.key}/{digest}/{document.ordinal}"
        return derived_id(_IDS, f"{head['run']}/{head['batch']}/{where}")

    def _change(self, stream: StreamIndex, document: Document, digest: str, event: Event) -> Change | None:
        """The event to store; None, with the document refused, when it is larger than the store takes."""
        name, data, version = self._codec.encode(event)
        if len(data) > APPEND_BYTES:
            document.refuse(TOO_LARGE)
            return None
        head = document.batch.head
        kind, key = document.kind.kind, document.key
        meta = {
            "$correlationId": head["correlation_id"],
            "$causationId": f"{head['run']}/{head['batch']}",
            "actor": f"erp:{head['connection']}",
            "channel": "erp",
            "schema": version,
            "ingest": {"kind": kind, "key": key, "hash": digest, "stamp": document.stamp},
        }
        identity = self._event_id(stream, document, digest)
        new = NewEvent(type=name, data=data, metadata=dumps(meta), id=identity)
        return Change(document, new, Known(digest, document.stamp))

    async def _append(self, stream: StreamIndex, changes: Sequence[Change]) -> None:
        client = await self._connect()
        expected = StreamState.NO_STREAM if stream.revision == NO_STREAM else stream.revision
        events = [change.event for change in changes]
        position = await client.append_to_stream(stream.name, current_version=expected, events=events)
        stream.position = position or 0
        stream.revision += len(events)
        stream.moved = True
        for change in changes:
            document = change.document
            document.outcome = "changed"
            document.batch.position = max(document.batch.position, stream.position)
            self._index.remember(stream, document.kind.kind, document.key, change.known)

    async def _read_tail(self, stream: StreamIndex) -> None:
        """Bring the index of a stream up to date from the stream itself."""
        before = stream.revision
        await self._read_from(stream, before + 1)
        if stream.revision == before:
            # The stream is shorter than we know it: the store was put back to an earlier state. Learn it afresh.
            stream.forget()
            await self._read_from(stream, 0)

    async def _read_from(self, stream: StreamIndex, position: int) -> None:
        client = await self._connect()
        try:
            async with await client.read_stream(stream.name, stream_position=position) as events:
                async for event in events:
                    said = loads(event.metadata).get("ingest") if event.metadata else None
                    if said:
                        known = Known(said["hash"], said["stamp"])
                        self._index.remember(stream, said["kind"], said["key"], known)
                    stream.found.add(event.id)
                    stream.revision, stream.moved = event.stream_position, True
                    stream.position = event.commit_position or 0
        except StreamNotFound:
            return

    async def _connect(self) -> AsyncStoreClient:
        async with self._connecting:
            if self._client is None:
                client = AsyncStoreClient(self._uri)
                await client.connect()
                self._client = client
        return self._client

    async def close(self) -> None:
        """Close the connection to the store; the next use opens a new one."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()


def _chunks(changes: Iterable[Change]) -> list[list[Change]]:
    """The changes in order, in lists that each fit into one append."""
    chunks: list[list[Change]] = []
    size = APPEND_BYTES
    for change in changes:
        weight = len(change.event.data) + len(change.event.metadata) + 100
        size += weight
        if size > APPEND_BYTES or not chunks:
            chunks.append([])
            size = weight
        chunks[-1].append(change)
    return chunks
