"""Ladders: which one fits, what could not be climbed, and the dates on which it sends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import Blocks, NumberState, RequirementCode, RequirementState, Stage
from migrations_app.enums.ladders import AtEnd, Demand
from migrations_app.rules.asking import awaited
from migrations_app.rules.flows import BY_CALL, FlowPlan
from migrations_app.rules.ladders import (
    MOST_RUNGS,
    Candidate,
    Step,
    Wanted,
    at_end,
    choose,
    opening_wait,
    parse_ladder,
    rung_problems,
    timetable,
)
from migrations_app.rules.progress import CaseFacts, NumberFacts, RequirementFacts
from migrations_app.rules.requirements import CATALOGUE
from tickets.enums import Party

TEXTS = {"two_step_guide", "two_step_bsp_request", "requirement_reminder", "closing_reminder", "call_booked"}
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

# Choosing

words = st.sampled_from(["", "a", "b"])
candidates = st.builds(
    Candidate,
    slug=st.text("abcdefgh", min_size=1, max_size=3),
    demand=st.sampled_from(Demand),
    requirement=words,
    waba_owner=words,
    bsp=words,
    priority=words,
)
wanted = st.builds(
    Wanted, demand=st.sampled_from(Demand), requirement=words, waba_owner=words, bsp=words, priority=words
)


def weight(candidate: Candidate) -> tuple[bool, bool, bool, bool]:
    return (bool(candidate.bsp), bool(candidate.priority), bool(candidate.requirement), bool(candidate.waba_owner))


@given(wanted, st.lists(candidates, unique_by=lambda each: each.slug), st.randoms(use_true_random=False))
def test_the_most_special_that_fits_is_chosen_whatever_their_order(asked: Wanted, offered: Any, dice: Any) -> None:
    chosen = choose(asked, offered)
    fitting = [each for each in offered if each.fits(asked)]
    assert (chosen is None) == (not fitting)
    if chosen is not None:
        assert chosen in fitting
        assert weight(chosen) == max(map(weight, fitting))
    dice.shuffle(offered)
    assert choose(asked, offered) == chosen


@given(wanted, st.lists(candidates, min_size=1, unique_by=lambda each: each.slug))
def test_what_the_playbook_names_goes_first_if_it_is_for_the_same_demand(asked: Wanted, offered: Any) -> None:
    named = offered[0]
    assert (choose(asked, offered, named=named.slug) == named) or named.demand != asked.demand
    assert choose(asked, offered, named="no such ladder") == choose(asked, offered)


def test_a_bsp_goes_before_a_priority_a_requirement_and_an_owner() -> None:
    asked = Wanted(Demand.REQUIREMENT, requirement="otp_contact", waba_owner="client", bsp="infobip", priority="high")
    rows = [
        Candidate("any", Demand.REQUIREMENT),
        Candidate("owner", Demand.REQUIREMENT, waba_owner="client"),
        Candidate("code", Demand.REQUIREMENT, requirement="otp_contact"),
        Candidate("priority", Demand.REQUIREMENT, priority="high"),
        Candidate("bsp", Demand.REQUIREMENT, bsp="infobip"),
        Candidate("bsp-and-owner", Demand.REQUIREMENT, bsp="infobip", waba_owner="client"),
        Candidate("another", Demand.REQUIREMENT, bsp="gupshup", priority="high"),
    ]
    order = []
    while (found := choose(asked, rows)) is not None:
        order.append(found.slug)
        rows.remove(found)
    assert order == ["bsp-and-owner", "bsp", "priority", "code", "owner", "any"]


# Rungs


def problems(*steps: dict[str, Any], demand: Demand = Demand.TWO_STEP) -> list[tuple[int, str, str]]:
    found = rung_problems(parse_ladder(steps), demand=demand, messages=TEXTS)
    return [(problem.index, problem.field, problem.code) for problem in found]


GUIDE = {"to": "client", "message": "two_step_guide", "channel": "best"}
END = {"escalate": True}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([GUIDE, END], []),
        ([GUIDE | {"wait_business_days": 0}, GUIDE | {"message": "requirement_reminder"}], []),
        ([GUIDE | {"message": "nothing_like_it"}, END], [(0, "message", "unknown_message")]),
        ([GUIDE | {"message": "call_booked"}], [(0, "message", "message_of_another_demand")]),
        ([GUIDE, GUIDE | {"message": "closing_reminder"}], [(1, "message", "message_of_another_demand")]),
        ([GUIDE | {"channel": "portal"}], [(0, "channel", "cannot_reach")]),
        ([GUIDE | {"channel": "pigeon"}], [(0, "channel", "cannot_reach")]),
        ([{"to": "old_bsp", "message": "two_step_bsp_request", "channel": "portal"}], []),
        ([{"to": "old_bsp", "message": "two_step_bsp_request", "channel": "phone"}], [(0, "channel", "cannot_reach")]),
        ([GUIDE | {"to": "old_bsp"}], [(0, "message", "message_for_somebody_else")]),
        ([GUIDE | {"message": "two_step_bsp_request"}], [(0, "message", "message_for_somebody_else")]),
        ([GUIDE | {"to": "meta"}], [(0, "channel", "cannot_reach")]),
        ([GUIDE | {"wait_business_days": -1}], [(0, "wait_business_days", "negative_wait")]),
        ([GUIDE, END, GUIDE], [(1, "message", "end_in_the_middle")]),
        ([END], [(0, "message", "no_rungs")]),
        ([], [(0, "message", "no_rungs")]),
        ([GUIDE] * MOST_RUNGS, []),
        ([GUIDE] * (MOST_RUNGS + 1), [(MOST_RUNGS, "message", "too_many_rungs")]),
    ],
    ids=str,
)
def test_what_could_not_be_climbed_is_told_by_rung_and_field(steps: Any, expected: Any) -> None:
    assert problems(*steps) == expected


def test_hours_are_parts_of_a_business_day_and_old_snapshots_still_read() -> None:
    old, new = parse_ladder(
        [{"message": "x", "wait_business_days": 2.5}, GUIDE | {"wait_business_days": 1, "wait_hours": 3}]
    )
    assert (old.wait_business_days, old.channel, old.language) == (2.5, "email", "recipient")
    assert new.wait_business_days == pytest.approx(1 + 1 / 3)


def test_a_chase_of_an_older_release_hands_over_to_a_person() -> None:
    assert at_end([]) == {AtEnd.ESCALATE}
    assert at_end(["raise_priority", "something else"]) == {AtEnd.RAISE_PRIORITY}


@pytest.mark.parametrize(
    ("wait", "alone", "beside", "expected"),
    [
        (0, True, False, 0),
        (1, True, False, 0),
        (1, False, False, 1),
        (0, False, True, 1),
        (5, False, True, 5),
        (5, False, False, 5),
    ],
)
def test_one_first_mail_for_one_filing(wait: float, alone: bool, beside: bool, expected: float) -> None:
    step = Step(0, wait, Party.CLIENT, "best", "requirement_reminder")
    assert opening_wait(step, alone=alone, beside_another=beside) == expected


# Timetables

steps = st.lists(
    st.builds(
        Step,
        index=st.just(0),
        wait_business_days=st.floats(0, 10),
        recipient=st.sampled_from([Party.CLIENT, Party.OLD_BSP]),
        channel=st.just("email"),
        message=st.sampled_from(["two_step_guide", "two_step_reminder", ""]),
    ),
    max_size=8,
).map(lambda rows: [Step(n, s.wait_business_days, s.recipient, s.channel, s.message) for n, s in enumerate(rows)])


@given(steps, st.sampled_from([None, 0, 3]), st.sampled_from([None, 0.0, 2.0]))
def test_a_timetable_goes_up_never_back_and_ends_at_the_first_end(ladder: Any, after: int | None, opening: Any) -> None:
    def due(step: Step, previous: datetime, _first: bool) -> datetime:
        return previous + timedelta(days=step.wait_business_days)

    rungs = list(
        timetable(
            ladder, after=after, start=START, due=due, opening=opening,
            way=lambda step: "email" if step.recipient is Party.CLIENT else "",
        )
    )  # fmt: skip
    indexes = [rung.step.index for rung in rungs]
    assert indexes == list(range(indexes[0], indexes[-1] + 1)) if indexes else True
    assert all(index > (-1 if after is None else after) for index in indexes)
    times = [rung.at for rung in rungs if rung.at]
    assert times == sorted(times)
    assert [rung for rung in rungs[:-1] if rung.step.escalates] == []
    assert all(
        (rung.at is None) == (not rung.step.escalates and rung.step.recipient is Party.OLD_BSP) for rung in rungs
    )
    if opening is not None and times and not next(rung for rung in rungs if rung.at).step.escalates:
        assert times[0] == START + timedelta(days=opening)


# What is asked for together


def facts(stage: Stage, *codes: RequirementCode, plan: FlowPlan = BY_CALL, **changes: Any) -> CaseFacts:
    rows = tuple(
        RequirementFacts(code, line.owner, changes.get("blocks", line.blocks), RequirementState.UNMET, None)
        for code, line in CATALOGUE.items()
        if code in codes
    )
    return CaseFacts(stage=stage, plan=plan, requirements=rows, numbers=(NumberFacts(1, NumberState.PENDING),))


ACK, WALLET, NAME = (
    RequirementCode.OPEN_CONVERSATIONS_ACK,
    RequirementCode.WALLET_FUNDED,
    RequirementCode.DISPLAY_NAME_APPROVED,
)
REVIEW, PAYMENT, SOFT = (
    RequirementCode.BUSINESS_VERIFIED,
    RequirementCode.DESTINATION_PAYMENT,
    RequirementCode.CAMPAIGNS_PAUSED,
)


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Stage.TRIAGE, {WALLET, NAME, REVIEW}),
        (Stage.REQUIREMENTS, {WALLET, NAME, REVIEW}),
        (Stage.READY, {WALLET, NAME, REVIEW, ACK}),
        (Stage.SCHEDULED, {WALLET, NAME, REVIEW, ACK}),
        (Stage.IN_CALL, set()),
        (Stage.VERIFYING, set()),
        (Stage.CLOSING, set()),
        (Stage.CANCELLED, set()),
    ],
)
def test_what_the_next_step_waits_for_is_asked_and_nothing_of_ours(
    stage: Stage, expected: set[RequirementCode]
) -> None:
    case = facts(
        stage, ACK, WALLET, NAME, REVIEW, PAYMENT, SOFT, RequirementCode.TWO_STEP_DISABLED, RequirementCode.WABA_ID
    )
    assert {row.code for row in awaited(case)} == expected


def test_what_blocks_nothing_is_asked_only_where_a_playbook_makes_it_block() -> None:
    assert not awaited(facts(Stage.READY, SOFT))
    assert awaited(facts(Stage.READY, SOFT, blocks=Blocks.START))
    assert awaited(facts(Stage.VERIFYING, SOFT, blocks=Blocks.RESOLVE))
    assert not awaited(facts(Stage.READY, SOFT, blocks=Blocks.RESOLVE))
