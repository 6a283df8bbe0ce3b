"""What users of other help desks have asked for again and again, one test a wish; the number is the wish's in our list of 25.

Details stand in the tests of each part; here the wish is told as whoever made it would tell it.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path as Folder
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import User

from config.api_urls import urlpatterns
from config.core.api.times import utc
from migrations_app.admin.ticket_actions import ALL_ACTIONS
from tests.factories.desk import Desk
from tests.factories.files import MULTIPART, PDF, multipart
from tests.factories.forms import NUMBER, OTHER_NUMBER, answers, number_answers
from tests.factories.levels import ANSWER_IN_AN_HOUR, make_calendar, make_policy, published, retarget
from tests.factories.walks import CALL_IN, Path, Walk, Walker
from tests.integration.api.caller import Answer, Caller
from tickets.enums import SlaMetric, Visibility
from tickets.models import Queue, Ticket
from tickets.services.comments import post_comment
from tickets.services.routing import reroute
from tickets.services.service_levels import advance_clocks

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.mark.django_db(transaction=True)
def test_wish_1_a_create_can_be_repeated_safely(api: Caller, at_once: AtOnce) -> None:
    """Fifty identical requests at the same moment make one ticket and get the same body."""

    def file() -> Answer:
        answer = Caller(api.secret).post("tickets", answers(), Idempotency_Key="sol-1")
        for _ in range(40):  # the twin is still running: the caller does what Retry-After says
            if answer.status not in {409, 503}:
                break
            answer = Caller(api.secret).post("tickets", answers(), Idempotency_Key="sol-1")
        return answer

    found = at_once([file] * 50)
    assert {answer.status for answer in found} == {201}
    assert len({answer.text for answer in found}) == 1
    assert Ticket.objects.count() == 1


BY_API: dict[str, tuple[str, str]] = {
    # What a client may do in the admin, and where the API does the same.
    "tickets_ticket_changelist": ("GET", "tickets"),
    "tickets_ticket_add": ("POST", "tickets"),
    "tickets_ticket_import": ("POST", "tickets-batch"),
    "tickets_ticket_change": ("GET", "ticket"),
    "tickets_ticket_continue": ("PATCH", "ticket"),
    "tickets_ticket_file": ("GET", "attachment"),
    "tickets_ticket_export": ("GET", "tickets"),
    "submit": ("POST", "ticket-submit"),
    "delete-draft": ("DELETE", "ticket"),
    "comment": ("POST", "comments"),
    "attach": ("POST", "attachments"),
    "claim": ("POST", "requirement-claim"),
    "message-profile": ("PUT", "message-profile"),
    "forget-message-profile": ("DELETE", "message-profile"),
    "tickets_ticket_share_links": ("POST", "share-links"),
    "revoke-link": ("DELETE", "share-link"),
    "tickets_ticket_hand_over": ("GET", "hand-over"),
}
STEPS_OF_A_PAGE = {
    "tickets_ticket_import_confirm": "tickets_ticket_import",
    "tickets_ticket_import_template": "tickets_ticket_import",
    "tickets_ticket_do": "comment",
}
DESK_PAGES = {f"tickets_ticket_{page}" for page in ("slots", "transfer", "attempt", "notice", "letter")}


def test_wish_2_whatever_a_client_may_do_in_the_admin_the_api_does_too() -> None:
    """Every address and every action that the role Client has in the admin has its endpoint."""
    doors = {str(url.name) for url in site._registry[Ticket].get_urls()} - DESK_PAGES - set(STEPS_OF_A_PAGE)
    deeds = {name for name, action in ALL_ACTIONS.items() if action.for_client}
    assert doors | deeds == set(BY_API)
    views = {str(url.name): url.callback.view_class for url in urlpatterns}  # type: ignore[attr-defined]
    for name, (method, endpoint) in BY_API.items():
        assert hasattr(views[endpoint], method.lower()), name


def test_wish_2_a_client_needs_nothing_but_the_api(api: Caller, agent_user: User, files: Folder) -> None:
    """From the draft to the booked call, with everything in between, without a person's help."""
    ticket = f"tickets/{api.post('tickets', answers(submit=False)).json['reference']}"
    changed = api.patch(ticket, {"notes": "Mornings only"}, If_Match=api.get(ticket).etag)
    assert changed.json["form"]["notes"] == "Mornings only"
    assert api.post(f"{ticket}/actions/submit").json["status"]["value"] == "waiting"
    assert api.post(f"{ticket}/comments", {"body": "Here is the proof"}).status == 201
    file = api.post(f"{ticket}/attachments", multipart(PDF, "off.pdf"), Content_Type=MULTIPART).json
    assert api.get(f"{ticket}/attachments/{file['id']}").file == PDF
    asked = {"external_reference": "CASE-9", "promised_for": "2026-03-05T15:00:00Z"}
    requirement = f"{ticket}/requirements/two_step_disabled"
    assert api.post(f"{requirement}/requested", asked).json["waiting_on"]["party"] == "old_bsp"
    claimed = api.post(f"{requirement}/claim", {"statement": "Done", "attachment": file["id"]}).json
    assert claimed["available_actions"] == ["cancel"]
    assert api.post(f"{ticket}/actions/cancel", {"reason": "other"}).json["available_actions"] == ["reopen"]
    assert api.post(f"{ticket}/actions/reopen").status == 200
    start = api.get(f"{ticket}/slots").json["data"][0]["start"]
    booked = api.post(f"{ticket}/pin-calls", {"start": start})
    assert (booked.status, booked.json["start"]) == (201, start)
    assert api.get(ticket).json["stage"] == "scheduled"
    told = {event["type"] for event in api.get("events?limit=200").data}
    assert {"ticket.created", "ticket.commented", "requirement.changed", "pin_call.booked"} <= told
    spare = api.post("tickets", answers(OTHER_NUMBER, submit=False)).json["reference"]
    assert api.delete(f"tickets/{spare}").status == 204


