"""What can go wrong, and the gRPC status a client gets for it.

StoreError
├── CannotStart        a person must act: folder locked, port taken, disk not writable
├── WrongVersion       the stream is not at the version the writer expected
├── StreamDeleted      the stream is tombstoned, or deleted where it must exist
├── AppendTooLarge     more than 1 MiB in one append
├── BadRequest         a field of the request is missing or has no meaning
├── DeadlineExceeded   the writer's deadline passed before its turn came
├── CannotWrite        the disk refused; nothing of this append is stored
├── CannotRead         the file is damaged where it was to be read
├── Unsupported        part of the protocol that localstore does not speak
└── Stopping           the server is going down
"""

import grpc


class StoreError(Exception):
    """Base of all errors localstore answers with."""

    status = grpc.StatusCode.UNKNOWN


class CannotStart(StoreError):
    """The server cannot run; the message tells the operator what to do."""


class WrongVersion(StoreError):
    """The stream's last revision is `current` (-1: no stream), the writer expected `expected`."""

    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, stream: str, expected: int, current: int) -> None:
        super().__init__(
            f"Append failed due to WrongExpectedVersion. Stream: {stream}, "
            f"Expected version: {expected}, Actual version: {current}"
        )
        self.stream, self.expected, self.current = stream, expected, current


class StreamDeleted(StoreError):
    """The stream was deleted for good, or is deleted where it must exist."""

    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, stream: str) -> None:
        super().__init__(f"Event stream '{stream}' is deleted.")
        self.stream = stream


class AppendTooLarge(StoreError):
    """The append's events together exceed `limit` bytes."""

    status = grpc.StatusCode.INVALID_ARGUMENT

    def __init__(self, limit: int) -> None:
        super().__init__(f"Maximum Append Size of {limit} Exceeded.")
        self.limit = limit


class BadRequest(StoreError):
    """A field of the request is missing or has no meaning."""

    status = grpc.StatusCode.INVALID_ARGUMENT


class DeadlineExceeded(StoreError):
    """The append's deadline passed while it waited; nothing of it is stored."""

    status = grpc.StatusCode.DEADLINE_EXCEEDED


class CannotWrite(StoreError):
    """The disk refused the transaction; nothing of this append is stored."""

    status = grpc.StatusCode.UNAVAILABLE


class CannotRead(StoreError):
    """The file is damaged where it was to be read; a person must act."""

    status = grpc.StatusCode.DATA_LOSS


class Unsupported(StoreError):
    """Part of the protocol that localstore does not speak."""

    status = grpc.StatusCode.UNIMPLEMENTED


class Stopping(StoreError):
    """The server is going down; connect again later."""

    status = grpc.StatusCode.UNAVAILABLE
