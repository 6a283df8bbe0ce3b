"""Links that open nothing any more are forgotten after a while, those that do are kept."""

from datetime import datetime, timedelta

import pytest

from config.core.actor import SYSTEM
from config.core.uow import unit_of_work
from migrations_app.models import CallLink, HolderCheck, HolderLink
from migrations_app.services import old_links
from migrations_app.services.call_links import new_link as link_to_call
from migrations_app.services.call_links import read_link
from migrations_app.services.holder_links import new_link as link_of_holder
from tests.factories.walks import Path, Walker
from tickets.models import ShareLink
from tickets.services import share_links
from tickets.services.share_links import LinkWish, make_link, revoke_link

pytestmark = pytest.mark.django_db


def test_a_link_to_a_ticket_is_told_of_for_ninety_days_after_its_time(walk: Walker, now: datetime) -> None:
    walked = walk(Path.DRAFT)

    def made(days: int) -> ShareLink:
        wish = LinkWish(lasts=timedelta(days=days))
        return make_link(ticket_id=walked.ticket.pk, wish=wish, by=walked.desk, now=now).row

    short, revoked, long = made(1), made(1), made(60)
    revoke_link(ticket_id=walked.ticket.pk, link_id=revoked.uid, by=walked.desk, now=now)
    assert share_links.forget_old_links(now=now + timedelta(days=91)) == 0
    assert share_links.forget_old_links(now=now + timedelta(days=91, seconds=1)) == 2
    assert list(ShareLink.objects.all()) == [long]
    assert short.pk != long.pk


def test_links_to_calls_and_of_holders_go_when_they_open_nothing(walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    CallLink.objects.all().delete()
    with unit_of_work(by=SYSTEM, now=walked.now) as uow:
        url = link_to_call(uow, walked.case)
    link_of_holder(HolderCheck.objects.get(pin_call=walked.current_call()), now=walked.now)
    just = walked.now + timedelta(days=90) - timedelta(seconds=1)
    assert read_link(url.rsplit("/", 1)[1], now=just).case == walked.case
    assert old_links.forget_old_links(now=just) == 0
    assert old_links.forget_old_links(now=just + timedelta(seconds=1)) == 2
    assert not CallLink.objects.exists()
    assert not HolderLink.objects.exists()
