"""What commands beside a running Portico need: where its broker, its store and its data are."""

from __future__ import annotations

import os

from chassis.config import Settings
from deploy.local.problem import Problem


def settings() -> Settings:
    """The settings of the installation that runs for PORTICO_VAR, or those of the environment where both a broker and
    a store are named in it. Raises Problem when neither is there."""
    configured = Settings.from_env(os.environ)
    if configured.amqp_uri and configured.esdb_uri:
        return configured
    from deploy.local import stack, supervisor

    running = stack.load(configured.var) if supervisor.alive(configured.var) else None
    if running is None:
        raise Problem(f"Portico does not run (data folder {configured.var}).", "Start it in another terminal:  make up")
    return running.settings
