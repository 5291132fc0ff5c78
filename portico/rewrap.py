"""`portico rewrap`: contacts' keys under the newest of the keys above them, so that an older one can be taken away."""

from __future__ import annotations

import typer


def rewrap() -> None:
    """Wrap every contact's key by the first key of PORTICO_IDENTITY_MASTER_KEY, while Portico runs or not."""
    from chassis.config import Settings
    from deploy.local.problem import Problem
    from services.identity.vault import open_vault
    from services.identity.wrapping import SETTING, wrapper

    settings = Settings.from_env()
    if not settings.state_db("identity").exists():
        raise Problem(f"There are no contacts' keys in {settings.var}.", "PORTICO_VAR names the data folder.")
    done = open_vault(settings).rewrap()
    typer.echo(f"{done} contacts' keys were wrapped anew; all are under the key {wrapper(settings).mark()}… now.")
    typer.echo(f"Any older key can be taken out of {SETTING}. Keep it with the backups made before: they need it.")
