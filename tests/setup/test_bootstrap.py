"""`.venv` is made from locked hashes, kept when whole, and made anew when it is not. A real venv and a real pip, over
a project and a lock of one small wheel each, so that no network is needed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.local import bootstrap
from tests.support.waiting import wait_until

BACKEND = """
import zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "tried-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("tried.py", "")
        wheel.writestr("tried-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tried\\nVersion: 1\\n")
        wheel.writestr("tried-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tried-1.dist-info/RECORD", "tried.py,,\\ntried-1.dist-info/METADATA,,\\n")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tried"
version = "1"
"""


class Tree:
    """A small project that the bootstrap script is run in, as a person does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        local = root / "deploy/local"
        local.mkdir(parents=True)
        source = Path(bootstrap.__file__).parent
        for name in ("bootstrap.py", "problem.py", "system_packages.py"):
            shutil.copy(source / name, local)
        (root / "backend.py").write_text(BACKEND)
        (root / "pyproject.toml").write_text(PROJECT)
        (root / "requirements").mkdir()
        self.lock("1")
        (root / "requirements/test.txt").write_text("")

    def lock(self, version: str, spoil_hash: bool = False) -> None:
        """Lock a wheel of that version, whose one module says it."""
        wheel = self.root / f"locked-{version}-py3-none-any.whl"
        info = f"locked-{version}.dist-info"
        with zipfile.ZipFile(wheel, "w") as file:
            file.writestr("locked.py", f"said = {version!r}\n")
            file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: locked\nVersion: {version}\n")
            file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            file.writestr(f"{info}/RECORD", f"locked.py,,\n{info}/METADATA,,\n")
        digest = "0" * 64 if spoil_hash else hashlib.sha256(wheel.read_bytes()).hexdigest()
        (self.root / "requirements/run.txt").write_text(f"locked @ file://{wheel} --hash=sha256:{digest}\n")

    def command(self) -> list[str]:
        return [sys.executable, str(self.root / "deploy/local/bootstrap.py")]

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(), capture_output=True, text=True)

    def says(self) -> str:
        """What the installed module says, under the venv's own Python."""
        code = "import locked, tried; print(locked.said)"
        done = subprocess.run([self.root / ".venv/bin/python", "-c", code], capture_output=True, text=True)
        return done.stdout.strip()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = Tree(tmp_path_factory.mktemp("tree"))
    done = tree.run()
    assert done.returncode == 0, done.stdout + done.stderr
    return tree


def test_what_is_locked_and_the_project_are_installed(tree: Tree) -> None:
    tree.run()
    assert tree.says() == "1"


def test_a_whole_venv_is_left_alone(tree: Tree) -> None:
    tree.run()
    stamp = tree.root / ".venv" / bootstrap.STAMP
    before = stamp.stat().st_mtime_ns
    assert tree.run().stdout == ""
    assert stamp.stat().st_mtime_ns == before


def test_a_venv_without_its_stamp_is_made_anew(tree: Tree) -> None:
    (tree.root / ".venv" / bootstrap.STAMP).unlink()
    assert "half installed" in tree.run().stdout
    assert tree.says() == "1"


def test_a_missing_file_of_a_package_is_noticed(tree: Tree) -> None:
    next(tree.root.glob(".venv/lib/*/site-packages/locked.py")).unlink()
    assert "locked.py is missing" in tree.run().stdout
    assert tree.says() == "1"


def test_a_python_that_is_gone_is_noticed(tree: Tree) -> None:
    python = tree.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nonexistent/python3")
    assert "no longer runs" in tree.run().stdout
    assert tree.says() == "1"


def test_a_changed_lock_is_installed_over_what_is_there(tree: Tree) -> None:
    keep = tree.root / ".venv/keep"
    keep.touch()
    tree.lock("2")
    assert "up to date" in tree.run().stdout
    assert tree.says() == "2"
    assert keep.exists()
    tree.lock("1")
    tree.run()


def test_a_package_that_is_not_the_locked_one_is_refused_and_the_next_run_recovers(tree: Tree) -> None:
    tree.lock("3", spoil_hash=True)
    refused = tree.run()
    assert refused.returncode == 1
    assert "Do not go on" in refused.stderr
    tree.lock("1")
    assert tree.run().returncode == 0
    assert tree.says() == "1"


def test_a_run_killed_half_way_is_made_good_by_the_next(tree: Tree) -> None:
    shutil.rmtree(tree.root / ".venv")
    with subprocess.Popen(tree.command(), stdout=subprocess.DEVNULL) as killed:
        wait_until((tree.root / ".venv/bin/python").exists, 30, "the venv begun")
        killed.kill()
    done = tree.run()
    assert "half installed" in done.stdout
    assert tree.says() == "1"


def test_a_moved_folder_is_noticed(tree: Tree) -> None:
    stamp = json.loads((tree.root / ".venv" / bootstrap.STAMP).read_text())
    (tree.root / ".venv" / bootstrap.STAMP).write_text(json.dumps({**stamp, "root": "/elsewhere"}))
    assert bootstrap.broken(tree.root) == "the folder has moved"
    (tree.root / ".venv" / bootstrap.STAMP).write_text(json.dumps(stamp))
