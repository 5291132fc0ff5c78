"""How code is written. Each rule takes the root of a tree and gives the faults it finds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import files, name, tree

FILE_LINES = 400
FUNCTION_LINES = 60
LONG_FILES: dict[str, str] = {"tests/gateway/isolation/table.py": "one table: a row a route and a command"}
"""Path → why it may be longer."""
LONG_FUNCTIONS: dict[str, str] = {}
"""`path:function` → why it may be longer."""
WAITS = {
    "tests/support/waiting.py": "the one place where tests wait, for a condition",
    "tests/support/rabbit.py": "RabbitMQ does not tell when a new quorum queue would survive a kill",
    "tests/service/chassis_bus/toys.py": "a service that is slow on purpose",
    "tests/unit/identity/test_change_password.py": "gives turns to the loop while a password is hashed",
}
"""Path → why it may sleep."""
PRINTS = {
    "tests/chaos/test_storm.py": "the seed, by which a failed run can be repeated",
    "tests/chaos/soak.py": "a command",
}
"""Path → why it may print."""
_CODE = ("chassis", "services", "gateway", "portico", "localstore", "deploy")
_SUFFIXES = (".py", ".html", ".js", ".css", ".md", ".yaml", ".yml", ".toml", ".txt", ".in", ".sh", ".conf")
# A folder of the machine someone worked on: never right on another one.
_MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|Users|home/[a-z]\w*)/")
_NAMED = re.compile(r"`((?:chassis|deploy|docs|gateway|localstore|portico|requirements|services|tests)/[\w./-]+)`")
_LINKED = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def files_are_short(root: Path) -> Iterator[str]:
    """No file of code, template, script or style is longer than 400 lines."""
    for suffix in (".py", ".html", ".js", ".css"):
        for path in files(root, suffix=suffix):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > FILE_LINES and name(path, root) not in LONG_FILES:
                yield f"{name(path, root)} has {lines} lines"


def functions_are_short(root: Path) -> Iterator[str]:
    """No function is longer than 60 lines."""
    for path in files(root):
        for node in ast.walk(tree(path)):
            if isinstance(node, _Function) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                where = f"{name(path, root)}:{node.name}"
                if lines > FUNCTION_LINES and where not in LONG_FUNCTIONS:
                    yield f"{where} has {lines} lines"


def nobody_prints_or_sleeps(root: Path) -> Iterator[str]:
    """Services log, tests assert and wait for conditions: neither prints nor sleeps."""
    for path in files(root, "services", "tests"):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called == "print" and name(path, root) not in PRINTS:
                yield f"{name(path, root)}:{node.lineno} prints"
            if called.rpartition(".")[2] == "sleep" and name(path, root) not in WAITS:
                yield f"{name(path, root)}:{node.lineno} sleeps"


def no_file_names_a_machine(root: Path) -> Iterator[str]:
    """No text names a folder of somebody's machine."""
    for suffix in _SUFFIXES:
        for path in files(root, suffix=suffix):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if _MACHINE_PATH.search(line):
                    yield f"{name(path, root)}:{number} names {line.strip()[:80]}"


def documents_name_files_that_exist(root: Path) -> Iterator[str]:
    """A file or folder that a document names, or links to, is there."""
    for path in files(root, suffix=".md"):
        text = path.read_text(encoding="utf-8")
        for named in _NAMED.findall(text):
            if not (root / named).exists():
                yield f"{name(path, root)} names {named}"
        for target in _LINKED.findall(text):
            if not (path.parent / target).exists():
                yield f"{name(path, root)} links to {target}"


def public_things_say_what_they_are(root: Path) -> Iterator[str]:
    """Every module, public class and public function of ours has a docstring."""
    for path in files(root, *_CODE):
        if "migrations" in path.parts and "versions" in path.parts:
            continue
        module = tree(path)
        if module.body and ast.get_docstring(module) is None:
            yield f"{name(path, root)} has no docstring"
        yield from (f"{name(path, root)}:{line} {what} has no docstring" for line, what in _silent(module, ""))


def _silent(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[int, str]]:
    for child in node.body:
        if not isinstance(child, _Function | ast.ClassDef) or child.name.startswith("_"):
            continue
        overloaded = any(ast.unparse(one).endswith(("overload", ".setter")) for one in child.decorator_list)
        if ast.get_docstring(child) is None and not overloaded:
            yield child.lineno, prefix + child.name
        if isinstance(child, ast.ClassDef):
            yield from _silent(child, f"{prefix}{child.name}.")


STYLE_RULES = (
    files_are_short,
    functions_are_short,
    nobody_prints_or_sleeps,
    no_file_names_a_machine,
    documents_name_files_that_exist,
    public_things_say_what_they_are,
)
