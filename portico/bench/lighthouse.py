"""What Lighthouse says of home and of a report: accessibility, performance and good practice, out of 100.

Lighthouse comes by npm, at the version and with the hashes of deploy/local/lighthouse/package-lock.json, into a folder
under `var` that is kept. It looks with Debian's Chromium, as a phone of the middle class and as a desktop.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local import demo
from deploy.local.problem import Problem
from portico.bench.bed import Bed
from portico.bench.table import Row

_LOCK = Path(__file__).resolve().parents[2] / "deploy/local/lighthouse"
_CHROMIUM = "/usr/bin/chromium"
_GOALS = {"accessibility": 100, "performance": 95, "best-practices": 95}
_PAGES = {"home": "/", "invoices": "/invoices?status=open&sort=-total"}
_DEVICES: dict[str, tuple[str, ...]] = {"desktop": ("--preset=desktop",), "phone": ()}
_ROUNDS = 3
_TRIES = 4
_NOT_RECORDED = "Something went wrong with recording the trace"
"""Lighthouse's words where the browser's trace lacks the start of the load: two of 30 looks.
They say nothing of the page, and ask to be run again."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """How Lighthouse is called for somebody who is signed in."""

    program: Path
    headers: Path
    report: Path


def lighthouse_rows(bed: Bed) -> list[Row]:
    """A row for each page and device: the three scores, the middle of three looks each."""
    program = _installed(bed.var.parent / "lighthouse")
    email, password = next((email, password) for role, email, password in demo.LOGINS if role == "buyer")
    headers = bed.var / "lighthouse-headers.json"
    headers.touch(mode=0o600)
    headers.write_text(json.dumps({"Cookie": bed.browser(email, password).cookie}))
    visit = _Visit(program, headers, bed.var / "lighthouse.json")
    return [
        _row(f"Lighthouse, {page} on a {device}", [_scores(visit, bed.url + path, options) for _ in range(_ROUNDS)])
        for page, path in _PAGES.items()
        for device, options in _DEVICES.items()
    ]


def _row(what: str, looks: list[dict[str, int]]) -> Row:
    scores = {name: sorted(look[name] for look in looks)[_ROUNDS // 2] for name in _GOALS}
    return Row(
        what,
        ", ".join(f"{name} {score}" for name, score in scores.items()),
        goal=", ".join(f"{name} ≥ {goal}" for name, goal in _GOALS.items()),
        met=all(scores[name] >= goal for name, goal in _GOALS.items()),
    )


def _scores(visit: _Visit, url: str, options: tuple[str, ...]) -> dict[str, int]:
    command = [str(visit.program), url, "--quiet", "--output=json", f"--output-path={visit.report}", *options]
    command += [f"--only-categories={','.join(_GOALS)}", f"--extra-headers={visit.headers}"]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
    environment = {**os.environ, "CHROME_PATH": _CHROMIUM}
    for _ in range(_TRIES):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if _NOT_RECORDED not in done.stderr:
            break
    if done.returncode:
        raise RuntimeError(f"Lighthouse could not look at {url}: {done.stderr[-2000:]}")
    found = json.loads(visit.report.read_text())
    if found["finalDisplayedUrl"] != url:
        raise RuntimeError(f"Lighthouse was led to {found['finalDisplayedUrl']} instead of {url}")
    return {name: round(found["categories"][name]["score"] * 100) for name in _GOALS}


def _installed(folder: Path) -> Path:
    """The program, installed at the locked version where it is not yet."""
    for needed in ("node", "npm", _CHROMIUM):
        if shutil.which(needed) is None:
            raise Problem(f"Lighthouse needs {needed}.", "Install the packages nodejs, npm and chromium.")
    program = folder / "node_modules/.bin/lighthouse"
    lock = folder / "package-lock.json"
    wanted = (_LOCK / "package-lock.json").read_bytes()
    if not program.exists() or lock.read_bytes() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copyfile(_LOCK / file, folder / file)
        done = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Problem("npm could not install Lighthouse.", done.stderr[:2000])
    return program
