"""Second factors, recovery codes and half-done sign-ins in the state database. All of it blocks: for threads.

A change of the state database comes first and remembers the event that is still to be appended, as passwords do.
"""

from __future__ import annotations

import hmac
import re
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime

import pyotp

from chassis.codec import dumps
from chassis.messages import Context
from chassis.repository import now
from chassis.statedb import StateDb
from services.identity.errors import SecondFactorOff, SecondFactorOn, SignInExpired, WrongCode
from services.identity.factors.domain import HALF_HOLDS, RECOVERY_CODES
from services.identity.links import token_hash
from services.identity.pending import remembered
from services.identity.vault import Vault

DRAFT, ON = "draft", "on"
PASSWORD, APP, RECOVERY, KEY, PASSKEY = "password", "app", "recovery", "key", "passkey"
SINGLE_SIGN_ON = "sso"
"""The ways somebody is let in: by password alone; by that and an app's code, a recovery code or a passkey; by a
passkey alone; by a provider's word, which has asked for what it thinks right.
"""
CODE, OWN_PASSWORD, SET_UP = "code", "password", "set_up"
"""What a half-done sign-in waits for: a code, a password of one's own instead of an admin's, or an authenticator app
to be set up.
"""
_STEP_SECONDS = 30
_STEPS_OFF = (0, -1, 1)
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_ROW = "SELECT * FROM second_factors WHERE contact = ?"
_ANY_KEY = "SELECT 1 FROM passkeys WHERE contact = ? LIMIT 1"


@dataclass(frozen=True, slots=True)
class Half:
    """A sign-in of `contact` that got as far as `way`, with the password that the command `password` set."""

    contact: str
    password: str
    way: str


@dataclass(frozen=True, slots=True)
class Spent:
    """The way a code went: APP or RECOVERY; how many recovery codes are left."""

    way: str
    left: int


