"""The protocol's messages: reading requests, encoding events and replies, and the error details clients look for."""

import json
import re
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import grpc
from esdbclient.protos.Grpc import code_pb2, shared_pb2, status_pb2, streams_pb2
from google.protobuf.message import Message

from localstore import errors
from localstore.storage import NO_STREAM, Retention

ANY = -2
EXISTS = -4
MAX_APPEND_SIZE = 1024 * 1024
MAX_NAME_LENGTH = 1024  # of a stream's name or an event's type, in characters

EXPECTED_NAMES = {ANY: "any", NO_STREAM: "no_stream", EXISTS: "stream_exists"}
ProposedMessage = streams_pb2.AppendReq.ProposedMessage | streams_pb2.BatchAppendReq.ProposedMessage
Expectation = (
    streams_pb2.AppendReq.Options
    | streams_pb2.BatchAppendReq.Options
    | streams_pb2.DeleteReq.Options
    | streams_pb2.TombstoneReq.Options
)
Trailers = tuple[tuple[str, str], ...]


class Proposed(NamedTuple):
    """An event a client wants appended."""

    id: uuid.UUID
    type: str
    content_type: str
    metadata: bytes
    data: bytes


# -- requests


def stream_name(identifier: shared_pb2.StreamIdentifier) -> str:
    """The named stream, checked; raises BadRequest."""
    try:
        name = identifier.stream_name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise errors.BadRequest("the stream name is not UTF-8") from error
    if not name or len(name) > MAX_NAME_LENGTH:
        raise errors.BadRequest(f"a stream name has 1 to {MAX_NAME_LENGTH} characters, this one has {len(name)}")
    return name


def expected_version(options: Expectation, oneof: str, exact: str) -> int:
    """The expected last revision, or ANY, NO_STREAM, EXISTS."""
    chosen = options.WhichOneof(oneof)  # type: ignore[arg-type]
    if chosen == exact:
        return int(getattr(options, exact))
    return {"no_stream": NO_STREAM, "stream_exists": EXISTS}.get(chosen or "any", ANY)


def proposed(message: ProposedMessage) -> Proposed:
    """The event of a request; raises BadRequest for a missing type or an id that is none."""
    metadata = message.metadata
    event_type = metadata.get("type", "")
    if not event_type or len(event_type) > MAX_NAME_LENGTH:
        raise errors.BadRequest(f"an event type has 1 to {MAX_NAME_LENGTH} characters, this one {len(event_type)}")
    content_type = metadata.get("content-type", "application/octet-stream")
    return Proposed(_event_id(message.id), event_type, content_type, message.custom_metadata, message.data)


def check_size(events: Sequence[Proposed]) -> None:
    """Raises AppendTooLarge when the events together exceed MAX_APPEND_SIZE, counted as EventStoreDB counts."""
    size = sum(len(event.data) + len(event.metadata) + 2 * len(event.type) for event in events)
    if size > MAX_APPEND_SIZE:
        raise errors.AppendTooLarge(MAX_APPEND_SIZE)


def _event_id(message: shared_pb2.UUID) -> uuid.UUID:
    if message.WhichOneof("value") == "structured":
        high = message.structured.most_significant_bits % 2**64
        low = message.structured.least_significant_bits % 2**64
        return uuid.UUID(int=high << 64 | low)
    try:
        return uuid.UUID(message.string)
    except ValueError as error:
        raise errors.BadRequest(f"the event id {message.string!r} is not a UUID") from error


Filter = Callable[[str], bool]


def compile_filter(expression: streams_pb2.ReadReq.Options.FilterOptions.Expression) -> Filter:
    """A test of an event type or stream name; raises BadRequest for a regex that cannot be compiled."""
    if expression.prefix:
        prefixes = tuple(expression.prefix)
        return lambda name: name.startswith(prefixes)
    try:
        search = re.compile(expression.regex).search
    except re.error as error:
        raise errors.BadRequest(f"the filter {expression.regex!r} is not a regular expression: {error}") from error
    return lambda name: search(name) is not None


# -- replies

