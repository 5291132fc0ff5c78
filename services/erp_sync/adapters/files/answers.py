"""The ERP's answers by files: answers/*.csv with the columns reference, status, erp_number, message.

`status` is posted (with the ERP's number) or refused (with its words). A program that writes these files writes them
under another name and renames them; for those that do not, a file counts as complete when it has not changed from one
look to the next and ends with a line's end.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import time
from collections.abc import Callable
from pathlib import Path

from chassis import log
from chassis.errors import Refused
from chassis.killpoints import reach
from services.erp_sync.domain import Answer

COLUMNS = ("reference", "status", "erp_number", "message")
PATIENCE_SECONDS = 10.0
"""How long a file that looks incomplete may stay unchanged before it is taken as it is."""
MAX_BYTES = 10_000_000

_REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9-]{2,39}\Z")

_log = log.get(__name__)


class Answers:
    """The folder in which an ERP leaves its answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[int, int]] = {}
        self._told: dict[str, str] = {}

    def mention(self, reference: str) -> bool:
        """Whether an answer that is not recorded yet speaks of the reference."""
        return any(reference.encode() in self._readable(file) for file in self._files())

    def take(self, record: Callable[[Answer], None]) -> int:
        """Record the answers of every complete file and move it to done/, or to refused/ with the reason; how many."""
        count = 0
        looked: dict[str, tuple[int, int]] = {}
        for file in self._files():
            try:
                stat = file.stat()
                signature = (stat.st_size, stat.st_mtime_ns)
                if self._seen.get(file.name) == signature and self._is_complete(file, stat.st_size, stat.st_mtime):
                    count += self._take_file(file, stat.st_size, record)
                else:
                    looked[file.name] = signature
            except FileNotFoundError:
                continue
            except OSError as error:  # one file that cannot be read or moved must not hold up the others
                self._complain(file, error)
        self._seen = looked
        return count

    def _complain(self, file: Path, error: OSError) -> None:
        if self._told.get(file.name) != str(error):  # once, not at every look
            self._told[file.name] = str(error)
            _log.error(
                "an answer's file cannot be used; make it readable for Portico", file=file.name, reason=str(error)
            )

    def _readable(self, file: Path) -> bytes:
        """The content; of a file that Portico may not read nothing, or it would stop all that goes out."""
        try:
            return _bytes(file)
        except OSError as error:
            self._complain(file, error)
            return b""

    def _files(self) -> list[Path]:
        found = (file for file in self._folder.glob("*.csv") if not file.name.startswith("."))
        return sorted(file for file in found if file.is_file())

    def _is_complete(self, file: Path, size: int, changed: float) -> bool:
        if time.time() - changed > PATIENCE_SECONDS:
            return True
        return 0 < size <= MAX_BYTES and _bytes(file).endswith(b"\n")

    def _take_file(self, file: Path, size: int, record: Callable[[Answer], None]) -> int:
        rows, faults = _read(file) if size <= MAX_BYTES else ([], [f"The file is larger than {MAX_BYTES} bytes."])
        for line, answer in rows:
            try:
                record(answer)
            except Refused as error:
                faults.append(f"Line {line}: {error.message}")
        reach("erp_sync.after_answer")
        self._move(file, size, faults)
        return len(rows)

    def _move(self, file: Path, size: int, faults: list[str]) -> None:
        target = self._folder / ("refused" if faults else "done") / file.name
        if target.exists() and target.read_bytes() != _bytes(file):
            target = target.with_name(f"{file.stem}-{hashlib.sha256(_bytes(file)).hexdigest()[:8]}{file.suffix}")
        if faults:
            _log.warning("answers refused", file=file.name, faults=faults[:5])
            target.with_name(target.name + ".reason").write_text("\n".join(faults) + "\n", encoding="utf-8")
        file.replace(target)
        if target.stat().st_size != size:  # somebody went on writing: it is read again, whole
            target.replace(file)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _read(file: Path) -> tuple[list[tuple[int, Answer]], list[str]]:
    """(line, answer) of each row that can be read, and what is wrong with the others."""
    try:
        text = _bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [f"The file is not UTF-8: {error}."]
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        missing = [name for name in COLUMNS[:2] if name not in header]
        if missing:
            return [], [f"The first line lacks {', '.join(missing)}; it names the columns {', '.join(COLUMNS)}."]
        rows = [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        return [], [f"Line {reader.line_num}: {error}."]
    answers, faults = [], []
    for line, row in rows:
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        answer = Answer(*(cells.get(name, "") for name in COLUMNS))
        answer = Answer(answer.reference, answer.status.casefold(), answer.erp_number, answer.message)
        fault = _fault(answer)
        if fault:
            faults.append(f"Line {line}: {fault}")
        else:
            answers.append((line, answer))
    return answers, faults


def _fault(answer: Answer) -> str:
    if not _REFERENCE.match(answer.reference):
        return f"“{answer.reference[:60]}” is not a reference of Portico's."
    if answer.status not in ("posted", "refused"):
        return f"The status is “{answer.status}”; it is posted or refused."
    if answer.status == "posted" and not answer.erp_number:
        return "What was posted has a number in the ERP; erp_number is empty."
    if answer.status == "refused" and not answer.message:
        return "What was refused has a reason; message is empty."
    return ""
