"""`portico gateway`: gunicorn in this process, threads as workers, everything it makes below the data folder."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chassis.config import Settings

if TYPE_CHECKING:
    from gateway.config import GatewaySettings
    from gateway.parts import Parts

_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


def main() -> None:
    """Serve until SIGTERM or SIGINT; requests being answered get 8 s, the supervisor gives us ten."""
    settings = Settings.from_env()
    run = settings.folder("run")
    _metrics_folder(run)
    temporary = run / "gateway-tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    # Uploads are spooled by the form parser, worker heartbeats by gunicorn: both here.
    tempfile.tempdir = str(temporary)
    _serve(settings, temporary)


def _metrics_folder(run: Path) -> None:
    """Let the workers' metrics meet in files; they are read once prometheus_client is imported, so set them before."""
    if _MULTIPROCESS not in os.environ:
        folder = run / "gateway-metrics"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.environ[_MULTIPROCESS] = str(folder)
        if "prometheus_client" in sys.modules:
            os.execv(sys.executable, [sys.executable, "-m", "gateway.run"])


def _serve(settings: Settings, temporary: Path) -> None:
    from gunicorn.app.base import BaseApplication
    from gunicorn.glogging import Logger

    from chassis import log
    from gateway.app import create_app
    from gateway.config import GatewaySettings
    from gateway.parts import EXTENSION

    log.configure("gateway", settings.log_level, settings.log_format)
    gateway = GatewaySettings.from_env()
    app = create_app(settings, gateway)
    app.extensions[EXTENSION].plain_log = settings.log_format == "json" and settings.log_level in ("DEBUG", "INFO")

    class ToChassis(Logger):
        """gunicorn's own messages, in the form of all others."""

        def setup(self, cfg: Any) -> None:
            self.error_log.propagate = True
            self.error_log.setLevel(settings.log_level)
            self.access_log.disabled = True

    class Server(BaseApplication):
        """gunicorn, configured here and nowhere else."""

        def load_config(self) -> None:
            options = _options(settings, gateway, app.extensions[EXTENSION])
            for name, value in {**options, "worker_tmp_dir": str(temporary), "logger_class": ToChassis}.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return app

    Server().run()


def _options(settings: Settings, gateway: GatewaySettings, ground: Parts) -> dict[str, Any]:
    """gunicorn's settings."""
    from prometheus_client import multiprocess

    return {
        "bind": f"{gateway.bind}:{settings.port}",
        "workers": gateway.workers,
        "threads": gateway.threads,
        "worker_class": "gthread",
        "preload_app": True,
        "keepalive": 75,
        "timeout": 60,
        "graceful_timeout": 8,
        "max_requests": 0,
        "control_socket_disable": True,
        "proc_name": "portico-gateway",
        "accesslog": None,
        "pre_fork": lambda _server, _worker: _share(),
        "post_worker_init": lambda worker: _begin(settings, ground, worker),
        "worker_exit": lambda _server, _worker: ground.close(),
        "child_exit": lambda _server, worker: multiprocess.mark_process_dead(worker.pid),
    }


def _share() -> None:
    """Keep the collector off what was made before the workers: it would copy every page they share with us."""
    gc.collect()
    gc.freeze()


def _begin(settings: Settings, ground: Parts, worker: Any) -> None:
    """What each worker does beside answering."""
    from gateway.exports.jobs import keep_tidy

    keep_tidy(settings)
    _serve_admin(settings, ground, worker)


def _serve_admin(settings: Settings, ground: Parts, worker: Any) -> None:
    """One of the workers answers on the admin port: the first that gets the lock, its successor when it dies."""
    from chassis import admin
    from gateway.readiness import readiness, status

    if not settings.admin_port:
        return
    lock = os.open(settings.folder("run") / "gateway-admin.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Held as long as this process lives: the descriptor is never closed.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return
    worker.admin = admin.serve(settings.admin_port, "gateway", lambda: readiness(ground), lambda: status(ground))


if __name__ == "__main__":
    main()
