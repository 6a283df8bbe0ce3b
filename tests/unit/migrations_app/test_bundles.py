"""Which reminders share a message, and how much a day allows."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.bundles import Sharing, carries_text, day_is_full, may_share, plain_address, veiled
from tickets.enums import Party

CLIENT = Sharing(Party.CLIENT, "email", "ana@sol.example", 1, test=False)
BSP = Sharing(Party.OLD_BSP, "email", "exit@bsp.example", 1, test=False)
sharings = st.builds(
    Sharing,
    st.sampled_from([Party.CLIENT, Party.OLD_BSP]),
    st.sampled_from(["email", "http", "phone"]),
    st.sampled_from(["a@x.example", "A@x.example ", "b@x.example"]),
    st.integers(1, 2),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("one", "changes", "together"),
    [
        (CLIENT, {}, True),
        (CLIENT, {"address": " ANA@sol.example"}, True),
        (CLIENT, {"address": "rui@sol.example"}, False),
        (CLIENT, {"organization_id": 2}, False),
        (CLIENT, {"test": True}, False),
        (CLIENT, {"channel": "http"}, False),
        (CLIENT, {"party": Party.OLD_BSP}, False),
        (BSP, {"organization_id": 2}, True),
        (BSP, {"organization_id": 2, "test": True}, False),
    ],
)
def test_who_shares_a_message(one: Sharing, changes: dict[str, object], together: bool) -> None:
    other = replace(one, **changes)  # type: ignore[arg-type]
    assert may_share(one, other) is may_share(other, one) is together


@given(sharings, sharings, sharings)
def test_sharing_is_mutual_and_passed_on(one: Sharing, two: Sharing, three: Sharing) -> None:
    """So it does not matter which of the due reminders is claimed first."""
    assert may_share(one, two) is may_share(two, one)
    if may_share(one, two) and may_share(two, three):
        assert may_share(one, three)


@pytest.mark.parametrize(
    ("message", "carried"),
    [("two_step_guide", True), ("two_step_letter", True), ("two_step_reminder", False), ("promise_outcome", False)],
)
def test_what_a_line_cannot_say_goes_along_as_a_file(message: str, carried: bool) -> None:
    assert carries_text(message) is carried


def test_a_day_is_full_at_its_cap() -> None:
    assert [day_is_full(left, cap=3) for left in (0, 2, 3, 4)] == [False, False, True, True]


def test_an_address_is_recognised_only_by_who_knows_it() -> None:
    assert veiled("ana@sol.example") == "a•••@sol.example"
    assert plain_address(" Ana@Sol.Example ") == "ana@sol.example"
