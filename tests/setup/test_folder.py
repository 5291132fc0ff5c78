"""A data folder that cannot be used is refused in a sentence that says what to do."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.problem import Problem, from_os_error
from deploy.local.stack import prepare_folder


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "var")
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "var/run").is_dir()


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(Problem, match="is a file, not a folder"):
        prepare_folder(tmp_path / "f/v")


def test_a_folder_the_system_does_not_let_anyone_write_is_refused() -> None:
    with pytest.raises(Problem, match="Cannot use the data folder /proc/portico"):
        prepare_folder(Path("/proc/portico"))


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="too long"):
        prepare_folder(tmp_path / ("x" * 100))


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "you may not write there")],
)
def test_what_the_disk_refuses_is_said_in_words(code: int, said: str) -> None:
    problem = from_os_error(OSError(code, os.strerror(code), "/data/var"))
    assert problem is not None
    assert said in problem.what
    assert "/data/var" in problem.what


def test_the_command_ends_with_the_sentence_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    environment = {**os.environ, "PORTICO_VAR": str(tmp_path / "f/v")}
    done = subprocess.run([sys.executable, "-m", "portico", "up"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "choose another folder" in done.stderr
    assert "Traceback" not in done.stderr
