"""The protocol's messages: requests checked and decoded, events and replies encoded."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from esdbclient.protos.Grpc import shared_pb2, status_pb2
from esdbclient.protos.Grpc import streams_pb2 as pb
from google.protobuf.message import Message

from localstore import errors
from localstore.storage import NO_STREAM, Retention

ANY = -2
EXISTS = -4
MAX_APPEND_SIZE = 1024 * 1024
PROTOCOL = "23.10.0"  # the release of EventStoreDB whose protocol this is
MAX_NAME_LENGTH = 1024  # of a stream's name or an event's type, in characters

RecordedEvent = pb.ReadResp.ReadEvent.RecordedEvent
ProposedMessage = pb.AppendReq.ProposedMessage | pb.BatchAppendReq.ProposedMessage


class Proposed(NamedTuple):
    """An event a client wants appended."""

    id: bytes
    type: str
    content_type: str
    metadata: bytes
    data: bytes


# -- requests


def stream_name(identifier: shared_pb2.StreamIdentifier) -> str:
    """The named stream; raises BadRequest."""
    try:
        name = identifier.stream_name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise errors.BadRequest("the stream name is not UTF-8") from error
    if not 0 < len(name) <= MAX_NAME_LENGTH or "\0" in name or name == "$$":
        raise errors.BadRequest(f"a stream name has 1 to {MAX_NAME_LENGTH} characters, none of them NUL, and is not $$")
    return name


def expected_version(chosen: str | None, exact: int) -> int:
    """The expected last revision, or ANY, NO_STREAM, EXISTS, by the name of the field that was set."""
    return {"no_stream": NO_STREAM, "stream_exists": EXISTS, "any": ANY, None: ANY}.get(chosen, exact)


def proposed(message: ProposedMessage) -> Proposed:
    """The event of a request; raises BadRequest for a missing type or an id that is none."""
    metadata = message.metadata
    event_type = metadata.get("type", "")
    if not 0 < len(event_type) <= MAX_NAME_LENGTH:
        raise errors.BadRequest(f"an event type has 1 to {MAX_NAME_LENGTH} characters, this has {len(event_type)}")
    content_type = metadata.get("content-type", "application/octet-stream")
    return Proposed(_id_bytes(message.id), event_type, content_type, message.custom_metadata, message.data)


def check_size(events: Sequence[Proposed]) -> None:
    """Raises AppendTooLarge when the events together exceed MAX_APPEND_SIZE, counted as EventStoreDB counts."""
    size = sum(len(event.data) + len(event.metadata) + 2 * len(event.type) for event in events)
    if size > MAX_APPEND_SIZE:
        raise errors.AppendTooLarge(MAX_APPEND_SIZE)


def _id_bytes(event_id: shared_pb2.UUID) -> bytes:
    """The 16 bytes of a UUID; raises BadRequest, Unsupported. (uuid.UUID takes five times as long.)"""
    try:
        found = bytes.fromhex(event_id.string.replace("-", ""))
    except ValueError:
        found = b""
    if len(found) == 16:
        return found
    if event_id.HasField("structured"):
        raise errors.Unsupported("event ids are text only")
    raise errors.BadRequest(f"the event id {event_id.string!r} is not a UUID")


def _id_text(event_id: bytes) -> str:
    text = event_id.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def compile_filter(expression: pb.ReadReq.Options.FilterOptions.Expression) -> Callable[[str], bool]:
    """A test of an event type or stream name; raises BadRequest for what is no regular expression."""
    if expression.prefix:
        prefixes = tuple(expression.prefix)
        return lambda name: name.startswith(prefixes)
    try:
        search = re.compile(expression.regex).search
    except re.error as error:
        raise errors.BadRequest(f"the filter {expression.regex!r} is no regular expression: {error}") from error
    return lambda name: search(name) is not None


# -- stored events


class Encoder:
    """Encodes the events of one append. What they share is encoded once; protobuf fields may come in any order."""

    def __init__(self, stream: str, created: int) -> None:
        self._stream = stream.encode()
        self._created = str(created)  # 100 ns ticks since 1970, UTC
        self._shared: dict[tuple[str, str], bytes] = {}

    def encode(self, event: Proposed, revision: int, position: int) -> bytes:
        """The ReadResp that carries this event to readers."""
        shared = self._shared.get((event.type, event.content_type)) or self._share(event)
        recorded = RecordedEvent(
            stream_revision=revision,
            prepare_position=position,
            commit_position=position,
            custom_metadata=event.metadata,
            data=event.data,
        )
        recorded.id.string = _id_text(event.id)
        # ReadResp{1: ReadEvent{1: RecordedEvent, 3: position}}
        return _field(1, _field(1, shared + recorded.SerializeToString()) + b"\x18" + _varint(position))

    def _share(self, event: Proposed) -> bytes:
        metadata = {"type": event.type, "content-type": event.content_type, "created": self._created}
        identifier = shared_pb2.StreamIdentifier(stream_name=self._stream)
        shared = RecordedEvent(stream_identifier=identifier, metadata=metadata).SerializeToString()
        self._shared[event.type, event.content_type] = shared
        return shared


def _field(number: int, data: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def decode(body: bytes) -> pb.ReadResp.ReadEvent:
    """The event in an encoded reply."""
    return pb.ReadResp.FromString(body).event


def created(body: bytes) -> int:
    """When an encoded event was stored: 100 ns ticks since 1970, UTC."""
    return int(decode(body).event.metadata["created"])


def metadata_of(body: bytes | None) -> dict[str, Any]:
    """The JSON object in an encoded `$metadata` event; empty when there is none or it is unreadable."""
    try:
        found = json.loads(decode(body).event.data) if body is not None else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def retention_of(body: bytes | None) -> Retention:
    """The retention in an encoded `$metadata` event; nothing is limited when there is none."""
    return Retention.from_metadata(metadata_of(body))


def link_target(link: bytes) -> tuple[str, int] | None:
    """(stream, revision) that an encoded link event names, as `revision@stream`."""
    revision, _, stream = decode(link).event.data.decode("utf-8", "replace").partition("@")
    return (stream, int(revision)) if revision.isdigit() and stream else None


def resolve(link: bytes, target: bytes) -> bytes:
    """The encoded reply for a link event with its target in it."""
    resolved = decode(target)
    resolved.link.CopyFrom(decode(link).event)
    resolved.commit_position = resolved.link.commit_position
    return _reply(event=resolved)


# -- replies


def _reply(**content: Any) -> bytes:
    encoded: bytes = pb.ReadResp(**content).SerializeToString()
    return encoded


CAUGHT_UP = _reply(caught_up={})
FELL_BEHIND = _reply(fell_behind={})


def at(position: int) -> dict[str, int]:
    """The fields of a reply's position."""
    return {"commit_position": position, "prepare_position": position}


