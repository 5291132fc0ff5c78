"""Documents into streams: decide by the index, append what changed, learn from the stream where it moved on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
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
from chassis.store import Append, AsyncStoreClient

logger = log.get(__name__)

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

    async def record(self, batches: Sequence[Batch], *, append: bool) -> list[StreamIndex]:
        """Decide all documents, append what changed unless it is a dry run; the streams as they are then."""
        documents = [document for batch in batches for document in batch.documents]
        for document in documents:
            document.outcome = "unchanged"
        streams: dict[str, StreamIndex] = {}
        for rule in range(max((len(document.kind.rules) for document in documents), default=0)):
            if rule and append:
                reach(f"{self._service}.ingest.mid_batch")
            left: dict[str, list[Document]] = {}
            for document in documents:
                if rule < len(document.kind.rules) and document.outcome in ("changed", "unchanged"):
                    name = self._stream_of(document, rule)
                    if name:
                        left.setdefault(name, []).append(document)
            for name in left:
                if name not in streams:
                    streams[name] = self._index.stream(name)
            limits: dict[str, int] = {}
            while left:
                left = await self._round(streams, left, limits, rule, append)
        return list(streams.values())

    async def _round(
        self,
        streams: Mapping[str, StreamIndex],
        left: Mapping[str, list[Document]],
        limits: dict[str, int],
        rule: int,
        append: bool,
    ) -> dict[str, list[Document]]:
        """Decide what is left and append to every stream what fits into one append; what is left after that.

        Of what the store refuses together, half is tried, and so on: `limits` has how many of which stream.
        """
        going: dict[str, Sequence[Change]] = {}
        for name, documents in left.items():
            changes = self._decide(streams[name], documents, rule)
            if append and changes:
                going[name] = _that_fit(changes)[: limits.get(name)]
            for change in changes if not append else ():
                change.document.outcome = "changed"
        again: dict[str, list[Document]] = {}
        for (name, chunk), outcome in zip(going.items(), await self._append(streams, going), strict=True):
            if isinstance(outcome, int):
                self._appended(streams[name], chunk, outcome)
            elif isinstance(outcome, WrongCurrentVersion):
                # Somebody else appended, or we did before a crash: see what came, and decide again.
                await self._read_tail(streams[name])
                again[name] = left[name]
                continue
            elif len(chunk) > 1:
                limits[name] = len(chunk) // 2
                again[name] = left[name]
                continue
            else:
                self._refuse(chunk[0].document, outcome)
                limits.pop(name, None)
            rest = left[name][left[name].index(chunk[-1].document) + 1 :]
            if rest:
                again[name] = rest
        return again

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

    async def _append(
        self, streams: Mapping[str, StreamIndex], going: Mapping[str, Sequence[Change]]
    ) -> list[int | EventStoreDBClientException]:
        """Of each stream's append its position, or why the store will never take it."""
        appends = []
        for name, changes in going.items():
            revision = streams[name].revision
            expected = StreamState.NO_STREAM if revision == NO_STREAM else revision
            appends.append(Append(name, expected, [change.event for change in changes]))
        outcomes = await self._call(appends) if appends else []
        for outcome in outcomes:
            if isinstance(outcome, STORE_AWAY):
                raise outcome
        return outcomes

    async def _call(self, appends: Sequence[Append]) -> list[int | EventStoreDBClientException]:
        try:
            return await (await self._connect()).append_to_streams(appends)
        except STORE_AWAY:
            raise
        except EventStoreDBClientException as error:
            if len(appends) == 1:
                return [error]
            # Something of one of them ends the call: the others must not suffer from it.
            return [outcome for one in appends for outcome in await self._call([one])]

    def _appended(self, stream: StreamIndex, changes: Sequence[Change], position: int) -> None:
        stream.position = position
        stream.revision += len(changes)
        stream.moved = True
        for change in changes:
            document = change.document
            document.outcome = "changed"
            document.batch.position = max(document.batch.position, position)
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


def _that_fit(changes: Sequence[Change]) -> Sequence[Change]:
    """The first of the changes, as many as one append can hold; one at least."""
    size = 0
    for count, change in enumerate(changes):
        size += len(change.event.data) + len(change.event.metadata) + 100
        if size > APPEND_BYTES and count:
            return changes[:count]
    return changes
