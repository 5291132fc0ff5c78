"""Every text for people that stands in the code: the gateway's, its templates', and what services refuse with.

The gateway marks its texts (`_`, `_l`, `ngettext`, `pgettext`). Services write theirs in English, without marks:
whatever looks like a sentence there is taken; one with names in it has to be a `chassis.sentences.sentence(…)`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS: dict[str, Any] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "sentence": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "_p": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
COMMENT = "Translators:"
_JINJA = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
_OPERATORS = (
    # Read by whoever runs the portal, on a terminal or in the ERP's error files, in English.
    "services/erp_sync/",
    "services/identity/mails/",
    "services/identity/single_sign_on/settings.py",
    "services/identity/wrapping.py",
    "services/identity/vault.py",
)
_SPOKEN = (
    "chassis/rpc.py",
    "chassis/dispatch.py",
    "chassis/repository.py",
    "services/identity/mails/texts.py",
    "services/identity/mails/outbox.py",
    "services/identity/mails/sending.py",
)
_NOT_SAID = frozenset({"BadSetting", "Problem", "TypeError", "ValueError", "RuntimeError", "AssertionError"})
_SENTENCE = re.compile(r"(?!SELECT |UPDATE |DELETE |INSERT |AND |X = )[A-Z“%{].* .*[.?]\Z", re.S)


def texts() -> Catalog:
    """All of them, without translations, in the order of files and lines."""
    found = Catalog(project="Portico", charset="utf-8")
    for path, line, message, comments, context in _all():
        found.add(message, None, [(path, line)], auto_comments=comments, context=context)
    return found


def _all() -> Iterator[tuple[str, int, Any, list[str], str | None]]:
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        yield from _marked(path, "python")
        yield from _sentences(path)
    for path in templates():
        yield from _marked(path, "jinja2")
    yield from _marked(ROOT / "chassis/sentences.py", "python")
    for path in spoken():
        yield from _sentences(path)


def templates() -> list[Path]:
    """All but the one that shows those who work on pages how things look."""
    return [path for path in sorted((ROOT / "gateway/templates").rglob("*.html")) if path.parent.name != "style"]


def spoken() -> list[Path]:
    """The files of services and chassis whose sentences people read."""
    files = [path for path in sorted((ROOT / "services").rglob("*.py")) if not _name(path).startswith(_OPERATORS)]
    return files + [ROOT / name for name in _SPOKEN]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _marked(path: Path, method: str) -> Iterator[tuple[str, int, Any, list[str], str | None]]:
    options = _JINJA if method == "jinja2" else None
    found = extract_from_file(method, path, KEYWORDS, (COMMENT,), options, strip_comment_tags=True)
    for line, message, comments, context in found:
        yield _name(path), line, message, comments, context


def _sentences(path: Path) -> Iterator[tuple[str, int, Any, list[str], str | None]]:
    tree = ast.parse(path.read_text())
    quiet = {id(node) for node in _quiet(tree)}
    for node in ast.walk(tree):
        if id(node) in quiet:
            continue
        if isinstance(node, ast.Call) and _called(node) == "sentence" and isinstance(node.args[0], ast.Constant):
            yield _name(path), node.lineno, node.args[0].value, [], None
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _SENTENCE.match(node.value):
            yield _name(path), node.lineno, node.value, [], None


def loose(path: Path) -> list[str]:
    """Sentences with names in them that are no `sentence(…)`: they could be said in English only."""
    tree = ast.parse(path.read_text())
    quiet = {id(node) for node in _quiet(tree)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in quiet:
            text = "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)  # type: ignore[misc]
            if _SENTENCE.match(text):
                found.append(f"{_name(path)}:{node.lineno}: {text}")
    return found


def _quiet(tree: ast.AST) -> Iterator[ast.AST]:
    """What nobody reads on a page: docstrings, faults of settings and of the program itself, the log."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.Call):
            name = _called(node)
            if name in _NOT_SAID or _is_log(node.func):
                yield from ast.walk(node)
            elif name in KEYWORDS:
                # The marked text itself was taken with its mark.
                yield from node.args


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _is_log(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "_log"
