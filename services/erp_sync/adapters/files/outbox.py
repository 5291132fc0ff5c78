"""The way out by files: outbox/<reference>.csv is a document that the ERP is to import.

A file appears whole, under a name that is Portico's reference: an ERP that sees it twice recognises it by that. The ERP
moves what it has taken to sent/, or leaves it; what is answered is moved there by us.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chassis.cells import harmless
from chassis.codec import dumps
from chassis.killpoints import reach
from services.erp_sync.adapters.files.answers import Answers
from services.erp_sync.adapters.port import Posted
from services.erp_sync.domain import Answer, Posting

COLUMNS = (
    "Reference",
    "CustomerCode",
    "OrderedAt",
    "Branch",
    "CustomerRef",
    "ShipDate",
    "Currency",
    "Total",
    "Note",
    "LineNo",
    "ItemCode",
    "Description",
    "Unit",
    "Quantity",
    "UnitPrice",
    "LineAmount",
)
_FOLDERS = ("outbox", "sent", "withdrawn", "answers", "answers/done", "answers/refused")


class FileConnector:
    """The connector whose ERP reads and writes files below `folder`."""

    def __init__(self, folder: Path, form: str) -> None:
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._form = form
        self._answers = Answers(folder / "answers")

    def post(self, posting: Posting) -> Posted | None:
        """Write the posting's file, unless it is in the outbox or in sent/ already; None while an answer waits."""
        reference = posting.reference
        there = self._find(reference)
        if there is not None:
            return Posted(there.name, hashlib.sha256(there.read_bytes()).hexdigest())
        if self._answers.mention(reference):
            return None
        name = f"{reference}.{self._form}"
        content = _json(posting) if self._form == "json" else _csv(posting)
        _write_whole(self._folder / "outbox" / name, content)
        reach("erp_sync.after_file")
        return Posted(name, hashlib.sha256(content).hexdigest())

    def take_back(self, posting: Posting) -> bool:
        """Move the file out of the outbox; False when it is not there any more or an answer waits.

        True when there never was one: neither a file is known of the posting, nor is one in sent/.
        """
        reference = posting.reference
        if any((self._folder / "withdrawn").glob(f"{reference}.*")):
            return True
        if self._answers.mention(reference):
            return False
        for file in (self._folder / "outbox").glob(f"{reference}.*"):
            try:
                file.rename(self._folder / "withdrawn" / file.name)
            except FileNotFoundError:
                return False
            return True
        return not posting.file and self._find(reference) is None

    def answers(self, record: Callable[[Answer], None]) -> int:
        """Answers from complete files in answers/; what they answer goes from outbox/ to sent/."""

        def keep(answer: Answer) -> None:
            record(answer)
            for file in (self._folder / "outbox").glob(f"{answer.reference}.*"):
                file.replace(self._folder / "sent" / file.name)

        return self._answers.take(keep)

    def _find(self, reference: str) -> Path | None:
        for folder in ("outbox", "sent"):
            found = next((self._folder / folder).glob(f"{reference}.*"), None)
            if found is not None:
                return found
        return None


def _write_whole(path: Path, content: bytes) -> None:
    """The file appears with all its content or not at all, also after a loss of power."""
    half = path.with_name(f".{path.name}.half")
    with half.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _json(posting: Posting) -> bytes:
    return dumps({"kind": posting.kind, "reference": posting.reference, "document": posting.document}) + b"\n"


def _csv(posting: Posting) -> bytes:
    """One row a line of the order, the order's own columns on each. Reference and note are what a customer typed."""
    document: dict[str, Any] = posting.document or {}
    order = (
        posting.reference,
        posting.company,
        document["placed_at"],
        document["branch"],
        harmless(document["reference"]),
        document["ship_date"] or "",
        document["currency"],
        document["total"],
        harmless(document["note"]),
    )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in document["lines"]:
        what = (line["line"], line["item"], line["name"], line["unit"])
        writer.writerow((*order, *what, line["quantity"], line["price"], line["amount"]))
    return out.getvalue().encode()