CAUGHT_UP = streams_pb2.ReadResp(caught_up=streams_pb2.ReadResp.CaughtUp()).SerializeToString()
FELL_BEHIND = streams_pb2.ReadResp(fell_behind=streams_pb2.ReadResp.FellBehind()).SerializeToString()


def encode_event(stream: str, revision: int, position: int, created: str, event: Proposed) -> bytes:
    """The reply that carries this event to readers; `created` is in 100 ns ticks since 1970, UTC."""
    reply = streams_pb2.ReadResp()
    reply.event.commit_position = position
    recorded = reply.event.event
    recorded.id.string = str(event.id)
    recorded.stream_identifier.stream_name = stream.encode()
    recorded.stream_revision = revision
    recorded.prepare_position = recorded.commit_position = position
    recorded.metadata["type"] = event.type
    recorded.metadata["content-type"] = event.content_type
    recorded.metadata["created"] = created
    recorded.custom_metadata = event.metadata
    recorded.data = event.data
    return reply.SerializeToString()


def metadata_of(metadata_body: bytes | None) -> dict[str, Any]:
    """The JSON object in an encoded `$metadata` event; empty when there is none or it is unreadable."""
    if metadata_body is None:
        return {}
    try:
        found = json.loads(streams_pb2.ReadResp.FromString(metadata_body).event.event.data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def retention_of(metadata_body: bytes | None) -> Retention:
    """The retention in an encoded `$metadata` event; nothing limited when there is none."""
    return Retention.from_metadata(metadata_of(metadata_body))


def created_of(body: bytes) -> int:
    """When an encoded event was stored: 100 ns ticks since 1970, UTC."""
    return int(streams_pb2.ReadResp.FromString(body).event.event.metadata["created"])


def resolve(link_body: bytes, target_body: bytes | None) -> bytes:
    """The reply for a link event with its target in it, or as it is when the target is gone."""
    if target_body is None:
        return link_body
    link = streams_pb2.ReadResp.FromString(link_body)
    reply = streams_pb2.ReadResp.FromString(target_body)
    reply.event.link.CopyFrom(link.event.event)
    reply.event.commit_position = link.event.commit_position
    return reply.SerializeToString()


def link_target(link_body: bytes) -> tuple[str, int] | None:
    """(stream, revision) that a link event's data names, as `revision@stream`."""
    data = streams_pb2.ReadResp.FromString(link_body).event.event.data.decode("utf-8", "replace")
    revision, _, stream = data.partition("@")
    return (stream, int(revision)) if revision.isdigit() and stream else None


def checkpoint(position: int) -> bytes:
    """Tells a filtered subscriber that everything up to `position` has been considered."""
    point = streams_pb2.ReadResp.Checkpoint(commit_position=position, prepare_position=position)
    return streams_pb2.ReadResp(checkpoint=point).SerializeToString()


def confirmation(subscription_id: str) -> bytes:
    confirmed = streams_pb2.ReadResp.SubscriptionConfirmation(subscription_id=subscription_id)
    return streams_pb2.ReadResp(confirmation=confirmed).SerializeToString()


def not_found(stream: str) -> bytes:
    identifier = shared_pb2.StreamIdentifier(stream_name=stream.encode())
    missing = streams_pb2.ReadResp.StreamNotFound(stream_identifier=identifier)
    return streams_pb2.ReadResp(stream_not_found=missing).SerializeToString()


def fill_success(
    reply: streams_pb2.AppendResp | streams_pb2.BatchAppendResp, revision: int, position: int | None
) -> None:
    """States the stream's last revision and the last event's position (None: nothing was appended)."""
    if revision == NO_STREAM:
        reply.success.no_stream.SetInParent()
    else:
        reply.success.current_revision = revision
    if position is None:
        reply.success.no_position.SetInParent()
    else:
        reply.success.position.commit_position = reply.success.position.prepare_position = position


def append_conflict(error: errors.WrongVersion) -> streams_pb2.AppendResp:
    """Append's answer to a wrong expected version."""
    reply = streams_pb2.AppendResp()
    conflict = reply.wrong_expected_version
    if error.current == NO_STREAM:
        conflict.current_no_stream.SetInParent()
    else:
        conflict.current_revision = error.current
    if error.expected >= 0:
        conflict.expected_revision = error.expected
    else:
        getattr(conflict, "expected_" + EXPECTED_NAMES[error.expected]).SetInParent()
    return reply


def batch_reply(
    correlation_id: shared_pb2.UUID, options: streams_pb2.BatchAppendReq.Options
) -> streams_pb2.BatchAppendResp:
    """BatchAppend's answer without its result, which the caller fills."""
    reply = streams_pb2.BatchAppendResp(
        correlation_id=correlation_id, stream_identifier=options.stream_identifier
    )
    chosen = options.WhichOneof("expected_stream_position")
    if chosen == "stream_position":
        reply.stream_position = options.stream_position
    elif chosen is not None:
        getattr(reply, chosen).SetInParent()
    return reply


def batch_error(error: errors.StoreError) -> status_pb2.Status:
    """The error a BatchAppend reply carries, with the details clients map to exceptions."""
    code, details = code_pb2.UNKNOWN, shared_pb2.Unknown()  # type: tuple[code_pb2.Code, Message]
    match error:
        case errors.WrongVersion():
            code, details = code_pb2.FAILED_PRECONDITION, shared_pb2.WrongExpectedVersion()
            _describe_conflict(details, error)
        case errors.StreamDeleted(stream=stream):
            identifier = shared_pb2.StreamIdentifier(stream_name=stream.encode())
            code, details = code_pb2.FAILED_PRECONDITION, shared_pb2.StreamDeleted(stream_identifier=identifier)
        case errors.AppendTooLarge(limit=limit):
            code, details = code_pb2.INVALID_ARGUMENT, shared_pb2.MaximumAppendSizeExceeded(maxAppendSize=limit)
        case errors.BadRequest():
            code, details = code_pb2.INVALID_ARGUMENT, shared_pb2.BadRequest(message=str(error))
        case errors.DeadlineExceeded():
            code, details = code_pb2.DEADLINE_EXCEEDED, shared_pb2.Timeout()
    status = status_pb2.Status(code=code, message=str(error))
    status.details.Pack(details)
    return status


def _describe_conflict(details: shared_pb2.WrongExpectedVersion, error: errors.WrongVersion) -> None:
    if error.current == NO_STREAM:
        details.current_no_stream.SetInParent()
    else:
        details.current_stream_revision = error.current
    if error.expected >= 0:
        details.expected_stream_position = error.expected
    else:
        getattr(details, "expected_" + EXPECTED_NAMES[error.expected]).SetInParent()


def rpc_error(error: errors.StoreError) -> tuple[grpc.StatusCode, str, Trailers]:
    """Status, message and trailing metadata for a call that ends with this error."""
    answer = partial(_answer, str(error))
    match error:
        case errors.WrongVersion():
            return answer(
                grpc.StatusCode.FAILED_PRECONDITION,
                ("exception", "wrong-expected-version"),
                ("stream-name", error.stream),
                ("expected-version", str(error.expected)),
                ("actual-version", str(error.current)),
            )
        case errors.StreamDeleted():
            trailers = (("exception", "stream-deleted"), ("stream-name", error.stream))
            return answer(grpc.StatusCode.FAILED_PRECONDITION, *trailers)
        case errors.AppendTooLarge():
            trailers = (("exception", "maximum-append-size-exceeded"), ("maximum-append-size", str(error.limit)))
            return answer(grpc.StatusCode.INVALID_ARGUMENT, *trailers)
        case errors.BadRequest():
            return answer(grpc.StatusCode.INVALID_ARGUMENT)
        case errors.DeadlineExceeded():
            return answer(grpc.StatusCode.DEADLINE_EXCEEDED)
        case errors.Unsupported():
            return answer(grpc.StatusCode.UNIMPLEMENTED)
        case errors.CannotWrite() | errors.Stopping():
            return answer(grpc.StatusCode.UNAVAILABLE)
    return answer(grpc.StatusCode.UNKNOWN)


def _answer(message: str, code: grpc.StatusCode, *trailers: tuple[str, str]) -> tuple[grpc.StatusCode, str, Trailers]:
    # Metadata travels as ASCII; a stream name need not be.
    return code, message, tuple((key, value.encode("ascii", "replace").decode()) for key, value in trailers)
