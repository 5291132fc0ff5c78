"""The providers in the file that `PORTICO_OIDC_FILE` names: who they are, for whom they may speak, whom they bring.

The file is read again when it has changed, so that a mapping holds from the next sign-in on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from chassis import log
from chassis.config import BadSetting
from services.identity.domain import DEFAULT_PERMISSIONS, PERMISSIONS

SETTING = "PORTICO_OIDC_FILE"
ALL = "*"
FIRST, EACH = "first sign-in", "each sign-in"
_log = log.get("single_sign_on")
_right: dict[str, dict[str, Provider]] = {}
_KEY = re.compile(r"[a-z0-9-]{1,30}\Z")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom a provider brings that we did not know: of this group ("": everybody), as a contact of this company with
    these permissions, roles (by name) and branches (none: all).
    """

    company: str
    group: str = ""
    permissions: tuple[str, ...] = DEFAULT_PERMISSIONS
    roles: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `companies` are those whose contacts it may say are here, ALL for every customer's; `staff`: the
    supplier's people, too. `secret_file` has the client's secret. `rules_at` is when the rules give: at a contact's
    FIRST sign-in, or at EACH anew.
    """

    key: str
    name: str
    issuer: str
    client_id: str
    secret_file: str
    companies: tuple[str, ...] = ()
    staff: bool = False
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    groups_claim: str = "groups"
    rules: tuple[Rule, ...] = ()
    rules_at: str = FIRST

    def speaks_for(self, company: str, is_staff: bool) -> bool:
        """Whether its word lets in a contact of this company, or staff."""
        return self.staff if is_staff else bool({ALL, company}.intersection(self.companies))

    def rule_for(self, groups: Collection[str], company: str = "") -> Rule | None:
        """The first rule that fits somebody of these groups, of this company's where one is named."""
        fitting = (one for one in self.rules if not one.group or one.group in groups)
        return next((one for one in fitting if company in ("", one.company)), None)


def providers(env: Mapping[str, str] | None = None) -> dict[str, Provider]:
    """The providers by key; none where no file is named. Raises BadSetting, saying what is wrong in the file, unless
    it was right before: then that holds, and the log says so.
    """
    path = (os.environ if env is None else env).get(SETTING, "").strip()
    if not path:
        return {}
    try:
        _right[path] = _read(path, os.stat(path).st_mtime_ns)
    except (OSError, BadSetting) as error:
        said = f"{SETTING}={path} cannot be read: {error.strerror}." if isinstance(error, OSError) else str(error)
        if path not in _right:
            raise BadSetting(said) from None
        _log.error("providers not read, the last that were right hold", reason=said)
    return _right[path]


def is_safe(address: str) -> bool:
    """Whether what is sent there is read by nobody else: https, or this very machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


@lru_cache(maxsize=4)
def _read(path: str, _changed: int) -> dict[str, Provider]:
    try:
        told = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadSetting(f"{SETTING}={path} cannot be read: it is not YAML ({error}).") from None
    listed = told.get("providers") if isinstance(told, dict) else None
    if not isinstance(listed, list):
        raise BadSetting(f"{SETTING}={path} cannot be used: it has no list `providers:`.")
    found = [_provider(one, path) for one in listed]
    if len({one.key for one in found}) < len(found):
        raise BadSetting(f"{SETTING}={path} cannot be used: two providers have the same key.")
    return {one.key: one for one in found}


def _provider(told: Any, path: str) -> Provider:
    made: Provider = _made(Provider, told, path, "a provider")
    where = f"{SETTING}={path}, provider “{made.key}”"
    if not _KEY.match(made.key):
        raise BadSetting(f"{where}: its key is of small letters, digits and dashes.")
    if not is_safe(made.issuer):
        raise BadSetting(f"{where}: its issuer is an https:// address.")
    if "openid" not in made.scopes:
        raise BadSetting(f"{where}: its scopes have to have openid.")
    if made.rules_at not in (FIRST, EACH):
        raise BadSetting(f"{where}: rules_at is “{FIRST}” or “{EACH}”.")
    for rule in made.rules:
        unknown = set(rule.permissions) - set(PERMISSIONS)
        if unknown:
            raise BadSetting(f"{where}: there is no permission {', '.join(sorted(unknown))}.")
        if not made.speaks_for(rule.company, False):
            raise BadSetting(f"{where}: a rule makes contacts of {rule.company}, for which it may not speak.")
    return made


def _made(cls: type[Any], told: Any, path: str, what: str) -> Any:
    known = {field.name: field for field in fields(cls)}
    if not isinstance(told, dict) or not set(told) <= set(known):
        extra = ", ".join(sorted(set(told) - set(known))) if isinstance(told, dict) else "no fields"
        raise BadSetting(f"{SETTING}={path}: {what} cannot have {extra}; it has {', '.join(known)}.")
    values: dict[str, Any] = {}
    for name, value in told.items():
        if name == "rules" and isinstance(value, list):
            values[name] = tuple(_made(Rule, one, path, "a rule") for one in value)
        elif str(known[name].type).startswith("tuple"):
            values[name] = tuple(map(str, value if isinstance(value, list) else [value]))
        else:
            values[name] = value if name == "staff" else str(value)
    if not isinstance(values.get("staff", False), bool):
        raise BadSetting(f"{SETTING}={path}: {what}: staff is true or false.")
    try:
        return cls(**values)
    except TypeError as error:
        raise BadSetting(f"{SETTING}={path}: {what} lacks something: {error}.") from None
