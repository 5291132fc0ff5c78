"""Reading a source tree without importing it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_SKIPPED = {".git", ".venv", "var", "build", "__pycache__", "node_modules", "test-results"}


class Import(NamedTuple):
    """A module that a file imports, absolute, with the line."""

    module: str
    line: int


def files(root: Path, *folders: str, suffix: str = ".py") -> Iterator[Path]:
    """The files below these folders of the tree (all of it when none is named), in order."""
    for folder in folders or (".",):
        for where, names, found in os.walk(root / folder):
            names[:] = sorted(n for n in names if n not in _SKIPPED and not n.endswith((".egg-info", "_cache")))
            yield from (Path(where) / name for name in sorted(found) if name.endswith(suffix))


def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path, root: Path) -> str:
    """The path as messages show it."""
    return path.relative_to(root).as_posix()


def imports(path: Path, root: Path) -> Iterator[Import]:
    """Everything the file imports, inside functions and for type checking too.

    `from services.cases import contract` gives `services.cases.contract`: what is named may be a module.
    """
    package = list(path.relative_to(root).with_suffix("").parts[:-1])
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(f"{module}.{alias.name}", node.lineno)


def within(module: str, *packages: str) -> bool:
    """Whether the module is one of these or below one."""
    return any(module == package or module.startswith(package + ".") for package in packages)
