"""A service's sentence travels in English and can be said in another language at the other end."""

from __future__ import annotations

import pytest
from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range

from chassis.codec import dumps, loads
from chassis.errors import Invalid, Refused, from_wire, to_wire
from chassis.sentences import Sentence, joined, of_shapes, sentence

GERMAN = {
    "Order %(order)s is closed.": "Auftrag %(order)s ist geschlossen.",
    "line %(line)s: %(said)s": "Zeile %(line)s: %(said)s",
    "there is no item “%(item)s”.": "es gibt keinen Artikel „%(item)s“.",
    "Longer than maximum length %(max)s.": "Länger als %(max)s Zeichen.",
}


def german(original: str) -> str:
    return GERMAN.get(original, original)


def over_the_wire(error: Refused) -> Refused:
    back = from_wire(loads(dumps(to_wire(error))))
    assert isinstance(back, Refused)
    return back


def test_a_message_is_english_on_the_way_and_german_at_the_end() -> None:
    back = over_the_wire(Refused(sentence("Order %(order)s is closed.", order="O-1"), order="O-1"))
    assert back.message == "Order O-1 is closed."
    assert isinstance(back.message, Sentence)
    assert back.message.said(german) == "Auftrag O-1 ist geschlossen."
    assert back.details == {"order": "O-1"}


def test_sentences_within_sentences_and_in_details_arrive_as_such() -> None:
    inner = sentence("there is no item “%(item)s”.", item="100%")
    listed = joined("; ", [sentence("line %(line)s: %(said)s", line=2, said=inner)])
    back = over_the_wire(Invalid(listed, fields={"item": {"0": [inner, "Something plain."]}}))
    assert back.message == "line 2: there is no item “100%”."
    assert isinstance(back.message, Sentence)
    assert back.message.said(german) == "Zeile 2: es gibt keinen Artikel „100%“."
    first, second = back.details["fields"]["item"]["0"]
    assert (first.said(german), second) == ("es gibt keinen Artikel „100%“.", "Something plain.")


def test_a_reply_of_an_older_service_is_read() -> None:
    reply = to_wire(Refused("No."))
    del reply["texts"]
    assert from_wire(reply).message == "No."


@pytest.mark.parametrize(
    ("field", "value", "original"),
    [
        (fields.String(validate=Length(max=2)), "abc", "Longer than maximum length %(max)s."),
        (fields.String(validate=Length(min=2)), "a", "Shorter than minimum length %(min)s."),
        (fields.String(validate=Length(min=2, max=3)), "a", "Length must be between %(min)s and %(max)s."),
        (fields.Integer(validate=Range(min=1)), 0, "Must be greater than or equal to %(min)s."),
        (fields.String(validate=OneOf(("a", "b"))), "c", "Must be one of: %(choices)s."),
    ],
)
def test_what_marshmallow_says_with_numbers_in_it_is_known(field: fields.Field, value: object, original: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Schema.from_dict({"it": field})().load({"it": value})
    (told,) = of_shapes(caught.value.messages)["it"]
    assert (str(told), told.original) == (caught.value.messages_dict["it"][0], original)
