"""The phone holders of a call: asked the day before, rung up when silent, and what follows from what they say."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage

from config.core.actor import SYSTEM, Actor, ActorKind
from config.core.errors import NotFound
from config.core.uow import IllegalTransition
from migrations_app.enums import DeskTaskKind
from migrations_app.enums.holders import HolderState
from migrations_app.models import DeskTask, HolderCheck, HolderLink, Notice
from migrations_app.rules.holders import Said
from migrations_app.selectors.holders import holder_answers, holder_due
from migrations_app.services import calls, holders
from migrations_app.services.editing import Edit, edit_ticket
from migrations_app.services.holder_links import MARK, read_token
from migrations_app.services.outreach import mark_bounced
from providers.models import Exchange
from tests.factories.forms import NUMBER, OTHER_NUMBER, number_answers
from tests.factories.walks import Path, Walk, Walker

RUI = {"name": "Rui", "phone": "+5511999990000", "email": "rui@padariasol.example", "language": "es"}
PHONE_ONLY = {"name": "Iva", "phone": "+5511977770000", "email": None, "language": "pt-br"}
YES, NO = Said(at_hand=True, from_abroad=True), Said(at_hand=False, from_abroad=True, note="I am abroad that day.")


def booked(walk: Walker, *holders_of: Mapping[str, Any] | None) -> Walk:
    """A call in three days, for numbers with these holders."""
    lines = [NUMBER, OTHER_NUMBER, "+5511987654399"]
    numbers = [
        number_answers(line, **({"otp_contact": holder} if holder else {}))
        for line, holder in zip(lines, holders_of, strict=False)
    ]
    walked = walk(Path.READY, *numbers)
    walked.book(walked.now.replace(minute=0) + timedelta(days=3))
    return walked


def sweep(walked: Walk) -> None:
    for check_id in holder_due(now=walked.now, limit=100):
        holders.go_on(check_id, by=SYSTEM, now=walked.now)


def day_before(walked: Walk) -> None:
    assert walked.call is not None
    walked.now = walked.call.start - timedelta(hours=24)
    sweep(walked)


def states(walked: Walk) -> list[HolderState]:
    assert walked.call is not None
    return [each.state for each in holder_answers(walked.call).values()]


def tasks(walked: Walk, kind: DeskTaskKind, state: str = "open") -> list[DeskTask]:
    return list(DeskTask.objects.filter(case__ticket=walked.ticket, kind=kind, state=state).order_by("id"))


def say(walked: Walk, said: Said, key: str = "rui@padariasol.example", by: Actor | None = None) -> None:
    check = HolderCheck.objects.get(key=key, pin_call__ticket=walked.ticket, pin_call__state="booked")
    by = by or Actor(ActorKind.LINK, check.name)
    words = {line.number_id: said for line in check.lines.all()}
    holders.answer(check_id=check.pk, said=words, by=by, now=walked.now)


def test_each_distinct_holder_gets_one_mail_a_day_before_in_its_language(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    walked = booked(walk, RUI, None, RUI)  # the second number's holder is the contact, by its phone
    assert holder_due(now=walked.later(days=1), limit=9) == []
    assert states(walked) == ["open"] * 3
    day_before(walked)
    assert states(walked) == ["asked"] * 3
    before = len(mailoutbox)
    walked.send_all_due()
    sent = {mail.to[0]: mail for mail in mailoutbox[before:] if "/h/" in str(mail.body)}
    assert set(sent) == {"rui@padariasol.example", "ana@padariasol.example"}
    rui, ana = (str(sent[f"{name}@padariasol.example"].body) for name in ("rui", "ana"))
    assert "Hola, Rui:" in rui
    assert (NUMBER in rui, OTHER_NUMBER in rui, "+5511987654399" in rui) == (True, False, True)
    assert OTHER_NUMBER in ana
    assert not tasks(walked, DeskTaskKind.HOLDER_CHECK)
    sweep(walked)
    assert Notice.objects.filter(message="holder_check").count() == 2


def test_the_link_is_in_the_mail_alone_and_only_its_hash_is_kept(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    walked = booked(walk, RUI)
    day_before(walked)
    walked.send_all_due()
    body = next(str(mail.body) for mail in mailoutbox if mail.to == ["rui@padariasol.example"])
    found = re.search(r"/h/(\S+)", body)
    assert found
    assert read_token(found[1]) == HolderCheck.objects.get(key="rui@padariasol.example")
    assert len(found[1]) >= 22  # at least 128 bit in base64
    logged = Exchange.objects.get(purpose="notice.holder_check")
    assert MARK in str(vars(logged))
    kept = str([vars(row) for model in (Exchange, Notice, HolderCheck, HolderLink) for row in model.objects.all()])
    assert found[1] not in kept
    with pytest.raises(NotFound):
        read_token(found[1] + "x")


def test_a_call_booked_for_tomorrow_asks_at_once(walk: Walker) -> None:
    walked = walk(Path.READY, number_answers(otp_contact=RUI))
    walked.book(walked.now.replace(minute=0) + timedelta(hours=22))
    sweep(walked)
    assert states(walked) == ["asked"]


def test_a_holder_without_address_is_asked_by_a_person(walk: Walker) -> None:
    walked = booked(walk, PHONE_ONLY, PHONE_ONLY)
    day_before(walked)
    (task,) = tasks(walked, DeskTaskKind.HOLDER_CHECK)
    assert (task.contact, task.language) == ("+5511977770000", "pt-br")
    assert "Olá, Iva" in task.text
    assert NUMBER in task.text
    assert "onboarding" in {walked.fresh().waiting_on, *walked.ticket.waiting_also}
    assert not Notice.objects.filter(message="holder_check").exists()


def test_who_has_not_answered_two_hours_before_is_rung_up(walk: Walker) -> None:
    walked = booked(walk, RUI)
    day_before(walked)
    assert walked.call is not None
    walked.now = walked.call.start - timedelta(hours=2)
    sweep(walked)
    (task,) = tasks(walked, DeskTaskKind.HOLDER_CHECK)
    assert task.contact == RUI["phone"]
    sweep(walked)
    assert len(tasks(walked, DeskTaskKind.HOLDER_CHECK)) == 1


def test_two_holders_who_stay_silent_are_two_tasks(walk: Walker) -> None:
    walked = booked(walk, RUI, PHONE_ONLY)
    day_before(walked)
    assert walked.call is not None
    walked.now = walked.call.start - timedelta(hours=2)
    sweep(walked)
    assert {task.contact for task in tasks(walked, DeskTaskKind.HOLDER_CHECK)} == {RUI["phone"], PHONE_ONLY["phone"]}


def test_a_yes_ends_the_asking(walk: Walker) -> None:
    walked = booked(walk, RUI)
    day_before(walked)
    say(walked, YES)
    assert walked.call is not None
    (answer,) = holder_answers(walked.call).values()
    assert (answer.state, answer.by, answer.at, answer.at_hand) == ("confirmed", "Rui", walked.now, True)
    walked.now = walked.call.start - timedelta(hours=2)
    sweep(walked)
    assert not tasks(walked, DeskTaskKind.HOLDER_CHECK)
    told = next(event for event in walked.events() if event.type == "pin_call.holder_answered")
    assert (told.internal, told.data["state"], told.data["number"]) == (True, "confirmed", NUMBER)


def test_a_no_is_a_task_with_the_holders_words_and_a_later_yes_takes_it_back(walk: Walker) -> None:
    walked = booked(walk, RUI)
    day_before(walked)
    say(walked, NO)
    (task,) = tasks(walked, DeskTaskKind.HOLDER_REFUSED)
    assert (NUMBER in task.title, "I am abroad that day." in task.text) == (True, True)
    assert states(walked) == ["refused"]
    assert "onboarding" in {walked.fresh().waiting_on, *walked.ticket.waiting_also}
    say(walked, YES)
    assert states(walked) == ["confirmed"]
    assert not tasks(walked, DeskTaskKind.HOLDER_REFUSED)


def test_an_agent_writes_down_what_was_said_on_the_phone_and_the_task_is_done(walk: Walker) -> None:
    walked = booked(walk, PHONE_ONLY)
    day_before(walked)
    say(walked, YES, key="+5511977770000", by=walked.desk)
    assert states(walked) == ["confirmed"]
    assert len(tasks(walked, DeskTaskKind.HOLDER_CHECK, "done")) == 1


def test_another_time_asks_anew_and_old_links_lead_nowhere(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    walked = booked(walk, RUI)
    day_before(walked)
    walked.send_all_due()
    body = next(str(mail.body) for mail in mailoutbox if mail.to == ["rui@padariasol.example"])
    token = re.findall(r"/h/(\S+)", body)[0]
    say(walked, NO)
    assert walked.call is not None
    later = walked.call.start + timedelta(days=1, hours=1)
    walked.call = calls.reschedule(
        ticket_id=walked.ticket.pk, call_id=str(walked.call.uid), start=later, by=walked.by, now=walked.now
    )
    assert states(walked) == ["open"]
    assert not tasks(walked, DeskTaskKind.HOLDER_REFUSED)
    with pytest.raises(NotFound):
        read_token(token)
    day_before(walked)
    assert states(walked) == ["asked"]


def test_what_was_sent_stays_on_record_when_the_call_is_moved(walk: Walker) -> None:
    walked = booked(walk, RUI)
    day_before(walked)
    walked.send_all_due()
    assert walked.call is not None
    later = walked.call.start + timedelta(days=1, hours=1)
    calls.reschedule(
        ticket_id=walked.ticket.pk, call_id=str(walked.call.uid), start=later, by=walked.by, now=walked.now
    )
    assert Notice.objects.filter(message="holder_check", state="sent").count() == 1


def test_a_holder_who_is_named_later_is_asked_and_the_former_one_is_not(walk: Walker) -> None:
    walked = booked(walk, RUI, PHONE_ONLY)
    day_before(walked)
    say(walked, YES)
    (task,) = tasks(walked, DeskTaskKind.HOLDER_CHECK)
    named = {"number": OTHER_NUMBER, "otp_contact": {"name": "Eva", "email": "eva@padariasol.example", "phone": None}}
    edit = Edit(changes={"phone_numbers": [NUMBER, named]}, version=None)
    edit_ticket(ticket_id=walked.ticket.pk, edit=edit, by=walked.by, now=walked.now)
    assert states(walked) == ["confirmed", "open"]
    assert not tasks(walked, DeskTaskKind.HOLDER_CHECK)
    assert not HolderCheck.objects.filter(phone=task.contact).exists()
    sweep(walked)
    assert states(walked) == ["confirmed", "asked"]
    sent = [state for state in walked.send_all_due() if state]
    assert sent
    mails = Notice.objects.filter(message="holder_check").values_list("address", "state")
    assert list(mails) == [("eva@padariasol.example", "sent")]  # Rui has answered before the mail left


def test_nobody_is_asked_for_a_call_that_does_not_take_place(walk: Walker) -> None:
    walked = booked(walk, RUI, PHONE_ONLY)
    day_before(walked)
    assert walked.call is not None
    calls.cancel_call(ticket_id=walked.ticket.pk, call_id=str(walked.call.uid), by=walked.by, now=walked.now)
    assert not tasks(walked, DeskTaskKind.HOLDER_CHECK)
    walked.later(hours=23)
    assert holder_due(now=walked.now, limit=9) == []
    assert not Notice.objects.filter(message="holder_check", state="planned").exists()
    check = HolderCheck.objects.get(key="rui@padariasol.example")
    with pytest.raises(IllegalTransition):
        holders.answer(
            check_id=check.pk, said={walked.number().pk: YES}, by=Actor(ActorKind.LINK, "Rui"), now=walked.now
        )


def test_a_holder_answers_for_its_own_numbers_only(walk: Walker) -> None:
    walked = booked(walk, RUI, PHONE_ONLY)
    check = HolderCheck.objects.get(key="rui@padariasol.example")
    for wrong in ({}, {walked.number(2).pk: YES}):
        with pytest.raises(NotFound):
            holders.answer(check_id=check.pk, said=wrong, by=Actor(ActorKind.LINK, "Rui"), now=walked.now)


def test_a_mail_that_comes_back_goes_nowhere_else_and_the_ringing_follows(walk: Walker) -> None:
    walked = booked(walk, RUI)
    day_before(walked)
    walked.send_all_due()
    row = Notice.objects.get(message="holder_check")
    assert row.exchange_id is not None
    mark_bounced(exchange_id=row.exchange_id, permanent=True, reason="5.1.1", by=SYSTEM, now=walked.now)
    row.refresh_from_db()
    assert row.undelivered_at is not None
    assert Notice.objects.filter(message="holder_check").count() == 1
