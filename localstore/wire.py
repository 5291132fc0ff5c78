"""The protocol's messages: requests checked and decoded, events and replies encoded."""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from esdbclient.protos.Grpc import shared_pb2, status_pb2
from esdbclient.protos.Grpc import streams_pb2 as pb
from google.protobuf.message import Message

from localstore import errors
from localstore.storage import END_OF_TIME, NO_STREAM, Row

ANY = -2
EXISTS = -4
MAX_APPEND_SIZE = 1024 * 1024
PROTOCOL = "23.10.0"  # the release of EventStoreDB whose protocol this is
MAX_NAME_LENGTH = 1024  # of a stream's name or an event's type, in characters

RecordedEvent = pb.ReadResp.ReadEvent.RecordedEvent
ProposedMessage = pb.AppendReq.ProposedMessage | pb.BatchAppendReq.ProposedMessage


class Retention(NamedTuple):
    """What a stream's metadata lets readers see; the age in seconds."""

    max_count: int | None
    max_age: int | None
    truncate_before: int

    @property
    def soft_deleted(self) -> bool:
        """Whether the stream reads as if it did not exist."""
        return self.truncate_before == END_OF_TIME

    def first_revision(self, last: int) -> int:
        """The first revision a reader may see when `last` is the stream's last one."""
        return max(last - self.max_count + 1 if self.max_count else 0, self.truncate_before)


class Proposed(NamedTuple):
    """An event a client wants appended; `id` in 32 hexadecimal digits."""

    id: str
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
    return Proposed(_id(message.id), event_type, content_type, message.custom_metadata, message.data)


def check_size(events: Sequence[Proposed]) -> None:
    """Raises AppendTooLarge when the events together exceed MAX_APPEND_SIZE, counted as EventStoreDB counts."""
    size = sum(len(event.data) + len(event.metadata) + 2 * len(event.type) for event in events)
    if size > MAX_APPEND_SIZE:
        raise errors.AppendTooLarge(MAX_APPEND_SIZE)


def _id(event_id: shared_pb2.UUID) -> str:
    """A UUID's 32 hexadecimal digits; raises BadRequest, Unsupported. (uuid.UUID takes five times as long.)"""
    digits = event_id.string.replace("-", "").lower()
    try:
        if len(digits) == 32 and len(bytes.fromhex(digits)) == 16:
            return digits
    except ValueError:
        pass
    if event_id.HasField("structured"):
        raise errors.Unsupported("event ids are text only")
    raise errors.BadRequest(f"the event id {event_id.string!r} is not a UUID")


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


def encode(stream: str, events: Sequence[Proposed], revision: int, position: int) -> list[Row]:
    """The events of one append as they are stored, from that revision and position on."""
    reply = pb.ReadResp()  # filled again for each event: what they share is there already
    recorded = reply.event.event
    recorded.stream_identifier.stream_name = stream.encode()
    recorded.metadata["created"] = str(time.time_ns() // 100)  # 100 ns ticks since 1970, UTC
    rows: list[Row] = []
    described = ("", "")
    for number, (event_id, kind, content_type, metadata, data) in enumerate(events):
        at = position + number
        if described != (kind, content_type):
            described = recorded.metadata["type"], recorded.metadata["content-type"] = kind, content_type
        recorded.id.string = f"{event_id[:8]}-{event_id[8:12]}-{event_id[12:16]}-{event_id[16:20]}-{event_id[20:]}"
        recorded.stream_revision = revision + number
        recorded.custom_metadata, recorded.data = metadata, data
        recorded.prepare_position = recorded.commit_position = reply.event.commit_position = at
        rows.append(Row(at, stream, revision + number, kind, event_id, reply.SerializeToString()))
    return rows


def decode(body: bytes) -> pb.ReadResp.ReadEvent:
    """The event in an encoded reply."""
    return pb.ReadResp.FromString(body).event


def created(body: bytes) -> int:
    """When an encoded event was stored: 100 ns ticks since 1970, UTC."""
    return int(decode(body).event.metadata["created"])


def metadata_of(row: Row | None) -> dict[str, Any]:
    """The JSON object in a `$metadata` event; empty when there is none or it is unreadable."""
    try:
        found = json.loads(decode(row.body).event.data) if row is not None else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def retention_of(row: Row | None) -> Retention:
    """The retention in a `$metadata` event; what is not a whole number above 0 limits nothing."""
    values = map(metadata_of(row).get, ("$maxCount", "$maxAge", "$tb"))
    count, age, before = (value if type(value) is int and value > 0 else None for value in values)
    return Retention(count, age, before or 0)


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


def checkpoint(position: int) -> bytes:
    """Tells a filtered subscriber that everything up to `position` has been considered."""
    return _reply(checkpoint={"commit_position": position, "prepare_position": position})


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

    def field(number: int, data: bytes) -> bytes:
        return bytes((number << 3 | 2, len(data))) + data

    methods = [
        field(1, field(1, name.lower().encode()) + field(2, service.lower().encode()))
        for service, names in calls.items()
        for name in names
    ]
    return b"".join(methods) + field(2, PROTOCOL.encode())


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
