"""The process that makes PDFs: HTML in on stdin, PDF out on stdout, until stdin ends or nothing came for a while.

It gets no address of anything and may fetch nothing: what a page shows besides its text is handed over with it. It
imports nothing of ours, so that it starts soon and has nothing to give away.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import resource
import select
import struct
import sys
import traceback
from typing import Any, BinaryIO

HEAD = struct.Struct(">cI")
READY, PDF, FAULT, MISSING = b"R", b"P", b"F", b"M"
"""What a frame is: the process can begin, a PDF, why there is none, what the machine lacks. Requests are frames too."""
IDLE_SECONDS = 300
_MOST_MEMORY = 2 * 1024**3


def write_frame(out: BinaryIO, kind: bytes, body: bytes = b"") -> None:
    """Send a frame."""
    out.write(HEAD.pack(kind, len(body)) + body)
    out.flush()


def _read_frame(source: BinaryIO) -> bytes | None:
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    return source.read(HEAD.unpack(head)[1])


def render(weasyprint: Any, html: str, files: dict[str, tuple[str, str]]) -> bytes:
    """The PDF, tagged. `files` are what the HTML may name: address → media type and base64; all else is refused."""

    class Given(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            """A file that was handed over with the HTML; nothing is looked for anywhere else."""
            if url not in files:
                raise ValueError(f"{url[:80]} was not handed over with the page, and nothing is fetched")
            media_type, content = files[url]
            return weasyprint.urls.URLFetcherResponse(url, base64.b64decode(content), {"Content-Type": media_type})

    made: bytes = weasyprint.HTML(string=html, url_fetcher=Given()).write_pdf(pdf_variant="pdf/ua-1")
    return made


def main() -> int:
    """Answer one request after the other."""
    source, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints does not get between the frames
    os.nice(5)  # pages come first
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    try:
        import weasyprint
    except OSError as error:  # it looks for Pango as it is imported
        write_frame(out, MISSING, str(error).partition("\n")[0].encode())
        return 1
    for noisy in ("weasyprint", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    write_frame(out, READY)
    while select.select([source], [], [], IDLE_SECONDS)[0]:
        body = _read_frame(source)
        if body is None:
            break
        asked = json.loads(body)
        try:
            made = render(weasyprint, asked["html"], asked["files"])
        except Exception:
            write_frame(out, FAULT, traceback.format_exc(limit=-6).encode())
        else:
            write_frame(out, PDF, made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