class Factors:
    """What the state database knows of second factors."""

    def __init__(self, state: StateDb, vault: Vault) -> None:
        self._state = state
        self._vault = vault

    def ways(self, contact: str) -> tuple[str, ...]:
        """What may follow this contact's password: APP, KEY; nothing where the password is enough."""
        row = self._state.row(_ROW, contact)
        app = (APP,) if row is not None and row["state"] == ON else ()
        return (*app, KEY) if self._state.row(_ANY_KEY, contact) else app

    def standing(self, contact: str) -> tuple[list[str], tuple[str, ...]]:
        """What is `owed`, and the `ways`: at one go, for each log-in asks both."""
        return self.owed(contact), self.ways(contact)

    def is_by(self, contact: str, context: Context) -> bool:
        """Whether this very command made its change, and only the event is owed."""
        sql = "SELECT 1 FROM owed_events WHERE contact = ? AND command = ?"
        return self._state.row(sql, contact, str(context.command_id)) is not None

    def draft(self, contact: str) -> str:
        """The secret to be set up, in base32: the same until a code confirms it. Raises SecondFactorOn."""
        sealed = self._vault.seal_secret(contact, pyotp.random_base32())
        with self._state.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO second_factors (contact, sealed, state, last_step) VALUES (?, ?, ?, 0)",
                (contact, sealed, DRAFT),
            )
            row = db.execute(_ROW, (contact,)).fetchone()
        if row["state"] != DRAFT:
            raise SecondFactorOn
        return self._vault.open_secret(contact, row["sealed"])

    def turn_on(self, contact: str, code: str, context: Context) -> None:
        """The draft counts from now on, with ten recovery codes. Raises WrongCode, SecondFactorOn, SecondFactorOff."""
        made = self.recovery_hashes(contact, context)
        with self._state.transaction() as db:
            row = db.execute(_ROW, (contact,)).fetchone()
            if row is None:
                raise SecondFactorOff
            if row["state"] == ON:
                raise SecondFactorOn
            self._take_step(db, row, code)
            keep_codes(db, contact, made, context)
            db.execute("UPDATE second_factors SET state = ? WHERE contact = ?", (ON, contact))
            owe(db, contact, context, "enable")

    def renew(self, contact: str, code: str, context: Context) -> None:
        """Ten other recovery codes. Raises WrongCode, SecondFactorOff."""
        made = self.recovery_hashes(contact, context)
        with self._state.transaction() as db:
            self._spend(db, contact, code)
            keep_codes(db, contact, made, context)
            owe(db, contact, context, "codes")

    def turn_off(self, contact: str, code: str, context: Context) -> None:
        """The app's code is not asked any more. Raises WrongCode, SecondFactorOff."""
        with self._state.transaction() as db:
            if self._on_row(db, contact) is None:
                raise SecondFactorOff
            self._spend(db, contact, code)
            db.execute("DELETE FROM second_factors WHERE contact = ?", (contact,))
            drop_unused_codes(db, contact)
            owe(db, contact, context, "disable", context.actor)

    def remove_all(self, contact: str, context: Context) -> None:
        """App, passkeys and recovery codes are gone, on an admin's word. Raises SecondFactorOff."""
        with self._state.transaction() as db:
            app = self._on_row(db, contact) is not None
            keys = [row["id"] for row in db.execute("SELECT id FROM passkeys WHERE contact = ?", (contact,))]
            if not app and not keys:
                raise SecondFactorOff
            for table in ("second_factors", "passkeys", "recovery_codes"):
                db.execute(f"DELETE FROM {table} WHERE contact = ?", (contact,))
            value = dumps({"app": app, "passkeys": keys, "by": context.actor}).decode()
            owe(db, contact, context, "remove_all", value)

    def fresh_codes(self, contact: str, context: Context) -> list[str]:
        """The recovery codes this command made, for the reply to it; none once others replaced them."""
        row = self._state.row(
            "SELECT 1 FROM recovery_codes WHERE contact = ? AND made_by = ?", contact, str(context.command_id)
        )
        return self._vault.recovery_codes(contact, context.command_id, RECOVERY_CODES) if row else []

    def issue(self, contact: str, password: str, step: str, way: str) -> str:
        """A ticket for this further step, for the browser that came so far; it holds for HALF_HOLDS, once."""
        ticket, at = secrets.token_urlsafe(32), now()
        with self._state.transaction() as db:
            db.execute("DELETE FROM half_sign_ins WHERE expires_at <= ?", (at.isoformat(),))
            db.execute(
                "INSERT INTO half_sign_ins (ticket_hash, contact, password, expires_at, step, way)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (token_hash(ticket), contact, password, (at + HALF_HOLDS).isoformat(), step, way),
            )
        return ticket

    def half(self, ticket: str, step: str) -> Half:
        """The sign-in this ticket is for, if it waits for `step`. Raises SignInExpired."""
        sql = "SELECT * FROM half_sign_ins WHERE ticket_hash = ? AND step = ?"
        row = self._state.row(sql, token_hash(ticket), step)
        if row is None or datetime.fromisoformat(row["expires_at"]) <= now():
            raise SignInExpired
        return Half(row["contact"], row["password"], row["way"])

    def finish(self, ticket: str, contact: str, code: str, context: Context) -> Spent:
        """Use up ticket and code. Raises WrongCode, which leaves the ticket; SignInExpired."""
        with self._state.transaction() as db:
            if self._on_row(db, contact) is None and not db.execute(_ANY_KEY, (contact,)).fetchone():
                raise SignInExpired
            spent = self._spend(db, contact, code)
            use_ticket(db, ticket)
            if spent.way == RECOVERY:
                owe(db, contact, context, "code_used", str(spent.left))
        return spent

    def owed(self, contact: str) -> list[str]:
        """What is to be appended still, as pending.remembered has it, the oldest first."""
        return [
            row["pending"]
            for row in self._state.rows("SELECT pending FROM owed_events WHERE contact = ? ORDER BY place", contact)
        ]

    def paid(self, contact: str, pending: str) -> None:
        """That was appended."""
        with self._state.transaction() as db:
            db.execute("DELETE FROM owed_events WHERE contact = ? AND pending = ?", (contact, pending))

    def recovery_hashes(self, contact: str, context: Context) -> list[str]:
        """What is kept of the recovery codes that this command makes."""
        codes = self._vault.recovery_codes(contact, context.command_id, RECOVERY_CODES)
        return [self._vault.code_hash(contact, code) for code in codes]

    def _on_row(self, db: sqlite3.Connection, contact: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = db.execute(f"{_ROW} AND state = '{ON}'", (contact,)).fetchone()
        return row

    def _spend(self, db: sqlite3.Connection, contact: str, code: str) -> Spent:
        row = self._on_row(db, contact)
        if row is None and not db.execute(_ANY_KEY, (contact,)).fetchone():
            raise SecondFactorOff
        way = APP if _SIX_DIGITS.fullmatch(_plain(code)) else RECOVERY
        if way == APP:
            if row is None:
                raise WrongCode
            self._take_step(db, row, code)
        else:
            self._take_recovery_code(db, contact, code)
        left = db.execute(
            "SELECT COUNT(*) FROM recovery_codes WHERE contact = ? AND used_at IS NULL", (contact,)
        ).fetchone()[0]
        return Spent(way, left)

    def _take_step(self, db: sqlite3.Connection, row: sqlite3.Row, code: str) -> None:
        """Take the app's code of now, or of a step before or after, if no code of then or later was taken."""
        generator, at = pyotp.TOTP(self._vault.open_secret(row["contact"], row["sealed"])), now().timestamp()
        for off in _STEPS_OFF:
            step = int(at) // _STEP_SECONDS + off
            right = hmac.compare_digest(generator.generate_otp(step).encode(), _plain(code).encode())
            if right and step > row["last_step"]:
                db.execute("UPDATE second_factors SET last_step = ? WHERE contact = ?", (step, row["contact"]))
                return
        raise WrongCode

    def _take_recovery_code(self, db: sqlite3.Connection, contact: str, code: str) -> None:
        used = db.execute(
            "UPDATE recovery_codes SET used_at = ? WHERE hash = ? AND contact = ? AND used_at IS NULL",
            (now().isoformat(), self._vault.code_hash(contact, code), contact),
        )
        if used.rowcount != 1:
            raise WrongCode


def _plain(code: str) -> str:
    return "".join(code.split())


def keep_codes(db: sqlite3.Connection, contact: str, hashes: list[str], context: Context) -> None:
    """These recovery codes hold, and no older ones."""
    db.execute("DELETE FROM recovery_codes WHERE contact = ?", (contact,))
    db.executemany(
        "INSERT INTO recovery_codes (hash, contact, made_by) VALUES (?, ?, ?)",
        [(one, contact, str(context.command_id)) for one in hashes],
    )


def drop_unused_codes(db: sqlite3.Connection, contact: str) -> None:
    """Where the password alone lets in, there is nothing to recover from."""
    on = db.execute(f"SELECT 1 FROM second_factors WHERE contact = ? AND state = '{ON}'", (contact,)).fetchone()
    if not on and not db.execute(_ANY_KEY, (contact,)).fetchone():
        db.execute("DELETE FROM recovery_codes WHERE contact = ?", (contact,))


def use_ticket(db: sqlite3.Connection, ticket: str) -> None:
    """Use up the ticket of a half-done sign-in; raises SignInExpired when it went meanwhile."""
    used = db.execute("DELETE FROM half_sign_ins WHERE ticket_hash = ?", (token_hash(ticket),))
    if used.rowcount != 1:
        raise SignInExpired


def owe(db: sqlite3.Connection, contact: str, context: Context, decide: str, value: str = "") -> None:
    """Remember, in the transaction of the change, the event that is to follow it."""
    db.execute(
        "INSERT INTO owed_events (contact, command, pending) VALUES (?, ?, ?)",
        (contact, str(context.command_id), remembered(decide, value, context)),
    )
