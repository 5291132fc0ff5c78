"""The `portico` command: its help is quick to come, and it never imports what must be patched first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portico.cli import COMMANDS


def portico(*arguments: str, var: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PORTICO_VAR": str(var), "COLUMNS": "120"}
    command = [sys.executable, "-m", "portico", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_help_lists_every_command(tmp_path: Path) -> None:
    shown = portico("--help", var=tmp_path).stdout
    assert all(entry.help in shown for entry in COMMANDS.values())


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_imports_eventlet_nameko_or_kombu_before_it_runs(name: str) -> None:
    module = COMMANDS[name].target.split(":")[0]
    code = f"import sys, {module}; print(sorted({{'eventlet', 'nameko', 'kombu'}} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_an_unknown_service_is_named_with_those_there_are(tmp_path: Path) -> None:
    done = portico("worker", "warehouse", var=tmp_path)
    assert done.returncode == 1
    assert "no service 'warehouse'" in done.stderr
    assert "orders" in done.stderr


def test_status_of_what_does_not_run(tmp_path: Path) -> None:
    done = portico("status", "--json", var=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["running"] is False


def test_down_of_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    done = portico("down", var=tmp_path)
    assert done.returncode == 0
    assert "Nothing runs" in done.stdout
