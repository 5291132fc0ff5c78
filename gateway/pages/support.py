"""Support cases and projects of the company (S1, S3), and the forms that open and answer cases."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from chassis import codec
from gateway import cases_glance
from gateway.access import current_scope
from gateway.forms import CommandForm, send
from gateway.frame import render
from gateway.people import CONTACTS, OURS
from gateway.queries import Query
from gateway.reports import timeline
from gateway.reports.cases import CASES
from gateway.reports.show import report_page
from gateway.routes import Feature, Pages
from services.cases import contract

pages = Pages("support", __name__)
SHOWS = (f"{contract.SERVICE}.{contract.CASES_MODEL}",)
cases_glance.register()

_CASE = Query(
    "cases.one",
    """SELECT c.number, c.summary, c.status, c.product, c.customer_reference, c.vendor_approval, c.opened_at,
              c.updated_at
       FROM cases.case_list_v2 c WHERE c.company = :company AND c.number = :number""",
    needs="open_cases",
)
_CONVERSATION = Query(
    "cases.conversation",
    f"""SELECT m.kind, m.author, m.text, m.at, m.channel, p.name AS author_name
       FROM cases.case_messages_v2 m
       LEFT JOIN {CONTACTS} p ON p.contact_id = m.author
            AND ({OURS} OR p.staff_roles <> '[]')
       WHERE m.company = :company AND m.number = :number ORDER BY m.revision""",
    needs="open_cases",
    # Staff belong to no company; the condition above lets through this company's people and staff alone.
    shared=(CONTACTS,),
)
_PRODUCTS = Query(
    "cases.products",
    "SELECT DISTINCT o.name FROM licensing.owned_products_v1 o WHERE o.company = :company ORDER BY o.name",
)
_PROJECTS = Query(
    "projects.list",
    """SELECT j.number, j.name, j.status, j.percent_done, j.due_date, j.reference, j.updated_at
       FROM cases.project_list_v2 j WHERE j.company = :company
       ORDER BY j.status <> 'open', j.due_date NULLS FIRST, j.number""",
    needs="open_cases",
)
_PROJECT = Query(
    "projects.one",
    """SELECT j.number, j.name, j.status, j.percent_done, j.due_date, j.reference, j.tasks, j.updated_at
       FROM cases.project_list_v2 j WHERE j.company = :company AND j.number = :number""",
    needs="open_cases",
)


class NewCaseForm(CommandForm):
    """A new support request."""

    # Not `summary`: that is where the form keeps messages.
    summary_line = StringField(
        _l("Summary"),
        validators=[DataRequired(_l("Say in a line what it is about.")), Length(max=200)],
        description=_l("A brief description of the issue."),
    )
    detail = TextAreaField(
        _l("Detail"),
        validators=[DataRequired(_l("Describe what happened.")), Length(max=20_000)],
        description=_l("What you did, what you expected and what happened, with the steps to see it again."),
    )
    product = StringField(_l("Product"), validators=[Length(max=200)], description=_l("Which product is it about?"))
    customer_reference = StringField(
        _l("Your reference"), validators=[Length(max=100)], description=_l("Your own number for this, if you have one.")
    )
    vendor_approval = BooleanField(
        _l("Professional services related"),
        description=_l("Only if it concerns work done by the vendor's professional services: we ask the vendor first."),
    )


class ReplyForm(CommandForm):
    """A message on a case."""

    text = TextAreaField(_l("Your message"), validators=[DataRequired(_l("Write something.")), Length(max=20_000)])


@pages.page(
    CASES.path,
    needs=CASES.needs,
    tab=CASES.tab,
    feature=Feature(CASES.title, CASES.icon, group=_l("Support"), leads=True, order=CASES.order),
)
def cases() -> Any:
    """The company's cases, the most recently moved first."""
    return report_page(current_scope(), CASES)


@pages.page(
    "/support/new",
    needs="open_cases",
    tab="support",
    methods=("GET", "POST"),
    feature=Feature(
        _l("New support request"), "plus-circle", task_on=("home", "support", "addons"), quick=True, order=15
    ),
)
def new_case() -> Any:
    """The form of a new case; once sent, the case's own page."""
    scope = current_scope()
    form = NewCaseForm()
    if form.validate_on_submit():
        payload = {
            "summary": form.summary_line.data,
            "detail": form.detail.data,
            "product": form.product.data or "",
            "customer_reference": form.customer_reference.data or "",
            "vendor_approval": bool(form.vendor_approval.data),
        }
        reply = send(form, scope, "cases", "OpenCase", payload, shows=SHOWS)
        if reply is not None:
            flash(_("Your request has the number %(number)s.", number=reply["id"]), "success")
            return redirect(f"/support/{reply['id']}")
    elif not form.is_submitted():
        form.summary_line.data = request.args.get("about", "")[:200]
        form.customer_reference.data = request.args.get("reference", "")[:100]
    products = [row.name for row in scope.rows(_PRODUCTS)]
    return render("support/new.html", title=_("New support request"), form=form, products=products, status=form.status)


@pages.page("/support/<number>", needs="open_cases", tab="support", methods=("GET", "POST"))
def case(number: str) -> Any:
    """A case with its conversation, and the form that adds to it."""
    scope = current_scope()
    form = ReplyForm()
    if form.validate_on_submit():
        reply = send(form, scope, "cases", "ReplyToCase", {"case": number, "text": form.text.data}, shows=SHOWS)
        if reply is not None:
            return redirect(url_for("support.case", number=number, _anchor="latest"))
    scope.settle(contract.SERVICE)
    found = scope.row(_CASE, number=number)
    if found is None and scope.visit.pending:
        return render("_states/pending.html", title=number, crumb=False)
    row = found or scope.one(_CASE, number=number)
    messages = scope.rows(_CONVERSATION, number=number)
    return render("support/case.html", title=row.summary, case=row, messages=messages, form=form, status=form.status)


@pages.page(
    "/projects",
    needs="open_cases",
    part="projects",
    tab="support",
    feature=Feature(_l("Projects"), "kanban", group=_l("Support"), order=20),
)
def projects() -> Any:
    """The company's projects with how far they are."""
    return render("support/projects.html", title=_("Projects"), projects=current_scope().rows(_PROJECTS))


@pages.page("/projects/<path:number>", needs="open_cases", part="projects", tab="support")
def project(number: str) -> Any:
    """A project with its tasks and their notes, and what happened to it."""
    scope = current_scope()
    row = scope.one(_PROJECT, number=number)
    entries, older = timeline.load_of_project(scope, row.number, request.args.get("timeline") == "all")
    return render(
        "support/project.html",
        title=row.name,
        project=row,
        tasks=codec.loads(row.tasks),
        entries=entries,
        older=older,
        fields=timeline.FIELDS,
        changes_shown=timeline.CHANGES_SHOWN,
    )
