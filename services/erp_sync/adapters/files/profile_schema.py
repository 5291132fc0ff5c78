"""The marshmallow schemas of a profile: each fault says what is wrong and what to write instead."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, post_load
from marshmallow.validate import Length, OneOf, Range, Regexp

from services.erp_sync.adapters.files import conditions
from services.erp_sync.adapters.files.conditions import Test, Where
from services.erp_sync.adapters.files.profile import FileFormat, KindMap, LeaveOut, Profile, Source
from services.erp_sync.adapters.shapes import KINDS, Field, Kind

PICKS = ("first", "last", "most_frequent", "min", "max")
_OPERATORS = ("equals", "in", "starts_with", "empty", "matches", "not")


def _did_you_mean(name: str, names: Any) -> str:
    near = difflib.get_close_matches(name, list(names), 1, 0.5)
    return f" Did you mean “{near[0]}”?" if near else ""


class _Strict(Schema):
    class Meta:
        unknown = RAISE

    def handle_error(self, error: ValidationError, data: Any, *, many: bool, **_: Any) -> None:
        """Say which words there are, where one is unknown."""
        for name, said in list(error.messages_dict.items()):
            if said == ["Unknown field."]:
                known = ", ".join(self.load_fields)
                hint = _did_you_mean(str(name), self.load_fields)
                error.messages_dict[name] = [f"is not known here.{hint} Known are: {known}."]
            elif said == ["Missing data for required field."]:
                error.messages_dict[name] = ["is missing: it is needed here."]


class SourceSchema(_Strict):
    """A source written out."""

    column = fields.String()
    template = fields.String()
    constant = fields.String()
    default = fields.String()
    pick = fields.String(validate=OneOf(PICKS, error=f"is one of {', '.join(PICKS)}."))
    map = fields.Dict(keys=fields.String(), values=fields.String())

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Source:
        if len(data.keys() & {"column", "template", "constant"}) != 1:
            raise ValidationError("give exactly one of `column`, `template` (like “Customer {No}”) and `constant`.")
        if "pick" in data and "column" not in data:
            raise ValidationError("`pick` chooses among the rows' cells of one `column`.")
        return Source(**data)


class SourceField(fields.Field[Source]):
    """A column's name, or a source written out."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Source:
        if isinstance(value, str) and value:
            return Source(column=value)
        if isinstance(value, dict):
            return SourceSchema().load(value)  # type: ignore[no-any-return]
        raise ValidationError("write a column's name, or {column: …}, {template: …} or {constant: …}.")


def _test(operator: str, value: Any) -> Test:
    match operator, value:
        case "equals", str():
            return conditions.equals(value)
        case "in", list():
            return conditions.one_of(list(value))
        case "starts_with", str():
            return conditions.starts_with(value)
        case "empty", ("true" | "false"):
            return conditions.empty(value == "true")
        case "matches", str():
            try:
                return conditions.matches(value)
            except re.error as error:
                raise ValidationError(f"is not a regular expression: {error}.") from error
        case "not", (str() | dict()):
            return conditions.negated(_tests(value))
    if operator not in _OPERATORS:
        raise ValidationError(f"“{operator}” is no condition. There are: {', '.join(_OPERATORS)}.")
    raise ValidationError(f"“{value}” does not go with `{operator}`; see docs/connecting-an-erp.md.")


def _tests(value: Any) -> Test:
    if isinstance(value, str):
        return conditions.equals(value)
    if isinstance(value, list):
        return conditions.one_of(list(value))
    if isinstance(value, dict) and value:
        return conditions.every([_test(operator, one) for operator, one in value.items()])
    raise ValidationError("write a value, a list of values, or a condition like {starts_with: C}.")


