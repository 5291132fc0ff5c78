#!/usr/bin/env python3
"""Makes `.venv` from the locked, hashed requirements, and keeps it whole. Standard library only.

    python3 deploy/local/bootstrap.py           what a running Portico needs
    python3 deploy/local/bootstrap.py --test    also the libraries of `make test` and `make lint`
    … --parts                                   also the system parts that the tests run against

A stamp in `.venv`, written last, holds the hashes of what was installed. No stamp, another folder, another Python or
a missing file means that it is not whole: it is made anew. Only a changed lock is installed over what is there.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (3, 11)
STAMP = "portico-stamp.json"
LOCKS = {"run": "requirements/run.txt", "test": "requirements/test.txt"}

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from deploy.local.problem import Problem, from_os_error  # noqa: E402


def main(arguments: list[str]) -> int:
    """The exit code: 0 when `.venv` is whole, else 1 with the reason on stderr."""
    try:
        _use_new_enough_python()
        ensure(ROOT, "test" if "--test" in arguments else "run")
        if "--parts" in arguments:
            from deploy.local.test_parts import ensure_test_parts

            ensure_test_parts(os.environ)
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again: it goes on from here.", file=sys.stderr)
        return 130
    except OSError as error:
        told = from_os_error(error)
        if told is None:
            raise
        print(f"\n{told.what}", file=sys.stderr)
        return 1
    return 0


def ensure(root: Path, level: str) -> None:
    """Make `root/.venv` hold the lock of `level` ("run" or "test") and the project itself."""
    venv = root / ".venv"
    with _one_at_a_time(root):
        reason = broken(root)
        if reason is None and not outdated(root, level):
            return
        if reason is not None:
            print(f"Making {venv} ({reason}) …", flush=True)
            _create(venv)
            stamp: dict[str, str] = {}
        else:
            stamp = read_stamp(venv)
            print(f"Bringing {venv} up to date …", flush=True)
            (venv / STAMP).unlink()
        wanted = wanted_stamp(root)
        if stamp.get(level) != wanted[level]:
            _pip(venv, "install", "--require-hashes", "-r", str(root / LOCKS[level]))
            if level == "test":
                stamp["run"] = wanted["run"]
            else:
                stamp.pop("test", None)
        _pip(venv, "install", "--no-deps", "--no-build-isolation", "-e", str(root))
        stamp[level] = wanted[level]
        _write_stamp(venv, {**wanted, "run": stamp["run"], "test": stamp.get("test", "")})


def broken(root: Path) -> str | None:
    """Why `root/.venv` has to be made anew, or None when it is whole (perhaps with an older lock)."""
    venv = root / ".venv"
    if not venv.exists():
        return "first time"
    stamp = read_stamp(venv)
    if not stamp:
        return "the one there is half installed"
    if stamp["root"] != str(root):
        return "the folder has moved"
    version = python_version(venv)
    if version is None:
        return "its Python no longer runs"
    if version != stamp["python"]:
        return f"its Python is now {version}, was {stamp['python']}"
    missing = missing_file(venv)
    return f"{missing} is missing" if missing else None


def outdated(root: Path, level: str) -> bool:
    """Whether a whole `.venv` has another lock, or other project settings, than the tree."""
    stamp, wanted = read_stamp(root / ".venv"), wanted_stamp(root)
    return any(stamp.get(key) != wanted[key] for key in (level, "project"))


def wanted_stamp(root: Path) -> dict[str, str]:
    """What the stamp of an up-to-date `.venv` says: hashes of the locks and of the project's settings."""
    hashes = {level: _hash(root / lock) for level, lock in LOCKS.items()}
    version = python_version(root / ".venv") or ""
    return {"root": str(root), "python": version, "project": _hash_of_project(root), **hashes}


