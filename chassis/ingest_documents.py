"""A message of ERP documents: how a service says what it takes, and the message's documents once they are validated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from marshmallow import Schema, ValidationError

from chassis.codec import loads
from chassis.messages import ALL_COMPANIES, LONGEST_CODE, Event


@dataclass(frozen=True)
class StreamRule:
    """How a kind of document becomes events of one stream.

    `stream(company, doc)` names it; `event(company, doc, known_before)` makes the event, or None when there is nothing
    to say; `fingerprint(doc)` is the part of the document whose change is a change here (JSON values).
    `doc` is what the schema loaded, with the document's `key` added.
    """

    stream: Callable[[str, dict[str, Any]], str]
    event: Callable[[str, dict[str, Any], bool], Event | None]
    fingerprint: Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class IngestKind:
    """A kind of ERP document: the schema of its body, and the streams it goes to, in this order.

    `for_company` says whether each belongs to a company; keys have at most `longest_key` characters.
    """

    kind: str
    schema: Schema
    rules: tuple[StreamRule, ...]
    for_company: bool = True
    longest_key: int = LONGEST_CODE


@dataclass(slots=True, eq=False)
class Document:
    """A valid document of the window, and what was decided of it: changed, unchanged, stale, refused (too large)."""

    batch: Batch
    ordinal: int
    company: str
    kind: IngestKind
    key: str
    stamp: str
    doc: dict[str, Any]
    outcome: str = "unchanged"
    errors: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, reason: str) -> None:
        """Leave it out: `reason` says what is wrong with it and what to do."""
        self.outcome, self.errors = "refused", {"body": [reason]}


@dataclass(slots=True)
class Batch:
    """One message: its fields without the documents, and what its answer will say."""

    head: dict[str, Any]
    documents: list[Document] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    position: int = 0

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be appended."""
        return bool(self.head.get("dry_run"))

    def answer(self, service: str) -> dict[str, Any]:
        """The message's answer, once its documents are decided."""
        outcomes = Counter(document.outcome for document in self.documents)
        return {
            "run": self.head["run"],
            "batch": self.head["batch"],
            "service": service,
            "changed": outcomes["changed"],
            "unchanged": outcomes["unchanged"],
            "stale": outcomes["stale"],
            "refused": self.refused
            + [
                {"company": one.company, "kind": one.kind.kind, "key": one.key, "errors": one.errors}
                for one in self.documents
                if one.outcome == "refused"
            ],
            "position": self.position,
        }


def code_fault(code: str, longest: int = LONGEST_CODE) -> str:
    """What is wrong with a code that is to name something; "" when nothing is."""
    if code == ALL_COMPANIES:
        return f"“{ALL_COMPANIES}” stands for all companies in Portico and cannot be a code."
    if not code or len(code) > longest or not code.isprintable():
        return f"A code has 1 to {longest} printable characters."
    return ""


def _check_code(field: str, code: str, longest: int) -> None:
    fault = code_fault(code, longest)
    if fault:
        raise ValidationError({field: [fault]})


def read_batch(service: str, kinds: Mapping[str, IngestKind], body: bytes) -> Batch:
    """The message's documents, validated; raises ValueError, TypeError or KeyError when it is no such message."""
    head = loads(body)
    documents = head.pop("documents")
    batch = Batch(head)
    for name in ("run", "batch", "connection", "correlation_id"):
        head[name]
    for ordinal, given in enumerate(documents):
        company, kind, key = str(given["company"]), given["kind"], str(given["key"])
        known = kinds.get(kind)
        try:
            if known is None:
                raise ValidationError({"kind": [f"{service} takes no documents of the kind {kind}."]})
            _check_code("key", key, known.longest_key)
            if known.for_company or company:
                _check_code("company", company, LONGEST_CODE)
            doc = known.schema.load(given["body"])
        except ValidationError as error:
            errors = cast(Any, error).normalized_messages()
            batch.refused.append({"company": company, "kind": kind, "key": key, "errors": errors})
            continue
        doc["key"] = key
        batch.documents.append(Document(batch, ordinal, company, known, key, str(given["stamp"]), doc))
    return batch