def test_wish_4_what_changed_since_is_one_cheap_question(api: Caller, walk: Walker) -> None:
    """A reader that keeps its cursor is told everything once and in order, and nothing it asks for is ignored."""
    walked = walk(Path.FILED)
    page = api.get("events?limit=3").json
    seen = list(page["data"])
    walked.claim()  # while the reader is on its way
    while page["has_more"]:
        page = api.get(f"events?limit=3&after={page['next_cursor']}").json
        seen += page["data"]
    sequence = [int(event["id"].rsplit("_", 1)[1]) for event in seen]
    assert sequence == sorted(set(sequence))
    assert [event["type"] for event in seen] == [e.type for e in walked.events() if not e.internal]
    quiet = f"events?after={page['next_cursor']}"
    assert api.get(quiet, If_None_Match=api.get(quiet).etag).status == 304
    for parameter in ("end_time=2026-03-02", "since=1", "page=2"):
        answer = api.get(f"events?{parameter}")
        assert (answer.status, answer.code) == (400, "unknown_parameter")
    for path in ("tickets", "bsps", f"tickets/{walked.ticket.reference}/events"):
        assert api.get(f"{path}?end_time=1").code == "unknown_parameter"


def sla(api: Caller, reference: str) -> dict[str, dict[str, Any]]:
    """The clocks that a ticket shows, by metric."""
    return {clock["metric"]: clock for clock in api.get(f"tickets/{reference}").json["sla"]}


FRIDAY_HALF_PAST_FOUR = datetime(2026, 3, 6, 19, 30, tzinfo=UTC)
"""In Sao Paulo, three hours behind UTC."""


def test_wish_9_targets_count_working_hours_and_holidays(
    api: Caller, clock_at: Callable[[datetime], None], now: datetime
) -> None:
    """Filed on Friday at half past four, an hour to answer, nine to five: due on Monday at half past nine."""
    calendar = make_calendar("Sao Paulo", now=now)
    make_policy("Fast", calendar, targets=ANSWER_IN_AN_HOUR, now=now)
    clock_at(FRIDAY_HALF_PAST_FOUR)
    filed = api.post("tickets", answers()).json
    assert [clock["due_at"] for clock in filed["sla"]] == ["2026-03-09T12:30:00Z"]
    published(calendar, now=now, closed=date(2026, 3, 9))
    other = api.post("tickets", answers(OTHER_NUMBER)).json
    assert sla(api, other["reference"])["first_response"]["due_at"] == "2026-03-10T12:30:00Z"


