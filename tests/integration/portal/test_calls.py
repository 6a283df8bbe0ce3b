"""The links in mails about the call: their page shows, and changes nothing until something is posted."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from migrations_app.enums import DeskTaskKind, PinCallState
from migrations_app.enums.proposals import ProposalState
from migrations_app.models import CallLink, CallProposal, DeskTask, PinCall
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Comment, Event

LINK = re.compile(r"http://[^/]+(/c/\S+)")


@pytest.fixture
def web() -> Client:
    return Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})


@pytest.fixture
def invited(
    walk: Walker, claims_suffice: None, mailoutbox: list[EmailMessage], clock_at: Callable[[datetime], None]
) -> Walk:
    walked = walk(Path.READY)
    walked.send_all_due()
    walked.later(minutes=15)
    clock_at(walked.now)
    return walked


@pytest.fixture
def links(invited: Walk, mailoutbox: list[EmailMessage]) -> list[str]:
    return LINK.findall(str(mailoutbox[-1].body))


def starts(walked: Walk) -> list[str]:
    return list(CallProposal.objects.filter(case=walked.case).latest("id").starts)


def page(web: Client, link: str) -> str:
    answer = web.get(link)
    assert answer.status_code == 200
    return answer.content.decode()


def rows() -> Mapping[str, Any]:
    return {
        model.__name__: list(model._default_manager.values())
        for model in (PinCall, CallProposal, CallLink, Event, DeskTask, Comment)
    }


def test_looking_changes_nothing(web: Client, links: list[str]) -> None:
    before = rows()
    for link in links:
        assert web.get(link).status_code == 200
        assert web.head(link).status_code == 200
    assert rows() == before


def test_a_link_shows_its_time_and_books_it_when_asked_to(
    web: Client, links: list[str], invited: Walk, agent_user: Any
) -> None:
    shown = page(web, links[0])
    start = datetime.fromisoformat(starts(invited)[0])
    assert "Is this time right?" in shown
    assert f"with {agent_user.first_name}" in shown or not agent_user.first_name
    assert "America/Sao_Paulo" in shown
    assert "paused until" in shown
    answer = web.post(links[0], {"do": "book", "start": start.isoformat()})
    assert (answer.status_code, answer["Location"]) == (303, links[0])
    call = PinCall.objects.get(ticket=invited.ticket)
    assert (call.state, call.start) == (PinCallState.BOOKED, start)
    assert CallProposal.objects.get(case=invited.case).state == ProposalState.ANSWERED
    assert "The call is booked" in page(web, links[3]), "every link of the mail shows it now"
    assert "our agent rings you at +" in page(web, links[3])
    calendar = web.get(f"{links[0]}/call.ics")
    assert (calendar.status_code, calendar["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert str(call.uid) in calendar.content.decode()


def test_posting_twice_books_once(web: Client, links: list[str], invited: Walk) -> None:
    for _time in range(2):
        web.post(links[0], {"do": "book", "start": starts(invited)[0]})
    assert PinCall.objects.filter(ticket=invited.ticket, state=PinCallState.BOOKED).count() == 1


def test_a_time_that_is_taken_meanwhile_is_replaced_by_others(
    web: Client, links: list[str], invited: Walk, walk: Walker
) -> None:
    start = datetime.fromisoformat(starts(invited)[0])
    walk(Path.READY, OTHER_NUMBER).book(start)
    shown = page(web, links[0])
    assert "This time is not free any more." in shown
    assert start.isoformat() not in shown
    assert starts(invited)[1] in shown
    refused = web.post(links[0], {"do": "book", "start": start.isoformat()})
    assert refused.status_code == 409
    assert "Please choose another one" in refused.content.decode()
    assert web.post(links[0], {"do": "book", "start": starts(invited)[1]}).status_code == 303


def test_none_of_these_opens_a_task_and_says_what_is_wished(web: Client, links: list[str], invited: Walk) -> None:
    assert "None of these suits" in page(web, links[3])
    answer = web.post(links[3], {"do": "none", "wish": "Only on\nSaturdays"})
    assert "get in touch" in page(web, answer["Location"])
    assert CallProposal.objects.get(case=invited.case).state == ProposalState.DECLINED
    assert Comment.objects.get(ticket=invited.ticket).body == "Only on Saturdays"
    task = DeskTask.objects.get(case=invited.case, kind=DeskTaskKind.RING_CLIENT)
    assert "Only on Saturdays" in task.text
    web.post(links[3], {"do": "none", "wish": "Only on\nSaturdays"})
    assert Comment.objects.filter(ticket=invited.ticket).count() == 1, "the button was pressed twice"


def test_a_code_in_what_is_wished_is_kept_nowhere(web: Client, links: list[str], invited: Walk) -> None:
    web.post(links[3], {"do": "none", "wish": "After lunch. The code is 482-615"})
    kept = Comment.objects.get(ticket=invited.ticket).body + DeskTask.objects.get(case=invited.case).text
    assert "After lunch" in kept
    assert "615" not in kept


def test_a_booked_call_is_moved_and_cancelled_until_the_cut_off(
    web: Client, links: list[str], invited: Walk, clock_at: Callable[[datetime], None]
) -> None:
    first, second = starts(invited)[:2]
    web.post(links[0], {"do": "book", "start": first})
    assert "Move the call" in page(web, links[0])
    moved = web.post(links[0], {"do": "move", "start": second})
    assert "The call is moved." in page(web, moved["Location"])
    call = PinCall.objects.get(ticket=invited.ticket)
    assert (call.start, call.sequence) == (datetime.fromisoformat(second), 1)
    clock_at(call.start - timedelta(hours=1))
    assert "too late" in page(web, links[0])
    for do in ({"do": "move", "start": starts(invited)[2]}, {"do": "cancel"}):
        refused = web.post(links[0], do)
        assert refused.status_code == 409
        assert "too late" in refused.content.decode()
    clock_at(call.start - timedelta(hours=3))
    gone = web.post(f"{links[0]}?lang=es", {"do": "cancel"})
    assert gone["Location"] == f"{links[0]}?lang=es&done=cancelled"
    assert "La llamada está cancelada." in page(web, gone["Location"])
    assert PinCall.objects.get(ticket=invited.ticket).state == PinCallState.CANCELLED
    assert "None of these suits" in page(web, links[0])


def test_what_makes_no_sense_is_refused_without_a_change(web: Client, links: list[str], invited: Walk) -> None:
    for data in (
        {},
        {"do": "sing"},
        {"do": "book"},
        {"do": "book", "start": "soon"},
        {"do": "book", "start": "2026-03-03"},
    ):
        assert web.post(links[0], data).status_code == 400
    assert web.post(links[0], {"do": "cancel"}).status_code == 409
    assert not PinCall.objects.filter(ticket=invited.ticket).exists()


def test_a_link_that_is_not_ours_or_too_old_opens_nothing(
    web: Client, links: list[str], clock_at: Callable[[datetime], None], invited: Walk
) -> None:
    assert web.get("/c/nonsense").status_code == 404
    assert web.post("/c/nonsense", {"do": "cancel"}).status_code == 404
    assert web.get(f"{links[0]}/call.ics").status_code == 404, "nothing is booked"
    clock_at(invited.now + timedelta(days=91))
    assert web.get(links[0]).status_code == 404


def test_after_the_end_there_is_nothing_to_choose(web: Client, links: list[str], invited: Walk) -> None:
    invited.cancel()
    assert "nothing to choose" in page(web, links[0])
    assert web.post(links[0], {"do": "book", "start": starts(invited)[0]}).status_code == 409


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "¿Le viene bien esta hora?"),
        ("pt-br", "Este horário serve?"),
        ("ru", "Подходит ли это время?"),
        ("ca", "Us va bé aquesta hora?"),
    ],
)
def test_the_page_speaks_five_languages(web: Client, links: list[str], language: str, words: str) -> None:
    assert words in web.get(links[0], headers={"Accept-Language": language}).content.decode()


def test_nothing_keeps_the_page_or_tells_its_address(web: Client, links: list[str]) -> None:
    for address in (links[0], "/c/nonsense"):
        headers = web.get(address).headers
        assert "no-store" in headers["Cache-Control"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]


def test_who_answers_by_link_is_heard_of(web: Client, links: list[str], invited: Walk) -> None:
    web.post(links[0], {"do": "book", "start": starts(invited)[0]})
    assert invited.fresh().client_seen_at == invited.now


def test_times_within_the_clients_quiet_hours_are_marked(
    web: Client,
    walk: Walker,
    claims_suffice: None,
    mailoutbox: list[EmailMessage],
    clock_at: Callable[[datetime], None],
) -> None:
    walked = walk(Path.READY, low_traffic_windows=[{"weekday": 1, "start": "12:00", "end": "14:00"}])
    walked.send_all_due()
    clock_at(walked.now)
    shown = page(web, LINK.findall(str(mailoutbox[-1].body))[-1])
    assert "☾ lies in the quiet hours that you told us." in shown
    marked = re.findall(r'value="([^"]+)" required><span>[^<]+<b', shown)
    assert marked
    assert {datetime.fromisoformat(start).weekday() for start in marked} == {1}


def test_numbers_that_do_not_fit_get_a_further_call_by_the_same_page(
    walk: Walker,
    claims_suffice: None,
    mailoutbox: list[EmailMessage],
    clock_at: Callable[[datetime], None],
    web: Client,
) -> None:
    lines = [f"+55119876{place:05}" for place in range(22)]
    walked = walk(Path.READY, *lines)
    walked.send_all_due()
    invitation = str(mailoutbox[-1].body)
    assert [line in invitation for line in lines] == [True] * 10 + [False] * 12
    assert "números que ficam para outra: 12." in invitation
    assert "A chamada leva cerca de 120 minutos." in invitation
    clock_at(walked.later(minutes=15))
    link = LINK.findall(invitation)[0]
    form = {"do": "book", "start": starts(walked)[0], "number": lines[:10]}
    assert [web.post(link, form).status_code for _ in range(2)] == [303, 409], "pressed twice, one call is booked"
    assert PinCall.objects.count() == 1
    walked.send_all_due()
    booked = next(str(mail.body) for mail in reversed(mailoutbox) if "chamada própria" in str(mail.body))
    assert "Números que ainda precisam de uma chamada própria: 12. Escolha o horário aqui: http" in booked
    shown = page(web, link)
    assert "12 numbers have no call yet. The call takes about 120 minutes, for 10 numbers." in shown
    further = re.findall(r'name="number" value="([^"]+)"', shown)
    assert further == lines[10:20]
    time = re.findall(r'name="start" value="([^"]+)"', shown[shown.index("Choose a time for another call") :])[-1]
    assert web.post(link, {"do": "book", "start": time, "number": further}).status_code == 303
    shown = page(web, link)
    assert "Further calls are booked:" in shown
    assert "2 numbers have no call yet. The call takes about 45 minutes, for 2 numbers." in shown


def test_an_invitation_for_what_a_call_left_over_names_nothing_that_is_live(
    walk: Walker, meta: Meta, claims_suffice: None, mailoutbox: list[EmailMessage]
) -> None:
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)
    walked.move()
    walked.finish_call()
    walked.later(minutes=15)
    mailoutbox.clear()
    walked.send_all_due()
    (invitation,) = [str(mail.body) for mail in mailoutbox if "escolha um horário" in str(mail.subject)]
    assert OTHER_NUMBER in invitation
    assert NUMBER not in invitation
    assert "cerca de 30 minutos" in invitation
