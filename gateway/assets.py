"""Style sheets, script and icons, served from memory under names that carry their hash, so browsers keep them for ever.

Bootstrap and its icons come out of the Bootstrap-Flask package. Its extension is not used: it would add routes, inline
styles and a sprite of a megabyte; ours holds only the icons that templates and pages name.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from markupsafe import Markup

_HERE = Path(__file__).parent
PREFIX = "/assets/"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_DARK_RULE = re.compile(r"([^{}]*\[data-bs-theme=dark\][^{}]*)\{([^{}]*)\}")
_QUOTED = re.compile(r"""["']([a-z0-9-]+)["']""")
_SYMBOL = re.compile(r'<symbol[^>]*viewBox="([^"]+)"[^>]*id="([a-z0-9-]+)"[^>]*>(.*?)</symbol>', re.S)

# Left and right as start and end: of boxes, of text, of corners; and of the shorthand top, right, bottom, left.
_LOGICAL = (
    (re.compile(r"(?<=[{;])(margin|padding|border)-left(?=[:-])"), r"\1-inline-start"),
    (re.compile(r"(?<=[{;])(margin|padding|border)-right(?=[:-])"), r"\1-inline-end"),
    (re.compile(r"(?<=[{;])border-(top|bottom)-left-radius:"), r"border-\1-START-radius:"),
    (re.compile(r"(?<=[{;])border-(top|bottom)-right-radius:"), r"border-\1-END-radius:"),
    (re.compile(r"border-top-(START|END)-radius"), r"border-start-\1-radius"),
    (re.compile(r"border-bottom-(START|END)-radius"), r"border-end-\1-radius"),
    (re.compile(r"(?<=-)START(?=-radius)"), "start"),
    (re.compile(r"(?<=-)END(?=-radius)"), "end"),
    (re.compile(r"(?<=[{;])left:"), "inset-inline-start:"),
    (re.compile(r"(?<=[{;])right:"), "inset-inline-end:"),
    (re.compile(r"(text-align|float):left"), r"\1:inline-start"),
    (re.compile(r"(text-align|float):right"), r"\1:inline-end"),
    (re.compile(r"text-align:inline-"), "text-align:"),
    (
        re.compile(r"(?<=[{;])(padding|margin):([\d.a-z-]+) ([\d.a-z-]+) ([\d.a-z-]+) ([\d.a-z-]+)(?=[;}])"),
        r"\1-block:\2 \4;\1-inline:\5 \3",
    ),
)

# Icons that point somewhere along the line of writing; in the other direction they are turned round.
_POINTS = re.compile(r"(chevron|arrow|caret)\b.*-(left|right)|arrow-(up|down)-(left|right)|^box-arrow|^reply")

_Start = Callable[..., Any]


def _package_file(name: str) -> str:
    spec = find_spec("flask_bootstrap")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("Bootstrap-Flask is not installed: run `make up` again")
    return (Path(spec.origin).parent / "static" / "bootstrap5" / name).read_text()


def follow_system(css: str) -> str:
    """The style sheet, and its dark rules once more for `data-bs-theme=auto` where the system asks for dark."""
    rules = []
    for selectors, body in _DARK_RULE.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.S)):
        dark = [one.strip() for one in selectors.split(",") if "[data-bs-theme=dark]" in one]
        rules.append(",".join(dark).replace("[data-bs-theme=dark]", "[data-bs-theme=auto]") + "{" + body + "}")
    return f"{css}\n@media (prefers-color-scheme:dark){{{''.join(rules)}}}\n"


def logical(css: str) -> str:
    """A minified style sheet with start and end in the place of left and right: one for both ways of writing.

    Backgrounds and transforms have no such words; portico.css turns those that are used.
    """
    for pattern, instead in _LOGICAL:
        css = pattern.sub(instead, css)
    return css


def words_used() -> set[str]:
    """Every quoted word in templates and code: those that name an icon may be one."""
    files = [*_HERE.glob("templates/**/*.html"), *_HERE.glob("**/*.py")]
    return {word for file in files for word in _QUOTED.findall(file.read_text())}


def sprite(words: set[str]) -> str:
    """One SVG with a symbol for each icon of the package that is among the words."""
    found = _SYMBOL.findall(_package_file("icons/bootstrap-icons.svg"))
    symbols = "".join(
        f'<symbol id="{name}" viewBox="{box}">{body.strip()}</symbol>' for box, name, body in found if name in words
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" fill="currentColor">{symbols}</svg>'


@cache
def _files() -> dict[str, bytes]:
    texts = {file.name: file.read_text() for file in (_HERE / "static").iterdir() if file.suffix in _TYPES}
    texts = {name: follow_system(text) if name.endswith(".css") else text for name, text in texts.items()}
    texts["bootstrap.css"] = follow_system(logical(re.sub(r"/\*#.*?\*/", "", _package_file("css/bootstrap.min.css"))))
    texts["icons.svg"] = sprite(words_used())
    return {name: text.encode() for name, text in texts.items()}


@cache
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


class Assets:
    """The files by name, and the WSGI layer that answers for them before the application is asked."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[bytes, list[tuple[str, str]]]] = {}
        self._packed: dict[str, tuple[bytes, list[tuple[str, str]]]] = {}
        self._urls: dict[str, str] = {}
        self._icons: dict[str, Markup] = {}
        for name, body in _files().items():
            self._add(name, body)

    def _add(self, name: str, body: bytes) -> None:
        url = f"{PREFIX}{hashlib.sha256(body).hexdigest()[:12]}/{name}"
        headers = [
            ("Content-Type", _TYPES[Path(name).suffix]),
            ("Cache-Control", "public, max-age=31536000, immutable"),
            ("X-Content-Type-Options", "nosniff"),
            ("Vary", "Accept-Encoding"),
        ]
        packed = _gzipped(body)
        self._urls[name] = url
        self._answers[url] = body, [*headers, ("Content-Length", str(len(body)))]
        self._packed[url] = packed, [*headers, ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))]

    def url(self, name: str) -> str:
        """The address of a file, which changes whenever its content does."""
        return self._urls[name]

    def icon(self, name: str) -> Markup:
        """An icon beside a text that says the same; screen readers pass over it."""
        found = self._icons.get(name)
        if found is None:
            href = f"{self._urls['icons.svg']}#{name}"
            found = self._icons[name] = Markup('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>').format(
                "icon icon-points" if _POINTS.search(name) else "icon", href
            )
        return found

    def wrap(self, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """The application, with these files answered before it."""

        def answer(environ: dict[str, Any], start_response: _Start) -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            if not path.startswith(PREFIX):
                return application(environ, start_response)
            packed = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
            found = (self._packed if packed else self._answers).get(path)
            if found is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "10")])
                return [b"Not found\n"]
            start_response("200 OK", found[1])
            return [found[0] if environ["REQUEST_METHOD"] == "GET" else b""]

        return answer