@pytest.mark.parametrize(
    ("hours", "minutes", "due"),
    [
        ([(4, 9, 12), (4, 13, 17), (0, 9, 12), (0, 13, 17)], 240, "2026-03-09T16:30:00Z"),  # lunch on Monday
        ([(4, 16, 2)], 600, "2026-03-13T19:30:00Z"),  # into Saturday, and half an hour of the next Friday
        ([(4, 9, 17), (5, 22, 4)], 300, "2026-03-08T05:30:00Z"),  # the night after Saturday
    ],
)
def test_wish_10_a_day_has_several_periods_and_some_end_after_midnight(
    api: Caller,
    clock_at: Callable[[datetime], None],
    now: datetime,
    hours: list[tuple[int, int, int]],
    minutes: int,
    due: str,
) -> None:
    calendar = make_calendar("Sao Paulo", now=now, hours=hours)
    make_policy("Fast", calendar, targets={SlaMetric.FIRST_RESPONSE: minutes}, now=now)
    clock_at(FRIDAY_HALF_PAST_FOUR)
    assert api.post("tickets", answers()).json["sla"][0]["due_at"] == due


def test_wish_11_clocks_wait_for_others_and_a_changed_policy_keeps_the_pauses(
    api: Caller, walk: Walker, desk: Desk, now: datetime
) -> None:
    calendar = make_calendar("Always", "UTC", now=now, hours=[(day, 0, 0) for day in range(7)])
    policy = make_policy("Booking", calendar, targets={SlaMetric.TIME_TO_SCHEDULE: 600}, now=now)
    walked = walk(Path.TRIAGE)
    shown = partial(sla, api, walked.ticket.reference)

    def place(queue: Queue) -> None:
        reroute(ticket_id=walked.ticket.pk, queue_id=queue.pk, reason="here", by=walked.desk, now=walked.now)

    assert shown()["time_to_schedule"]["due_at"] == utc(now + timedelta(hours=10))
    walked.later(hours=4)
    place(desk.latam)
    assert (walked.fresh().waiting_on, shown()["time_to_schedule"]["state"]) == ("client", "paused")
    walked.later(hours=30)
    walked.ask_bsp(external_reference="T-1")
    assert (walked.fresh().waiting_on, shown()["time_to_schedule"]["state"]) == ("old_bsp", "paused")
    walked.later(hours=30)
    place(desk.triage)
    assert shown()["time_to_schedule"]["due_at"] == utc(walked.now + timedelta(hours=6))
    # Twenty hours instead of ten: four are gone, the sixty of waiting are not.
    retarget(policy, {SlaMetric.TIME_TO_SCHEDULE: 1200}, now=walked.now)
    advance_clocks(ticket_id=walked.ticket.pk, now=walked.now)
    assert shown()["time_to_schedule"]["due_at"] == utc(walked.now + timedelta(hours=16))


def test_wish_13_clocks_are_independent_and_a_reply_by_api_counts(api: Caller, walk: Walker, now: datetime) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    reference = walked.ticket.reference

    def say(desk: bool) -> None:
        if desk:
            post_comment(ticket_id=walked.ticket.pk, body="Hi", visibility=Visibility.PUBLIC, by=walked.desk, now=now)
        else:
            assert api.post(f"tickets/{reference}/comments", {"body": "And now?"}).status == 201

    before = sla(api, reference)
    assert {metric: clock["state"] for metric, clock in before.items()} == {
        "first_response": "running",
        "time_to_schedule": "paused",
        "time_to_migrate": "paused",
    }
    say(desk=True)
    answered = sla(api, reference)
    assert (answered["first_response"]["state"], answered["first_response"]["cycle"]) == ("met", 1)
    say(desk=False)
    asked = sla(api, reference)
    assert (asked["first_response"]["state"], asked["first_response"]["cycle"]) == ("running", 2)
    for metric in ("time_to_schedule", "time_to_migrate"):
        assert asked[metric] == before[metric]


