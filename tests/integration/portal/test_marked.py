"""Every page behind a link says so where its ticket is only tried, and so does the call in a calendar."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from config.core.actor import SYSTEM
from config.core.uow import unit_of_work
from migrations_app.models import HolderCheck
from migrations_app.services.call_links import new_link as link_to_call
from migrations_app.services.holder_links import new_link as link_of_holder
from tests.factories.walks import Path, Walk, Walker
from tickets.enums.sharing import SharePermission
from tickets.services.share_links import LinkWish, make_link

BANNER = "TEST: nothing here concerns a real number."


@pytest.fixture
def web() -> Client:
    return Client(headers={"Accept-Language": "en"})


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def links_of(walked: Walk) -> tuple[str, str, str]:
    """Links to the ticket's page, to its call, and of a phone holder."""
    wish = LinkWish([SharePermission.ANSWER])
    page = make_link(ticket_id=walked.ticket.pk, wish=wish, by=walked.desk, now=walked.now).url
    with unit_of_work(by=SYSTEM, now=walked.now) as uow:
        call = link_to_call(uow, walked.case)
    checks = HolderCheck.objects.filter(pin_call=walked.current_call())
    return path_of(page), path_of(call), path_of(link_of_holder(checks[0], now=walked.now))


def booked(walk: Walker, *, test: bool) -> Walk:
    walked = walk(Path.READY, test=test)
    walked.book(walked.now.replace(minute=0) + timedelta(days=1))
    return walked


@pytest.mark.parametrize("test", [True, False])
def test_every_page_and_what_it_answers_to_a_form_is_marked(
    web: Client, walk: Walker, claims_suffice: None, clock_at: Callable[[datetime], None], test: bool
) -> None:
    walked = booked(walk, test=test)
    clock_at(walked.now)
    page, call, holder = links_of(walked)
    answers = {
        "page": web.get(page),
        "confirmed": web.get(f"{page}?done=comment"),
        "refused": web.post(page, {"do": "comment", "body": ""}),
        "forbidden": web.post(page, {"do": "cancel"}),
        "call": web.get(call),
        "call, cancelled": web.get(f"{call}?done=cancelled"),
        "call, refused": web.post(call, {"do": "move", "start": "soon"}),
        "holder": web.get(holder),
        "holder, incomplete": web.post(holder, {}),
    }
    assert [answer.status_code for answer in answers.values()] == [200, 200, 422, 403, 200, 200, 400, 200, 422]
    marked = {name for name, answer in answers.items() if BANNER in answer.content.decode()}
    assert marked == (set(answers) if test else set())
    for link in (page, call):
        assert ("SUMMARY:TESTE · " in web.get(f"{link}/call.ics").content.decode()) == test
