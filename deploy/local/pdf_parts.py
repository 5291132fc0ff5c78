"""What making PDFs needs of the system: Pango, and fonts for every language. Without it all else works.

Standard library only.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from deploy.local import system_packages
from deploy.local.problem import Problem

LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
FONT = "fonts-dejavu-core"
"""A package whose fonts have Arabic letters besides Latin, Greek and Cyrillic ones."""


def missing() -> list[str]:
    """The packages that are to be installed; none when PDFs can be made, in every language."""
    packages = [package for package, library in LIBRARIES.items() if not _loads(library)]
    return packages if _has_arabic() else [*packages, FONT]


def ensure(warn: Callable[[str], None]) -> None:
    """Install what is missing where that asks nobody for a password; else say what to type, and go on."""
    packages = missing()
    if not packages:
        return
    try:
        if system_packages.as_root() not in ([], ["sudo", "-n"]):
            raise Problem("installing takes root", "")
        system_packages.install(packages, "PDFs")
    except Problem as problem:
        warn(f"There will be no PDFs, or none in Arabic: {problem.what}.\n{by_hand(packages)}\nAll else works without.")


def by_hand(packages: list[str]) -> str:
    """What to type."""
    return f"Type:  sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_arabic() -> bool:
    """Whether fontconfig, which comes with Pango, knows a font with Arabic letters."""
    try:
        fontconfig = ctypes.CDLL("libfontconfig.so.1")
    except OSError:
        return False
    for name in ("FcNameParse", "FcObjectSetBuild", "FcFontList"):
        getattr(fontconfig, name).restype = ctypes.c_void_p
    pattern = ctypes.c_void_p(fontconfig.FcNameParse(b":lang=ar"))
    names = ctypes.c_void_p(fontconfig.FcObjectSetBuild(b"family", None))
    found = fontconfig.FcFontList(None, pattern, names)
    return bool(found) and ctypes.cast(found, ctypes.POINTER(ctypes.c_int))[0] > 0
