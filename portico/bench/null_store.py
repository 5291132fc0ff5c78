"""The limit of an event store: a server on the same gRPC that stores nothing and sends replies encoded before.

Run as `python -m portico.bench.null_store PORT`, until SIGTERM.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

import grpc
from esdbclient.protos.Grpc import streams_pb2

from localstore import wire
from localstore.server import OPTIONS
from portico.bench.store_load import event

_NEW = event()
_PROPOSED = wire.Proposed(_NEW.id.hex, _NEW.type, _NEW.content_type, _NEW.metadata, _NEW.data)
(_ROW,) = wire.encode(f"order-{uuid.uuid4().hex}", [_PROPOSED], 0, 1)
_EVENT = _ROW.body
_WRITTEN = streams_pb2.BatchAppendResp()
wire.fill_success(_WRITTEN, 0, 1)
_ANSWER = _WRITTEN.SerializeToString()


async def _batch_append(requests: AsyncIterable[bytes], _context: Any) -> AsyncIterator[bytes]:
    async for _ in requests:
        yield _ANSWER


async def _read(request: streams_pb2.ReadReq, _context: Any) -> AsyncIterator[bytes]:
    for _ in range(request.options.count):
        yield _EVENT


async def serve(port: int) -> None:
    """Answers appends with "done" and reads with the same event as often as asked for."""
    calls = {
        "BatchAppend": grpc.stream_stream_rpc_method_handler(_batch_append),
        "Read": grpc.unary_stream_rpc_method_handler(_read, streams_pb2.ReadReq.FromString),
    }
    streams = grpc.method_handlers_generic_handler("event_store.client.streams.Streams", calls)
    server = grpc.aio.server(options=OPTIONS)
    server.add_generic_rpc_handlers((streams,))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
