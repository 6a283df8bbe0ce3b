"""Calls that tickets share, at the agents' screen."""

from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse

from migrations_app.models import PinCall
from tests.factories.desk import Desk, make_agent
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of, told
from tickets.models import Ticket

LINES = ("+5511987654301", "+5511987654302")


@pytest.fixture
def pair(walk: Walker) -> tuple[Walk, Walk]:
    """Two tickets of one client in one call, put together by their group."""
    one, two = (walk(Path.READY, line, group_reference="sol-2026") for line in LINES)
    start = one.now.replace(minute=0) + timedelta(hours=24)
    one.book(start)
    two.book(start)
    return one, two


def page_of(person: Person, walked: Walk) -> str:
    assert walked.call is not None
    return text_of(person.get("migrations_app_pincall_console", walked.call.pk))


def test_the_call_page_shows_the_numbers_of_all_tickets_by_ticket(
    pair: tuple[Walk, Walk], agent_at_desk: Person
) -> None:
    one, two = pair
    for walked, other in ((one, two), (two, one)):
        page = page_of(agent_at_desk, walked)
        assert all(line in page for line in LINES)
        assert f"One call with {other.ticket.reference}" in " ".join(page.split()) or other.ticket.reference in page
        assert f"{other.ticket.reference} · {other.ticket.client_name}</h3>" in page  # what it lacks before the start


def test_a_number_of_the_other_ticket_is_moved_from_the_same_page(
    pair: tuple[Walk, Walk], agent_at_desk: Person
) -> None:
    one, two = pair
    assert one.call is not None
    for walked in pair:
        walked.claim("open_conversations_ack")
    agent_at_desk.post("migrations_app_pincall_console", one.call.pk, step="start")
    assert set(PinCall.objects.values_list("state", flat=True)) == {"started"}
    answer = agent_at_desk.post(
        "migrations_app_pincall_console", one.call.pk, step="skip", number=two.number().pk, reason="SIM lost"
    )
    assert "left out" in told(answer)
    assert two.number().state == "skipped"


def test_the_page_goes_on_with_the_next_ticket_and_forgets_nothing_of_the_first(
    pair: tuple[Walk, Walk], agent_at_desk: Person, meta: Meta
) -> None:
    one, two = pair
    for walked in pair:
        walked.claim("open_conversations_ack")
    one.start_call()
    one.move()
    assert set(PinCall.objects.values_list("ticket_id", "state")) == {
        (one.ticket.pk, "finished"),
        (two.ticket.pk, "started"),
    }
    for walked in pair:
        page = page_of(agent_at_desk, walked)
        assert f'value="ask"><input type="hidden" name="number" value="{two.number().pk}"' in page
        assert f"Has the client written down the new two-step PIN of {LINES[0]}?" in page
        assert "This call is over" not in page
        # Somebody has come: a number got on.
        assert 'value="no_show"' not in page
        assert one.call is not None
        live = text_of(agent_at_desk.get("migrations_app_pincall_live", one.call.pk))
        assert "Ask Meta for the code" in live
    assert one.call is not None
    post = partial(agent_at_desk.post, "migrations_app_pincall_console", one.call.pk)
    assert LINES[0] in told(post(step="finish")), "its PIN is not noted"
    post(step="pin_noted", number=one.number().pk)
    assert "The call has ended." in told(post(step="finish"))
    # What is left over belongs to the second ticket, whichever of the two pages is open.
    for walked in pair:
        page = page_of(agent_at_desk, walked)
        assert "What remains" in page
        assert "Book another call of 30 minutes for it" in page


def test_what_several_tickets_have_left_is_found_from_either_page(
    pair: tuple[Walk, Walk], agent_at_desk: Person
) -> None:
    one, two = pair
    for walked in pair:
        walked.claim("open_conversations_ack")
    one.start_call()
    one.finish_call()
    for walked, other in ((one, two), (two, one)):
        page = page_of(agent_at_desk, walked)
        assert f'<span class="pt-mono">{walked.number().number}</span> ' in page
        assert "Numbers of other tickets are left too:" in page
        assert other.call is not None
        assert reverse("admin:migrations_app_pincall_console", args=[other.call.pk]) in page


def test_numbers_of_a_queue_that_is_not_ones_own_stay_hidden(
    pair: tuple[Walk, Walk], agent_at_desk: Person, desk: Desk
) -> None:
    one, two = pair
    Ticket.objects.filter(pk=two.ticket.pk).update(queue=desk.triage)
    page = page_of(agent_at_desk, one)
    assert LINES[1] not in page
    assert two.ticket.reference not in page
    assert "1 ticket of a queue that is not yours" in page
    one.claim("open_conversations_ack")
    page = page_of(agent_at_desk, one)
    assert f'<input type="hidden" name="without" value="{two.number().pk}">' in page  # not ready: it stays out, unnamed
    assert LINES[1] not in page
    assert one.call is not None
    answer = agent_at_desk.post(
        "migrations_app_pincall_console", one.call.pk, step="skip", number=two.number().pk, reason="No"
    )
    assert "not part of the call" in told(answer)
    assert two.number().state == "pending"


