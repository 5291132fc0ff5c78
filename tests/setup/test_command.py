"""The `portico` command: its help is quick to come, and it never imports what must be patched first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portico.cli import COMMANDS


def portico(*arguments: str, var: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PORTICO_VAR": str(var), "COLUMNS": "120", **more}
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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORTICO_PORT", "abc", "PORTICO_PORT=abc cannot be used: it is a whole number from 0 to 65535."),
        ("PORTICO_PORT", "65536", "PORTICO_PORT=65536 cannot be used"),
        ("PORTICO_LIVE_PORT", "-1", "PORTICO_LIVE_PORT=-1 cannot be used"),
        ("PORTICO_LOG_LEVEL", "loud", "it is one of INFO, DEBUG"),
        ("PORTICO_AMQP_URI", "amqp://portico@host:5672/portico", "PORTICO_AMQP_URI cannot be used: it has a user and"),
        ("PORTICO_RETRY_MS", "1000,soon", "PORTICO_RETRY_MS=1000,soon cannot be used: it is whole numbers of millis"),
        ("PORTICO_SMTP_URI", "mx.example:25", "PORTICO_SMTP_URI cannot be used: it is smtp+starttls://user@host:587"),
        ("PORTICO_SMTP_URI", "smtp://localhost", "PORTICO_SMTP_URI is set, but not PORTICO_MAIL_FROM"),
        ("PORTICO_WEB_WORKERS", "0", "PORTICO_WEB_WORKERS=0 cannot be used"),
        ("PORTICO_SECRET_KEY", "hunter2", "PORTICO_SECRET_KEY cannot be used: a key has at least 32 characters."),
        ("PORTICO_AMQP_URI_FILE", "/no/such", "PORTICO_AMQP_URI_FILE=/no/such cannot be read: No such file"),
        ("PORTICO_TIMEZONE", "Mars/Base", "PORTICO_TIMEZONE=Mars/Base cannot be used"),
        ("PORTICO_TIMEZONE", "../etc", "PORTICO_TIMEZONE=../etc cannot be used"),
        ("PORTICO_TIMEZONE", "Europe", "PORTICO_TIMEZONE=Europe cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_by_its_name(name: str, value: str, said: str, tmp_path: Path) -> None:
    done = portico("up", var=tmp_path, **{name: value})
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_relative_data_folder_is_told_to_be_one_of_the_current_folder(tmp_path: Path) -> None:
    done = portico("admin", "create", "a@b.example", var=Path("./elsewhere"))
    assert done.returncode == 1
    assert "PORTICO_VAR=elsewhere is taken from the current folder" in done.stderr
    assert str(Path("elsewhere").absolute()) in done.stderr


@pytest.mark.parametrize(("errors", "said"), [("gone/errors.csv", "There is no folder"), (".", "is a folder")])
def test_a_list_of_errors_that_cannot_be_written_stops_an_import_before_it_begins(
    errors: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "export.csv"
    file.touch()
    done = portico("import", str(file), "--profile", "demo-items", "--errors", str(tmp_path / errors), var=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Nothing was imported" in done.stderr


def test_down_of_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    done = portico("down", var=tmp_path)
    assert done.returncode == 0
    assert "Nothing runs" in done.stdout