def test_wish_14_a_fine_stage_stands_beside_a_stable_status(api: Caller, walk: Walker) -> None:
    """The desk's stages can be many; a generic client acts on status and category alone."""
    shown = {}
    for place, path in enumerate((Path.TRIAGE, Path.WAITING_TWO_STEP, Path.READY, Path.SCHEDULED)):
        walked = walk(path, f"+551198765432{place}")
        body = api.get(f"tickets/{walked.ticket.reference}").json
        shown[body["stage"]] = (body["status"]["value"], body["status"]["category"])
    assert shown == {
        "triage": ("open", "open"),
        "requirements": ("waiting", "pending"),
        "ready": ("waiting", "pending"),
        "scheduled": ("scheduled", "pending"),
    }


def test_wish_18_requirements_gate_transitions_and_what_is_missing_is_listed(api: Caller, walk: Walker) -> None:
    """Whoever tries too early is told by code what stands in the way, and is let through when it no longer does."""
    reference = walk(Path.FILED, business_manager_id="").ticket.reference
    start = walk.now + CALL_IN
    early = [
        api.get(f"tickets/{reference}/slots"),
        api.post(f"tickets/{reference}/slot-holds", {"start": start.isoformat()}),
        api.post(f"tickets/{reference}/pin-calls", {"start": start.isoformat()}),
    ]
    for answer in early:
        assert (answer.status, answer.code) == (409, "illegal_transition")
        assert answer.json["blocking"] == ["business_manager_id", "two_step_disabled"]
        assert answer.json["allowed"] == ["cancel"]
    assert api.get(f"tickets/{reference}").json["requirements"]["blocking"] == answer.json["blocking"]
    api.post(f"tickets/{reference}/requirements/business_manager_id/claim", {"value": "506914307656634"})
    assert api.get(f"tickets/{reference}/slots").json["blocking"] == ["two_step_disabled"]
    api.post(f"tickets/{reference}/requirements/two_step_disabled/claim", {"statement": "Switched off today."})
    assert api.post(f"tickets/{reference}/pin-calls", {"start": start.isoformat()}).status == 201


@pytest.fixture
def open_walk(walk: Walker) -> Walk:
    """Waits for two-step verification."""
    return walk(Path.WAITING_TWO_STEP)


@pytest.mark.parametrize(
    "query",
    [
        "phone_number=%2B5511987654321",
        "phone_number=551187654321",  # the same line as it was written before the ninth digit
        "q=(11)98765-4321",
        "q=ana@padariasol.example",
        "q=padaria",
        "client_reference=SOL-1",
        "group_reference=spring",
    ],
)
def test_wish_20_a_ticket_is_found_by_whatever_the_client_has_at_hand(api: Caller, walk: Walker, query: str) -> None:
    wanted = walk(Path.WAITING_TWO_STEP, group_reference="spring")
    client = {"name": "Livraria", "contact_email": "bea@livraria.example"}
    walk(Path.WAITING_TWO_STEP, OTHER_NUMBER, client_reference="LIV-1", client=client)
    found = api.get(f"tickets?{query}").data
    assert [ticket["reference"] for ticket in found] == [wanted.ticket.reference]


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"phone_numbers": ["12345"]}, "invalid_phone_number", "#/phone_numbers/0"),
        ({"waba_id": "506914307656634"}, "identifiers_not_distinct", "#/business_manager_id"),
        ({"waba_id": NUMBER[1:]}, "identifiers_not_distinct", "#/waba_id"),
        ({"business_manager_id": "unknown"}, "invalid_identifier", "#/business_manager_id"),
        ({"uses_business_app": True}, "business_app_number", "#/uses_business_app"),
        ({"phone_numbers": [NUMBER, "+551187654321"]}, "duplicate_in_request", "#/phone_numbers/1"),
    ],
)
def test_wish_24_a_refusal_is_told_before_filing_with_its_reason_and_its_place(
    api: Caller, changes: dict[str, Any], code: str, pointer: str
) -> None:
    body = answers() | changes
    rows = api.post("eligibility-checks", body).data
    told = {
        (reason["field"], reason["code"]) for row in rows for reason in row["reasons"] if reason["blocks"] == "submit"
    }
    assert not all(row["can_submit"] for row in rows)
    refused = api.post("tickets", body)
    assert (refused.status, refused.entries) == (422, [(pointer, code)])
    # A short code is no number to file; the check says why it never will be.
    assert told == {(pointer, "not_a_whatsapp_capable_line" if body["phone_numbers"] == ["12345"] else code)}


