"""System parts that the tests run against: RabbitMQ, PostgreSQL, postfix and dovecot, Chromium, fonts, Pango, strace.

Standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.local import pdf_parts
from deploy.local.problem import Problem
from deploy.local.system_packages import install

RABBITMQ_SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
POSTGRES_VERSIONS = "/usr/lib/postgresql"
MAIL_PROGRAMS = {
    "postfix": "/usr/lib/postfix/sbin/master",
    "dovecot-imapd": "/usr/lib/dovecot/imap",
    "dovecot-lmtpd": "/usr/lib/dovecot/lmtp",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def ensure_test_parts(environment: Mapping[str, str]) -> None:
    """Install what is missing. Raises Problem when a part cannot be had: a test run without it would say nothing."""
    packages = []
    if not os.path.exists(RABBITMQ_SERVER):
        packages.append("rabbitmq-server")
    if not list(Path(POSTGRES_VERSIONS).glob("*/bin/postgres")):
        packages.append("postgresql")
    packages += [package for package, program in MAIL_PROGRAMS.items() if not os.path.exists(program)]
    if browser(environment) is None:
        packages.append("chromium-browser" if _is_ubuntu() else "chromium")
    if not has_font():
        packages.append("fonts-liberation")
    if not any(Path("/usr/lib").glob("*/libatomic.so.1")):
        packages.append("libatomic1")  # Playwright's own program is linked with it
    packages += pdf_parts.missing()
    if shutil.which("strace") is None:
        packages.append("strace")  # shows that the event store answers after its fdatasync
    if packages:
        install(packages, "the test run")
    found = browser(environment)
    if found is None:
        raise Problem(
            "The test run needs Chromium, and installing the package brought no browser that runs.",
            "Install Chromium or Chrome, or name one:  make test PORTICO_CHROMIUM=/path/to/chromium",
        )


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs, the newest version's. Raises Problem when there is none."""
    found = [path.parent for path in Path(POSTGRES_VERSIONS).glob("*/bin/postgres")]
    if not found:
        raise Problem("PostgreSQL is not installed.", "Type:  make test-ready")
    return max(found, key=lambda path: int(path.parent.name))


def browser(environment: Mapping[str, str]) -> str | None:
    """The path of a Chromium that starts, PORTICO_CHROMIUM first; None when there is none."""
    named = environment.get("PORTICO_CHROMIUM")
    for name in (named,) if named else BROWSERS:
        path = shutil.which(name)
        if path and _starts(path):
            return path
    return None


def has_font() -> bool:
    """Whether Liberation, the metric twin of Arial, Times and Courier, is there for the browser."""
    return os.path.isdir("/usr/share/fonts/truetype/liberation") or os.path.isdir(
        "/usr/share/fonts/truetype/liberation2"
    )


def _is_ubuntu() -> bool:
    """Ubuntu names its package differently (and brings the browser as a snap)."""
    try:
        return "ID=ubuntu" in Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return False


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
