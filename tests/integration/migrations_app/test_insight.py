"""Insight: figures from past chases, and the date by which a ticket should be ready."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config.core.actor import SYSTEM
from migrations_app.api.documents import ticket_document
from migrations_app.enums import RequirementCode, RequirementState
from migrations_app.models import BspPace, Chase
from migrations_app.selectors.cases import documents
from migrations_app.services.insight import WINDOW, refresh_paces
from migrations_app.services.requirements import Claim, Decision, claim, decide
from providers.models import Bsp
from tests.factories.walks import Path, Walk, Walker

CODE = RequirementCode.TWO_STEP_DISABLED
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def switched_off(walk: Walker, place: int, days: int) -> Walk:
    """A ticket of Infobip's whose two-step verification was claimed off after so many days, and proven a week later."""
    walked = walk(Path.WAITING_TWO_STEP, phone_numbers=[f"+551198765{place:04d}"])
    began = Chase.objects.get(case=walked.case, requirement_code=CODE).created_at
    claim(ticket_id=walked.ticket.pk, claim=Claim(CODE), by=walked.by, now=began + days * DAY)
    proven = Decision(CODE, RequirementState.MET)
    decide(ticket_id=walked.ticket.pk, decision=proven, by=walked.desk, now=began + (days + 7) * DAY)
    return walked


def test_figures_of_a_bsp_and_the_date_they_predict(walk: Walker, client: Client, lead_user: User) -> None:
    for place, days in enumerate((1, 2, 3, 4)):
        switched_off(walk, place, days)
    late = walk.now + 20 * DAY
    refresh_paces(by=SYSTEM, now=late)

    # Four cases say too little for a date.
    early = walk(Path.WAITING_TWO_STEP, phone_numbers=["+5511987650100"])
    assert early.case.ready_likely_at is None
    last = switched_off(walk, 5, 5)
    waived = walk(Path.WAITING_TWO_STEP, phone_numbers=["+5511987650101"])
    waive = Decision(CODE, RequirementState.WAIVED, "checked by phone")
    decide(ticket_id=waived.ticket.pk, decision=waive, by=waived.desk, now=walk.now + DAY)
    assert refresh_paces(by=SYSTEM, now=late) >= 2

    own = BspPace.objects.get(bsp__slug="infobip", requirement_code=CODE)
    in_all = BspPace.objects.get(bsp=None, requirement_code=CODE)
    # Counted to the claim that held, not to its proof; what was waived tells nothing.
    assert (own.cases, own.median, own.late) == (5, 3 * DAY, 4.6 * DAY)
    assert (in_all.cases, in_all.median) == (5, 3 * DAY)
    assert own.open_cases == 1
    assert own.escalated_percent == Decimal(0)
    assert own.messages >= 1

    waiting = walk(Path.WAITING_TWO_STEP, phone_numbers=["+5511987650102"])
    case = waiting.case
    began = Chase.objects.get(case=case, requirement_code=CODE).created_at
    assert (case.ready_likely_at, case.ready_late_at, case.ready_cases) == (began + 3 * DAY, began + 4.6 * DAY, 5)

    shown = ticket_document(waiting.fresh(), documents([waiting.ticket])[waiting.ticket.pk])["ready_by"]
    assert shown == {"likely": "2026-03-05T15:00:00Z", "late": "2026-03-07T05:24:00Z", "known_cases": 5}
    client.force_login(lead_user)
    story = client.get(reverse("admin:tickets_ticket_change", args=[waiting.ticket.pk])).content.decode()
    assert "of 5 known cases" in story

    # Once nothing is open any more there is nothing to predict.
    assert last.case.ready_likely_at is None
    claim(ticket_id=waiting.ticket.pk, claim=Claim(CODE), by=waiting.by, now=began + DAY)
    assert waiting.case.ready_likely_at is None

    page = client.get(reverse("admin:migrations_app_bsppace_changelist")).content.decode()
    assert "Infobip" in page
    assert "3 days" in page
    assert "All together" in page
    assert "Paces of" not in page


def test_a_bsp_with_few_cases_borrows_the_figures_of_all(walk: Walker) -> None:
    for place, days in enumerate((2, 2, 2, 2, 2)):
        switched_off(walk, place, days)
    refresh_paces(by=SYSTEM, now=walk.now + 20 * DAY)
    other = walk(Path.WAITING_TWO_STEP, phone_numbers=["+5511987650103"], current_bsp="sinch")
    assert other.case.ready_cases == 5
    assert Bsp.objects.get(slug="sinch").pk not in BspPace.objects.values_list("bsp_id", flat=True)


def test_figures_grow_old_and_are_written_once_more_without_doubling(walk: Walker) -> None:
    switched_off(walk, 0, 1)
    soon = walk.now + 20 * DAY
    assert refresh_paces(by=SYSTEM, now=soon) == refresh_paces(by=SYSTEM, now=soon) == BspPace.objects.count()
    refresh_paces(by=SYSTEM, now=walk.now + WINDOW + 20 * DAY)
    assert not BspPace.objects.exists()