def test_wish_24_what_cannot_go_ahead_yet_is_told_by_check_and_ticket_alike(api: Caller) -> None:
    body = answers(business_verification="pending", waba_id=None, current_bsp="360dialog")
    [row] = api.post("eligibility-checks", body).data
    ticket = api.post("tickets", body).json
    assert (row["can_submit"], row["eligible"]) == (True, None)
    assert row["blocking"] == ticket["requirements"]["blocking"]
    stops = {
        reason["code"] for reason in row["reasons"] if reason["blocks"] == "schedule" and reason["severity"] == "block"
    }
    assert stops == {detail["code"] for detail in ticket["status"]["details"]}
    warns = [(reason["code"], reason["message"]) for reason in row["reasons"] if reason["severity"] == "warn"]
    assert warns == [(each["code"], each["message"]) for each in ticket["phone_numbers"][0]["warnings"]]


def test_wish_24_nothing_is_accepted_without_effect(api: Caller) -> None:
    reference = api.post("tickets", answers()).json["reference"]
    for answer in (
        api.post("eligibility-checks", {"phone_numbers": [NUMBER], "two_factor": "off"}),
        api.post("tickets", answers(OTHER_NUMBER, two_factor="off")),
        api.patch(f"tickets/{reference}", {"two_factor": "off"}, If_Match=api.get(f"tickets/{reference}").etag),
    ):
        assert (answer.status, answer.entries) == (422, [("#/two_factor", "unknown_field")])


READY: dict[str, Any] = {"two_step_verification": "disabled"}
NOT_READY: dict[str, tuple[dict[str, Any], str]] = {
    "two-step verification is on": ({"two_step_verification": "enabled"}, "two_step_enabled"),
    "a voice menu answers": (READY | {"phone_numbers": [number_answers(behind_ivr=True)]}, "behind_ivr"),
    "an SMS to a landline": (
        READY | {"phone_numbers": [number_answers("+551130001001", line_type="landline")]},
        "otp_needs_voice",
    ),
    "nobody but the number itself": (
        READY | {"client": {"contact_phone": NUMBER}, "phone_numbers": [number_answers(otp_contact=None)]},
        "contact_phone_is_migrating_number",
    ),
}


@pytest.mark.parametrize("why", NOT_READY)
def test_wish_25_no_call_is_booked_for_a_number_that_cannot_be_verified(api: Caller, agent_user: Any, why: str) -> None:
    changes, code = NOT_READY[why]
    body = answers(**changes)
    [row] = api.post("eligibility-checks", body).data
    assert row["eligible"] is None
    assert code in {reason["code"] for reason in row["reasons"] if reason["severity"] == "block"}
    reference = api.post("tickets", body).json["reference"]
    slots = api.get(f"tickets/{reference}/slots")
    assert (slots.status, slots.code) == (409, "illegal_transition")


def test_wish_25_a_number_in_order_is_eligible_and_can_be_booked(api: Caller, agent_user: Any) -> None:
    body = answers(**READY)
    [row] = api.post("eligibility-checks", body).data
    assert (row["eligible"], row["reasons"]) == (True, [])
    reference = api.post("tickets", body).json["reference"]
    assert api.get(f"tickets/{reference}/slots").data


def test_wish_25_the_old_form_of_a_number_and_the_cap_of_a_portfolio_are_told(api: Caller) -> None:
    numbers = ["+551187654321", OTHER_NUMBER, "+5511965432109"]
    rows = api.post("eligibility-checks", answers(*numbers, business_verification="unverified")).data
    told = [{reason["code"]: reason for reason in row["reasons"]} for row in rows]
    assert told[0]["brazil_ninth_digit"]["candidate"] == NUMBER
    assert all("number_cap_exceeded" in each for each in told)
    fewer = api.post("eligibility-checks", answers(*numbers[:2], business_verification="unverified")).data
    assert not any(reason["code"] == "number_cap_exceeded" for row in fewer for reason in row["reasons"])
