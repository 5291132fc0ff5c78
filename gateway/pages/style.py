"""Every part of the look on one page, with sample values; served only with PORTICO_STYLE=1."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from gateway.forms import CommandForm, options
from gateway.frame import render
from gateway.routes import Feature, Pages

pages = Pages("style", __name__)


class SampleForm(CommandForm):
    """One field of each kind."""

    summary_text = StringField(_l("Summary"), [InputRequired(_l("Say in a few words what it is about."))])
    reference = StringField(_l("Your reference"), description=_l("Shown on everything we send you about this."))
    product = SelectField(_l("Product"), choices=options([("a", "Warehouse Manager"), ("b", "Field Service")]))
    wanted = DateField(_l("Wanted on"))
    detail = TextAreaField(_l("Details"))
    copy = BooleanField(_l("Send me a copy"))


@pages.page("/style", methods=("GET", "POST"), feature=Feature(_l("Style"), icon="palette", order=99))
def style() -> Any:
    """The page; sent, its form shows how errors look."""
    form = SampleForm()
    form.validate_on_submit()
    now = datetime.now(UTC)
    return render(
        "style/style.html",
        title="Style",
        form=form,
        status=form.status,
        moments=[now - timedelta(seconds=20), now - timedelta(minutes=42), now - timedelta(days=3)],
        rows=[
            ("INV-20418", "2026-11-18", "2026-12-18", 124050, 124050, "Open", "info"),
            ("INV-20397", "2026-11-02", "2026-11-16", 98000, 48000, "Overdue", "bad"),
            ("INV-20366", "2026-10-21", "2026-11-20", 1243099, 0, "Paid", "good"),
            ("CM-1187", "2026-10-14", "", -23995, 0, "Applied", "plain"),
            ("INV-20311", "2026-10-01", "2026-10-31", 7, 0, "Paid", "good"),
        ],
    )
