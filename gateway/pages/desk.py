"""The agents' desk: every company's cases, answered and moved on (S6, as far as it goes today)."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from gateway import desk_glance, looks
from gateway.access import current_scope
from gateway.forms import CommandForm, options, send
from gateway.frame import render
from gateway.people import COMPANIES, CONTACTS
from gateway.queries import StaffQuery
from gateway.reports import statuses
from gateway.routes import Feature, Pages
from services.cases import contract as cases
from services.cases.contract import CASE_STATUSES

pages = Pages("desk", __name__)
desk_glance.register()
SHOWS = (f"{cases.SERVICE}.{cases.CASES_MODEL}",)
_ROLES = ("agent", "portal_admin")

STATUS_NAMES = statuses.words("case")

_QUEUE = StaffQuery(
    "desk.queue",
    f"""SELECT c.company, c.number, c.summary, c.status, c.product, c.updated_at, c.opened_at, c.messages,
              m.name AS company_name, c.last_author = c.opened_by AS waits_for_us
       FROM cases.case_list_v2 c LEFT JOIN {COMPANIES} m ON m.company = c.company
       WHERE (:status = '' AND c.status NOT IN ('solved', 'closed')) OR c.status = :status
       ORDER BY c.updated_at DESC, c.number LIMIT 200""",
    role=_ROLES,
)
_COUNTS = StaffQuery(
    "desk.counts", "SELECT c.status, COUNT(*) AS count FROM cases.case_list_v2 c GROUP BY c.status", role=_ROLES
)
_CASE = StaffQuery(
    "desk.case",
    f"""SELECT c.company, c.number, c.summary, c.status, c.product, c.customer_reference, c.vendor_approval,
              c.opened_at, c.updated_at, m.name AS company_name, m.phone, p.name AS opened_by, p.email
       FROM cases.case_list_v2 c
       LEFT JOIN {COMPANIES} m ON m.company = c.company
       LEFT JOIN {CONTACTS} p ON p.contact_id = c.opened_by
       WHERE c.number = :number""",
    role=_ROLES,
)
_CONVERSATION = StaffQuery(
    "desk.conversation",
    f"""SELECT m.kind, m.author, m.text, m.at, p.name AS author_name
       FROM cases.case_messages_v2 m LEFT JOIN {CONTACTS} p ON p.contact_id = m.author
       WHERE m.company = :of_company AND m.number = :number ORDER BY m.revision""",
    role=_ROLES,
)


class AnswerForm(CommandForm):
    """An answer, and what the case becomes with it."""

    text = TextAreaField(_l("Answer"), validators=[DataRequired(_l("Write something.")), Length(max=20_000)])
    then = SelectField(
        _l("Then the case is"),
        choices=options([("", _l("Unchanged")), *((one, STATUS_NAMES[one]) for one in CASE_STATUSES)]),
    )


class StatusForm(CommandForm):
    """Moves a case without a word."""

    to = SelectField(_l("Status"), choices=options((name, STATUS_NAMES[name]) for name in CASE_STATUSES))


@pages.staff_page(
    "/desk",
    role=_ROLES,
    part="support",
    tab="cases",
    feature=Feature(_l("Case queue"), "inboxes", group=_l("Cases"), leads=True, quick=True, order=10),
)
def queue() -> Any:
    """The cases of all companies that are not done, or those of one status."""
    scope = current_scope()
    status = request.args.get("status", "")
    status = status if status in CASE_STATUSES else ""
    counts = {row.status: row.count for row in scope.rows(_COUNTS)}
    return render(
        "desk/queue.html",
        title=_("Case queue"),
        cases=scope.rows(_QUEUE, status=status),
        chosen=status,
        counts=counts,
        names=STATUS_NAMES,
    )


@pages.staff_page(
    "/desk/<number>", role=_ROLES, part="support", tab="cases", methods=("GET", "POST"), personal=looks.CASE
)
def case(number: str) -> Any:
    """A case with its conversation; an agent answers it."""
    scope = current_scope()
    form = AnswerForm()
    if form.validate_on_submit():
        payload = {"case": number, "text": form.text.data, "status": form.then.data or ""}
        if send(form, scope, "cases", "AnswerCase", payload, shows=SHOWS) is not None:
            return redirect(url_for("desk.case", number=number, _anchor="latest"))
    row = scope.one(_CASE, number=number)
    return render(
        "desk/case.html",
        title=row.summary,
        case=row,
        messages=scope.rows(_CONVERSATION, of_company=row.company, number=number),
        form=form,
        status_form=StatusForm(formdata=None, to=row.status),
        names=STATUS_NAMES,
        status=form.status,
    )


@pages.staff_page("/desk/<number>/status", role=_ROLES, part="support", tab="cases", methods=("POST",))
def move(number: str) -> Any:
    """Move the case to another status."""
    form = StatusForm()
    if form.validate_on_submit():
        send(form, current_scope(), "cases", "ChangeCaseStatus", {"case": number, "status": form.to.data}, shows=SHOWS)
    return redirect(url_for("desk.case", number=number))
