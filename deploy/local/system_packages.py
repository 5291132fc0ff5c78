"""System packages by apt, with sudo when not root. Standard library only: it runs before `.venv` exists."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from deploy.local.problem import Problem

INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")


def install(packages: Sequence[str], needed_for: str) -> None:
    """Install Debian or Ubuntu packages. Raises Problem with the command to type when it may not or cannot."""
    names = " ".join(packages)
    subject = needed_for[0].upper() + needed_for[1:]
    by_hand = f"Type:  sudo apt-get update && sudo apt-get install -y {names}"
    if not shutil.which("apt-get"):
        raise Problem(
            f"{subject} needs {names}, and this system has no apt-get to install it with.",
            "Install it with the system's own package manager, then run the same command again.",
        )
    prefix = as_root()
    if prefix is None:
        raise Problem(f"{subject} needs the system packages {names}; installing them takes root.", by_hand)
    print(f"Installing {names} (needed for {needed_for}) …", flush=True)
    _run([*prefix, "apt-get", "update", "-q"])
    done = _run([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *INSTALL, *packages])
    if done.returncode != 0:
        last = "\n".join("  " + line for line in done.stdout.strip().splitlines()[-12:])
        raise Problem(f"apt-get could not install {names}:\n{last}", f"{by_hand}\nthen run the same command again.")


def as_root() -> list[str] | None:
    """What to put before a command so that root runs it; None when there is no way without asking a person."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL).returncode == 0:
        return ["sudo", "-n"]
    return ["sudo"] if sys.stdin.isatty() else None


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    stdin = None if "-n" not in command and command[0] == "sudo" else subprocess.DEVNULL
    return subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
