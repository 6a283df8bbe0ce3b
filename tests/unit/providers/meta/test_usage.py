"""What Meta's headers ask us to wait. Source: Meta, Graph API rate limits (fields and their units)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.meta.usage import LONGEST_SECONDS, seconds_to_wait


def business(**entry: object) -> dict[str, str]:
    return {"x-business-use-case-usage": json.dumps({"735467396201142": [{"type": "messaging", **entry}]})}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "120"}, 120),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0),
        ({"retry-after": "-5"}, 0),
        (business(call_count=100, estimated_time_to_regain_access=19), 19 * 60),
        (business(call_count=40, estimated_time_to_regain_access=0), 0),
        ({**business(estimated_time_to_regain_access=5), "retry-after": "20"}, 300),
        ({"x-app-usage": '{"call_count": 28, "total_time": 25, "total_cputime": 25}'}, 0),
        ({"x-app-usage": '{"call_count": 28, "total_time": 100, "total_cputime": 25}'}, 3600),
        ({"x-app-usage": "[1]", "x-business-use-case-usage": '{"1": {"a": 1}, "2": ["b"]}'}, 0),
        ({"retry-after": "999999999999999999"}, LONGEST_SECONDS),
    ],
)
def test_the_longest_wait_of_all_headers_counts(headers: dict[str, str], seconds: int) -> None:
    assert seconds_to_wait(headers) == seconds


@given(
    text=st.one_of(
        st.text(max_size=20), st.recursive(st.integers() | st.none(), lambda x: st.lists(x, max_size=2)).map(json.dumps)
    )
)
def test_no_header_can_break_the_reading(text: str) -> None:
    for name in ("retry-after", "x-app-usage", "x-business-use-case-usage"):
        assert 0 <= seconds_to_wait({name: text}) <= LONGEST_SECONDS