def read_stamp(venv: Path) -> dict[str, str]:
    """The stamp, or an empty one when there is none that can be read."""
    try:
        stamp = json.loads((venv / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and {"root", "python", "run"} <= stamp.keys() else {}


def python_version(venv: Path) -> str | None:
    """The version the venv's interpreter runs as, "3.11.2"; None when it does not run."""
    code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    try:
        told = subprocess.run([venv / "bin/python", "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return told.stdout.strip() if told.returncode == 0 else None


def missing_file(venv: Path) -> str | None:
    """A file some installed package lists as its own and that is not there, or None."""
    for site in venv.glob("lib/python3.*/site-packages"):
        for info in site.glob("*.dist-info"):
            try:
                rows = list(csv.reader((info / "RECORD").read_text().splitlines()))
            except OSError:
                return str(info / "RECORD")
            for name, *_ in rows:
                if not name.endswith(".pyc") and not os.path.exists(os.path.join(site, name)):
                    return str(site / name)
    return None


def _create(venv: Path) -> None:
    if venv.exists() or venv.is_symlink():
        try:
            venv.unlink() if venv.is_symlink() else shutil.rmtree(venv)
        except OSError as error:
            raise Problem(f"Cannot remove the broken {venv}: {error}", f"Type:  sudo rm -rf {venv}") from error
    for attempt in (1, 2):
        made = subprocess.run([sys.executable, "-m", "venv", str(venv)], capture_output=True, text=True)
        if made.returncode == 0:
            return
        shutil.rmtree(venv, ignore_errors=True)
        output = (made.stdout + made.stderr).strip()
        if attempt == 2 or "ensurepip" not in output:
            raise Problem(f"{sys.executable} -m venv failed:\n{output}")
        from deploy.local.system_packages import install

        major, minor = sys.version_info[:2]
        install([f"python{major}.{minor}-venv"], "making a virtual environment")


def _pip(venv: Path, *arguments: str) -> None:
    """Run the venv's pip with one line of progress. Raises Problem with pip's last words."""
    command = [str(venv / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    environment = {k: v for k, v in os.environ.items() if k not in ("PIP_USER", "PYTHONPATH", "PYTHONHOME")}
    lines: list[str] = []
    started = time.monotonic()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line.rstrip())
            _show(line.strip(), time.monotonic() - started)
    _show("", 0)
    if pip.returncode != 0:
        last = "\n".join("  " + line for line in lines[-12:])
        raise Problem(f"pip could not install what Portico needs:\n{last}", _advice("\n".join(lines)))


def _advice(output: str) -> str:
    if "No space left" in output:
        return "The disk is full: free some space, then run the same command again."
    if "do not match the hashes" in output.lower():
        return "A package differs from the locked one. Do not go on; ask who changed requirements/."
    if "No matching distribution" in output or "Failed building wheel" in output or "metadata-generation" in output:
        return (
            f"Perhaps there is no ready package for Python {sys.version.split()[0]} on this machine yet: "
            "try  make PYTHON=python3.11 up"
        )
    return "Is the network there? Run the same command again: what was downloaded is kept."


def _show(text: str, seconds: float) -> None:
    """One changing line on a terminal, nothing elsewhere."""
    if sys.stdout.isatty():
        shown = f"  {seconds:4.0f} s  {text}" if text else ""
        print("\r\033[K" + shown[: shutil.get_terminal_size().columns - 1], end="", flush=True)


def _use_new_enough_python() -> None:
    """Go on under a newer Python of this machine when this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])
    raise Problem(
        f"Portico needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.",
        "Install one, or name it:  make PYTHON=/path/to/python3.11 up",
    )


@contextlib.contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Two `make up` in one tree: the second waits until the first has made `.venv`."""
    with open(root / "pyproject.toml") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write_stamp(venv: Path, stamp: dict[str, str]) -> None:
    half = venv / (STAMP + ".half")
    half.write_text(json.dumps(stamp, indent=1))
    half.replace(venv / STAMP)


def _hash_of_project(root: Path) -> str:
    """Of what an installation depends on; the settings of ruff, mypy and pytest are not part of it."""
    import tomllib

    settings = tomllib.loads((root / "pyproject.toml").read_text())
    installed = [settings.get("build-system"), settings.get("project"), settings.get("tool", {}).get("setuptools")]
    return hashlib.sha256(json.dumps(installed, sort_keys=True).encode()).hexdigest()


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