def checkpoint(position: int) -> bytes:
    """Tells a filtered subscriber that everything up to `position` has been considered."""
    return _reply(checkpoint=at(position))


def confirmation(subscription_id: str) -> bytes:
    """The first reply to a subscriber."""
    return _reply(confirmation={"subscription_id": subscription_id})


def not_found(stream: str) -> bytes:
    """The only reply to a reader of a stream that does not exist."""
    return _reply(stream_not_found={"stream_identifier": {"stream_name": stream.encode()}})


def fill_success(reply: pb.AppendResp | pb.BatchAppendResp, revision: int, position: int | None) -> None:
    """States the stream's last revision and the last event's position (None: nothing was appended)."""
    if revision == NO_STREAM:
        reply.success.no_stream.SetInParent()
    else:
        reply.success.current_revision = revision
    if position is None:
        reply.success.no_position.SetInParent()
    else:
        reply.success.position.commit_position = reply.success.position.prepare_position = position


def append_conflict(error: errors.WrongVersion) -> pb.AppendResp:
    """Append's answer to a wrong expected version."""
    reply = pb.AppendResp()
    if error.current == NO_STREAM:
        reply.wrong_expected_version.current_no_stream.SetInParent()
    else:
        reply.wrong_expected_version.current_revision = error.current
    return reply


def supported(calls: Mapping[str, Iterable[str]]) -> bytes:
    """The SupportedMethods that clients in other languages ask for; esdbclient has no class for it."""
    methods = b"".join(
        _field(1, _field(1, call.lower().encode()) + _field(2, service.lower().encode()))
        for service, names in calls.items()
        for call in names
    )
    return methods + _field(2, PROTOCOL.encode())


def batch_error(error: errors.StoreError) -> status_pb2.Status:
    """The error in a BatchAppend reply, with the details that clients map to exceptions."""
    details: Message
    match error:
        case errors.WrongVersion(current=current):
            details = shared_pb2.WrongExpectedVersion()
            if current == NO_STREAM:
                details.current_no_stream.SetInParent()
            else:
                details.current_stream_revision = current
        case errors.StreamDeleted(stream=stream):
            identifier = shared_pb2.StreamIdentifier(stream_name=stream.encode())
            details = shared_pb2.StreamDeleted(stream_identifier=identifier)
        case errors.AppendTooLarge(limit=limit):
            details = shared_pb2.MaximumAppendSizeExceeded(maxAppendSize=limit)
        case errors.BadRequest():
            details = shared_pb2.BadRequest(message=str(error))
        case errors.DeadlineExceeded():
            details = shared_pb2.Timeout()
        case _:
            details = shared_pb2.Unknown()
    status = status_pb2.Status(code=error.status.value[0], message=str(error))
    status.details.Pack(details)
    return status
