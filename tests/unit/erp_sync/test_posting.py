"""What is on its way to the ERP: posted once, answered once, taken back only while the ERP has not taken it."""

from __future__ import annotations

import pytest

from services.erp_sync import domain
from services.erp_sync.commands import RequestPosting, WithdrawPosting
from services.erp_sync.domain import Answer, Posting
from services.erp_sync.errors import AnsweredDifferently, UnknownPosting
from services.erp_sync.events import PostingWithdrawn, WithdrawalAsked, WithdrawalTooLate
from tests.support.given import Decider
from tests.unit.erp_sync.examples import (
    COMPANY,
    DOCUMENT,
    POSTED,
    QUEUED,
    REFERENCE,
    REFUSED,
    REQUESTED,
    WRITTEN,
    posting,
)

POSTING = Decider(
    Posting(),
    domain.evolve_posting,
    {RequestPosting: domain.decide_request_posting, WithdrawPosting: domain.decide_withdraw_posting},
)
REQUEST = RequestPosting("order", REFERENCE, COMPANY, "files", DOCUMENT, 1)
WITHDRAW = WithdrawPosting(REFERENCE)
ASKED, WITHDRAWN = WithdrawalAsked(REFERENCE), PostingWithdrawn(REFERENCE)


def test_an_order_placed_is_queued_for_the_erp() -> None:
    POSTING.given().when(REQUEST).then(REQUESTED, QUEUED)


def test_an_order_told_again_is_not_queued_again() -> None:
    POSTING.given(REQUESTED, QUEUED, WRITTEN).when(REQUEST).then()


def test_of_a_queued_order_the_connector_has_to_try_for_its_file_may_be_out() -> None:
    POSTING.given(REQUESTED, QUEUED).when(WITHDRAW).then(ASKED)
    POSTING.given(REQUESTED, QUEUED, ASKED).when(WITHDRAW).then()


def test_a_cancellation_that_overtakes_its_order_keeps_it_here() -> None:
    POSTING.given().when(WITHDRAW).then(WITHDRAWN)
    POSTING.given(WITHDRAWN).when(REQUEST).then()


def test_of_a_written_order_the_connector_has_to_try() -> None:
    POSTING.given(REQUESTED, QUEUED, WRITTEN).when(WITHDRAW).then(ASKED)
    assert domain.decide_withdrawal_tried(posting(REQUESTED, WRITTEN, ASKED), True) == [WITHDRAWN]
    assert domain.decide_withdrawal_tried(posting(REQUESTED, WRITTEN, ASKED), False) == [WithdrawalTooLate(REFERENCE)]


@pytest.mark.parametrize("answer", [POSTED, REFUSED])
def test_an_answered_order_is_not_taken_back(answer: object) -> None:
    POSTING.given(REQUESTED, QUEUED, WRITTEN, answer).when(WITHDRAW).then()
    assert domain.decide_withdrawal_tried(posting(REQUESTED, WRITTEN, ASKED, answer), True) == []


def test_a_file_is_written_once() -> None:
    assert domain.decide_written(posting(REQUESTED, QUEUED), f"{REFERENCE}.csv", "aa" * 32) == [WRITTEN]
    assert domain.decide_written(posting(REQUESTED, WRITTEN), f"{REFERENCE}.csv", "aa" * 32) == []


def test_the_erps_number_and_the_erps_words() -> None:
    written = posting(REQUESTED, QUEUED, WRITTEN)
    assert domain.decide_answer(written, Answer(REFERENCE, "posted", "SO-1")) == [POSTED]
    assert domain.decide_answer(written, Answer(REFERENCE, "refused", "", REFUSED.reason)) == [REFUSED]


def test_an_answer_may_come_before_the_file_is_known_to_be_written() -> None:
    assert domain.decide_answer(posting(REQUESTED, QUEUED), Answer(REFERENCE, "posted", "SO-1")) == [POSTED]


def test_the_same_answer_again_is_nothing_new() -> None:
    assert domain.decide_answer(posting(REQUESTED, WRITTEN, POSTED), Answer(REFERENCE, "posted", "SO-1")) == []
    assert domain.decide_answer(posting(REQUESTED, REFUSED), Answer(REFERENCE, "refused", "", REFUSED.reason)) == []


def test_the_erp_may_take_what_it_refused_or_what_was_cancelled() -> None:
    answer = Answer(REFERENCE, "posted", "SO-1")
    assert domain.decide_answer(posting(REQUESTED, WRITTEN, REFUSED), answer) == [POSTED]
    assert domain.decide_answer(posting(REQUESTED, WRITTEN, ASKED, WITHDRAWN), answer) == [POSTED]


@pytest.mark.parametrize("answer", [Answer(REFERENCE, "posted", "SO-2"), Answer(REFERENCE, "refused", "", "No.")])
def test_what_was_posted_keeps_its_number(answer: Answer) -> None:
    with pytest.raises(AnsweredDifferently, match=r"answered as posted \(SO-1\) before"):
        domain.decide_answer(posting(REQUESTED, WRITTEN, POSTED), answer)


def test_an_answer_to_nothing_we_posted() -> None:
    with pytest.raises(UnknownPosting, match="W-0000-0000"):
        domain.decide_answer(Posting(), Answer("W-0000-0000", "posted", "SO-1"))
