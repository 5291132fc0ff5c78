"""Which streams a read model follows."""

import re

import pytest
from esdbclient.common import construct_filter_include_regex

from chassis.projector import stream_filter

PATTERN = construct_filter_include_regex(stream_filter(("items-", "prices-", "customerterms-")))


@pytest.mark.parametrize("stream", ["items-3", "prices-TRADE", "customerterms-C-1"])
def test_streams_whose_names_begin_so(stream: str) -> None:
    assert re.search(PATTERN, stream)


@pytest.mark.parametrize("stream", ["documents-prices-1", "ledger-items-3", "case-C-1"])
def test_not_those_of_a_company_that_is_called_so(stream: str) -> None:
    assert not re.search(PATTERN, stream)