class WhereField(fields.Field[Where]):
    """Conditions by column."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Where:
        if not isinstance(value, dict) or not value:
            raise ValidationError("write {Column: value} or {Column: {starts_with: C}}.")
        tests, errors = [], {}
        for column, wanted in value.items():
            try:
                tests.append((column, _tests(wanted)))
            except ValidationError as error:
                errors[column] = error.messages
        if errors:
            raise ValidationError(errors)  # type: ignore[arg-type]
        return Where(tuple(tests))


class FileSchema(_Strict):
    """`file:`"""

    format = fields.String(validate=OneOf(("csv", "xlsx"), error="is csv or xlsx (.gz is recognised by itself)."))
    delimiter = fields.String()
    quote = fields.String()
    encoding = fields.String()
    sheet = fields.String()
    header = fields.Integer(validate=Range(1, 1000))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> FileFormat:
        data["delimiter"] = {"tab": "\t"}.get(data.get("delimiter", ","), data.get("delimiter", ","))
        data["quote"] = {"none": ""}.get(data.get("quote", '"'), data.get("quote", '"'))
        if len(data["delimiter"]) != 1:
            raise ValidationError("is one character, or `tab`.", "delimiter")
        if len(data["quote"]) > 1:
            raise ValidationError("is one character, or `none`.", "quote")
        try:
            codecs.lookup(data.get("encoding", "utf-8"))
        except LookupError:
            raise ValidationError("is not an encoding; common ones: utf-8, cp1252, iso-8859-15.", "encoding") from None
        return FileFormat(**data)


class LeaveOutSchema(_Strict):
    """A rule of `leave_out:`."""

    reason = fields.String(
        required=True, validate=Regexp(r"^[a-z0-9_]+$", error="is a short word like no_customer (a-z, 0-9, _).")
    )
    where = WhereField(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> LeaveOut:
        return LeaveOut(**data)


_NO_COMPANY = {
    "key": "does not go with {name}: it is named by its key. Write `key:` with the column of the customer's code.",
    "none": "does not go with {name}: it belongs to no company. Leave the line out.",
}


class KindSchema(_Strict):
    """An entry of `kinds:`."""

    kind = fields.String(required=True)
    where = WhereField()
    company = SourceField()
    key = SourceField()
    fields_ = fields.Dict(
        keys=fields.String(), values=SourceField(), data_key="fields", attribute="fields", load_default=dict
    )
    lines = fields.Raw()
    base = fields.Raw()
    applied = fields.Raw()
    tasks = fields.Raw()
    stamp = SourceField()
    sign = fields.String(load_default="keep", validate=OneOf(("keep", "negate"), error="is keep or negate."))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> KindMap:
        kind = KINDS.get(data["kind"])
        if kind is None or kind.name == "customer_terms":
            names = [name for name in KINDS if name != "customer_terms"]
            raise ValidationError(
                f"“{data['kind']}” is no kind of document.{_did_you_mean(data['kind'], names)}"
                f" There are: {', '.join(names)}.",
                "kind",
            )
        if kind.company == "column" and "company" not in data:
            raise ValidationError("is missing: name the column with the customer's code.", "company")
        if kind.company != "column" and "company" in data:
            raise ValidationError(_NO_COMPANY[kind.company].format(name=kind.name), "company")
        mapped: dict[str, Source] = data["fields"]
        allowed = dict(kind.fields)
        if kind.name == "company":
            allowed |= KINDS["customer_terms"].fields
        _check_names(mapped, allowed, "fields")
        return KindMap(
            kind,
            _key(kind, data, mapped),
            data.get("company"),
            mapped,
            _lists(kind, data),
            data.get("where"),
            data.get("stamp"),
            data["sign"] == "negate",
        )


def _key(kind: Kind, data: Mapping[str, Any], mapped: Mapping[str, Source]) -> Source:
    if "key" in data:
        key: Source = data["key"]
        if key.pick != "first" or key.constant:
            raise ValidationError("tells rows of one document from those of another: name a column.", "key")
        return key
    if kind.name == "price" and {"price_list", "item"} <= mapped.keys():
        parts = [mapped[name] for name in ("price_list", "item", "currency", "min_quantity") if name in mapped]
        return Source(template="/".join(f"{{{column}}}" for part in parts for column in part.columns))
    if "number" in mapped and mapped["number"].columns:
        return mapped["number"]
    what = "with the customer's code" if kind.company == "key" else f"that is the same on all rows of one {kind.name}"
    raise ValidationError(f"is missing: name the column {what}.", "key")


def _lists(kind: Kind, data: Mapping[str, Any]) -> dict[str, tuple[dict[str, Source], ...]]:
    found: dict[str, tuple[dict[str, Source], ...]] = {}
    for name in ("lines", "base", "applied", "tasks"):
        if name not in data:
            continue
        if name not in kind.lists:
            raise ValidationError(f"does not go with {kind.name}.", name)
        given = data[name] if isinstance(data[name], list) else [data[name]]
        if len(given) > 1 and not kind.lists[name].distinct:
            raise ValidationError("a row has one entry: write one mapping, not a list.", name)
        entries = []
        for one in given:
            if not isinstance(one, dict):
                raise ValidationError("write {field: column, …}.", name)
            try:
                entry: dict[str, Source] = fields.Dict(values=SourceField()).deserialize(one)  # type: ignore[assignment]
            except ValidationError as error:
                raise ValidationError(error.messages, name) from error
            _check_names(entry, kind.lists[name].fields, name)
            _check_complete(entry, kind.lists[name].fields, name)
            entries.append(entry)
        found[name] = tuple(entries)
    return found


def _check_names(mapped: Mapping[str, Source], allowed: Mapping[str, Field], where: str) -> None:
    unknown = {
        name: [f"is no field.{_did_you_mean(name, allowed)} There are: {', '.join(allowed)}."]
        for name in mapped
        if name not in allowed
    }
    if unknown:
        raise ValidationError(unknown, where)  # type: ignore[arg-type]


def _check_complete(mapped: Mapping[str, Source], allowed: Mapping[str, Field], where: str) -> None:
    missing = [name for name, field in allowed.items() if field.required and name not in mapped]
    if missing:
        raise ValidationError(f"needs {', '.join(missing)} too: map a column or a constant.", where)


class ProfileSchema(_Strict):
    """A whole profile."""

    profile = fields.String(required=True, validate=Regexp(r"^[\w-]+$", error="is a name like my-invoices."))
    title = fields.String(load_default="")
    file = fields.Nested(FileSchema, load_default=FileFormat)
    dates = fields.List(fields.String(), load_default=lambda: ["%Y-%m-%d"], validate=Length(min=1))
    time_zone = fields.String(load_default="UTC")
    decimal = fields.String(load_default=".", validate=OneOf((".", ","), error="is . or ,"))
    thousands = fields.String(load_default="", validate=OneOf(("", ".", ",", "'"), error="is . or , or '"))
    currency = fields.String(load_default="", validate=Regexp(r"^([A-Z]{3})?$", error="is a currency code like EUR."))
    complete = fields.Boolean(load_default=False)
    leave_out = fields.List(fields.Nested(LeaveOutSchema), load_default=list)
    kinds = fields.List(fields.Nested(KindSchema), required=True, validate=Length(min=1, error="name at least one."))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Profile:
        if data["thousands"] == data["decimal"]:
            raise ValidationError("is the decimal sign already.", "thousands")
        for index, one in enumerate(data["dates"]):
            _check_date(one, index)
        try:
            zone = ZoneInfo(data["time_zone"])
        except (KeyError, ValueError):
            raise ValidationError("is not a time zone like Europe/Berlin.", "time_zone") from None
        kinds = tuple(_with_currency(one, data["currency"]) for one in data["kinds"])
        for index, one in enumerate(kinds):
            if any(one.kind is other.kind for other in kinds[:index]):
                said = f"{one.kind.name} is mapped twice: use one mapping, or two profiles."
                raise ValidationError({"kinds": {index: {"kind": [said]}}})  # type: ignore[dict-item]
            missing = [
                name
                for name, field in one.kind.fields.items()
                if field.required and name not in one.fields and name != "number"
            ]
            if missing:
                hint = " (or give the profile a `currency`)" if "currency" in missing else ""
                said = f"needs {', '.join(missing)} too: map a column or a constant{hint}."
                raise ValidationError({"kinds": {index: {"fields": [said]}}})  # type: ignore[dict-item]
        return Profile(
            data["profile"],
            data["title"],
            data["file"],
            kinds,
            tuple(data["leave_out"]),
            tuple(data["dates"]),
            zone,
            data["decimal"],
            data["thousands"],
            data["currency"],
            data["complete"],
        )


def _check_date(text: str, index: int) -> None:
    sample = datetime(2026, 5, 31, 14, 5)
    try:
        parsed = datetime.strptime(sample.strftime(text), text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.date() != sample.date():
        said = f"“{text}” is not a date's format like %Y-%m-%d or %d.%m.%Y."
        raise ValidationError({"dates": {index: [said]}})  # type: ignore[dict-item]


def _with_currency(one: KindMap, currency: str) -> KindMap:
    """A kind with a currency takes the profile's where its own mapping names none."""
    if not currency or "currency" not in one.kind.fields:
        return one
    own = one.fields.get("currency")
    if own is None:
        source = Source(constant=currency)
    elif own.columns and not own.default:
        source = Source(own.column, own.template, "", currency, own.pick, own.map)
    else:
        return one
    return KindMap(
        one.kind,
        one.key,
        one.company,
        {**one.fields, "currency": source},
        one.lists,
        one.where,
        one.stamp,
        one.negate,
    )
