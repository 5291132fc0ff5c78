"""Jinja for the pages asked for most: a template is compiled once a language, its fixed texts already translated."""

from __future__ import annotations

from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup
from markupsafe import _escape_inner as _escape_text
from markupsafe import escape as markup_escape

from gateway.texts import LOCALE, gettext

_NAMES = ("_", "gettext")


class _FixedTexts(NodeTransformer):
    """Puts the reader's own text in the place of `_('…')`: what a look-up would give every time."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """A call of the catalogue with nothing but a text in it; any other stays as it is."""
        self.generic_visit(node)
        rest = node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) != 1
        text = None if rest else node.args[0]
        if not (isinstance(text, nodes.Const) and isinstance(node.node, nodes.Name) and node.node.name in _NAMES):
            return node
        # As Jinja's own newstyle gettext has it: markup, in which "%%" stands for "%".
        return nodes.Const(Markup(gettext(text.value) % {}), lineno=node.lineno, environment=node.environment)


def escape(value: Any) -> str:
    """What a template puts out; a plain text is not made markup first, for all it does is become part of the page."""
    return _escape_text(value) if type(value) is str else markup_escape(value)


class Templates(Environment):
    """Looks a template up once for each language. Globals are the environment's, and do not change."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "cache_size": 0})  # Jinja's own cache does not know of languages.
        self._ready: dict[tuple[str, Any], Template] = {}

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:
        """The compiled template."""
        key = LOCALE.get(), name
        found = self._ready.get(key) if globals is None else None
        if found is None:
            found = super().get_template(name, parent, globals)
            if globals is None:
                self._ready[key] = found
        return found

    def make_globals(self, d: Any) -> Any:
        """The environment's own: every rendering copies them, and Jinja's chain of mappings is slow at that."""
        return super().make_globals(d) if d else self.globals

    def _generate(self, source: nodes.Template, *args: Any, **options: Any) -> str:
        imports, line, rest = super()._generate(_FixedTexts().visit(source), *args, **options).partition("\n")
        # On the line of Jinja's own imports: what errors say about lines stays right.
        return f"{imports}; from gateway.templating import escape{line}{rest}"