def test_the_ticket_tells_with_whom_its_call_is_shared(pair: tuple[Walk, Walk], agent_at_desk: Person) -> None:
    one, two = pair
    page = agent_at_desk.page(one)
    calls = page[page.index('id="calls"') :]
    calls = calls[: calls.index("</section>")]
    assert reverse("admin:tickets_ticket_change", args=[two.ticket.pk]) in calls
    assert "Take this ticket out of the call" in calls


def test_a_ticket_is_put_into_the_clients_call_by_hand(walk: Walker, agent_at_desk: Person) -> None:
    one, two = (walk(Path.READY, line) for line in LINES)
    call = one.book(one.now.replace(minute=0) + timedelta(hours=24))
    assert f"call for {one.ticket.reference}" in agent_at_desk.page(two)
    assert "has joined" in agent_at_desk.do(two, "join-call", call=str(call.uid))
    assert PinCall.objects.filter(uid=call.uid, state="booked").count() == 2
    assert "cannot be joined" in agent_at_desk.do(two, "join-call", call="nonsense")


def test_another_clients_call_is_neither_offered_nor_joined(walk: Walker, agent_at_desk: Person) -> None:
    one = walk(Path.READY, LINES[0])
    two = walk(Path.READY, LINES[1], client={"name": "Padaria Lua"})
    call = one.book(one.now.replace(minute=0) + timedelta(hours=24))
    assert "Join this call" not in agent_at_desk.page(two)
    agent_at_desk.do(two, "join-call", call=str(call.uid))
    assert PinCall.objects.count() == 1


def test_one_call_is_booked_for_the_whole_group(walk: Walker, agent_at_desk: Person) -> None:
    one, two = (walk(Path.READY, line, group_reference="sol-2026") for line in LINES)
    walk(Path.READY, "+5511987654303", group_reference="sol-2026", client={"name": "Padaria Lua"})
    waiting = walk(Path.FILED, "+5511987654304", group_reference="sol-2026")
    page = agent_at_desk.page(one)
    assert "Book one call for all" in page
    assert f"One call for {one.ticket.reference}, {two.ticket.reference}:" in page
    slots = text_of(agent_at_desk.get("tickets_ticket_slots", one.ticket.pk, group=1))
    assert "A call of 45 minutes" in slots
    assert waiting.number().number not in slots
    start = (one.now.replace(minute=0) + timedelta(hours=24)).isoformat()
    assert start in slots
    assert "One call is booked for" in agent_at_desk.do(one, "book-together", start=start)
    calls = list(PinCall.objects.order_by("ticket_id"))
    assert [call.ticket_id for call in calls] == [one.ticket.pk, two.ticket.pk]
    assert len({(call.uid, call.agent_id, call.start, call.end) for call in calls}) == 1
    assert "no second ticket" in agent_at_desk.do(one, "book-together", start=start)
    assert "Choose a time" not in agent_at_desk.page(one)


def test_a_group_call_finds_the_agent_who_works_for_all_queues(
    walk: Walker, agent_at_desk: Person, lead_at_desk: Person, desk: Desk
) -> None:
    one, two = (walk(Path.READY, line, group_reference="sol-2026") for line in LINES)
    Ticket.objects.filter(pk=two.ticket.pk).update(queue=desk.triage)
    start = (one.now.replace(minute=0) + timedelta(hours=24)).isoformat()
    assert "no second ticket" in agent_at_desk.do(one, "book-together", start=start)  # it does not see the other one
    caio = make_agent("caio", desk.latam)
    caio.queues.add(desk.triage)
    assert "is booked" in lead_at_desk.do(one, "book-together", start=start)
    assert set(PinCall.objects.values_list("agent", flat=True)) == {caio.pk}


def test_a_group_call_is_for_all_or_for_nobody(walk: Walker, agent_at_desk: Person) -> None:
    one, _two = (walk(Path.READY, line, group_reference="sol-2026") for line in LINES)
    other = walk(Path.READY, "+5511987654309")
    start = one.now.replace(minute=0) + timedelta(hours=24)
    other.book(start + timedelta(minutes=45))
    agent_at_desk.do(one, "book-together", start=start.isoformat())
    assert PinCall.objects.count() == 1
