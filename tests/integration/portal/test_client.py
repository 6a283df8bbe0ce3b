"""The client's page behind a share link: it shows, and changes nothing until something it permits is posted."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path as Folder
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from config.core.actor import OPERATOR
from migrations_app.enums import DeskTaskKind, PinCallState, RequirementState
from migrations_app.models import DeskTask, PinCall
from providers.models import Bsp, Exchange
from providers.services.directory import keep_edit
from tests.factories.files import PDF
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Visibility
from tickets.enums.sharing import SharePermission
from tickets.models import Attachment, Comment, ShareLink
from tickets.services.comments import post_comment
from tickets.services.share_links import LinkWish, make_link, revoke_link

ALL = tuple(SharePermission)
CODE = "two_step_disabled"
LINK = re.compile(r"http://[^/\s]+(/t/[\w-]+)")


@pytest.fixture
def web() -> Client:
    return Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})


@pytest.fixture
def walked(walk: Walker, files: Folder, clock_at: Callable[[datetime], None]) -> Walk:
    """Asks for two-step verification of two numbers and for an ID."""
    found = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER, business_manager_id="")
    clock_at(found.now)
    return found


@pytest.fixture
def ready(walk: Walker, claims_suffice: None, clock_at: Callable[[datetime], None]) -> Walk:
    found = walk(Path.READY, "+551130001001")
    clock_at(found.now)
    return found


def link_to(walked: Walk, *permissions: SharePermission, label: str = "") -> str:
    wish = LinkWish(permissions, label=label)
    return make_link(ticket_id=walked.ticket.pk, wish=wish, by=walked.desk, now=walked.now).url.split("8000", 1)[-1]


def page(web: Client, link: str, **headers: str) -> str:
    answer = web.get(link, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def everything() -> dict[str, list[Any]]:
    models = [
        model
        for label in ("tickets", "migrations_app", "providers")
        for model in apps.get_app_config(label).get_models()
    ]
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


def test_looking_changes_nothing_and_leaves_no_cookie(web: Client, walked: Walk) -> None:
    link = link_to(walked, *ALL)
    before = everything()
    for address in (link, f"{link}?done=claim", f"{link}?lang=ru"):
        for answer in (web.get(address), web.head(address)):
            assert answer.status_code == 200
            assert not answer.cookies
            assert "no-store" in answer.headers["Cache-Control"]
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "noindex" in answer.headers["X-Robots-Tag"]
            assert "default-src" in answer.headers["Content-Security-Policy"]
    assert web.get(f"{link}/call.ics").status_code == 404, "nothing is booked"
    assert everything() == before


def test_it_tells_whose_turn_it_is_and_what_is_wanted(web: Client, walked: Walk) -> None:
    post_comment(
        ticket_id=walked.ticket.pk, body="They pay late", visibility=Visibility.INTERNAL, by=walked.desk, now=walked.now
    )
    post_comment(
        ticket_id=walked.ticket.pk, body="Any news?", visibility=Visibility.PUBLIC, by=walked.desk, now=walked.now
    )
    shown = page(web, link_to(walked, *ALL))
    for words in (
        walked.ticket.reference, "Padaria Sol", "from Infobip to", "It is your turn", "Answer what is open below.", NUMBER,
        "Two-step verification switched off", "I have asked Infobip", "Business portfolio (Business Manager) ID", "Any news?",
        "Our team", "still at the old provider", "The ticket was filed", "America/Sao_Paulo",
    ):  # fmt: skip
        assert words in shown, words
    assert "They pay late" not in shown
    assert "TEST" not in shown


def test_a_link_that_may_only_look_has_no_form_and_can_post_nothing(web: Client, walked: Walk, ready: Walk) -> None:
    for walk_, link in ((walked, link_to(walked)), (ready, link_to(ready))):
        assert "<form" not in page(web, link)
        before = everything()
        for do in ("claim", "requested", "comment", "file", "book", "move", "cancel", "none"):
            answer = web.post(
                link, {"do": do, "code": CODE, "body": "Hi", "start": (walk_.now + timedelta(days=1)).isoformat()}
            )
            assert answer.status_code == 403, do
            assert "does not allow that" in answer.content.decode()
        assert everything() == before


def test_each_permission_opens_its_own_forms(web: Client, ready: Walk) -> None:
    answering, scheduling = link_to(ready, SharePermission.ANSWER), link_to(ready, SharePermission.SCHEDULE)
    assert ('value="comment"' in page(web, answering), 'value="book"' in page(web, answering)) == (True, False)
    assert ('value="comment"' in page(web, scheduling), 'value="book"' in page(web, scheduling)) == (False, True)
    assert web.post(answering, {"do": "cancel"}).status_code == 403
    assert web.post(scheduling, {"do": "comment", "body": "Hi"}).status_code == 403


def test_an_id_is_told_and_a_wrong_one_is_explained_beside_what_was_typed(web: Client, walked: Walk) -> None:
    link = link_to(walked, *ALL)
    wrong = web.post(link, {"do": "claim", "code": "business_manager_id", "value": "my company"})
    assert wrong.status_code == 422
    assert 'value="my company" aria-invalid="true"' in wrong.content.decode()
    assert "10 to 20 digits and nothing else" in wrong.content.decode()
    done = web.post(link, {"do": "claim", "code": "business_manager_id", "value": " 506914307656634 "})
    assert (done.status_code, done["Location"]) == (303, f"{link}?done=claim")
    assert "Thank you, recorded." in page(web, done["Location"])
    assert walked.requirement("business_manager_id").state == RequirementState.MET


def test_what_is_done_is_told_for_chosen_numbers_with_a_file(web: Client, walked: Walk) -> None:
    link = link_to(walked, *ALL, label="Ana")
    form = {"do": "claim", "code": CODE, "of_numbers": "1", "statement": "Off. The PIN was 482615."}
    assert "Tick at least one number." in web.post(link, form).content.decode()
    refused = web.post(link, form | {"number": OTHER_NUMBER, "file": SimpleUploadedFile("off.pdf", b"MZ\x00\x01")})
    assert refused.status_code == 422
    assert "Send a PDF, PNG or JPEG file" in refused.content.decode()
    assert "Off. The PIN was 482615." in refused.content.decode(), "what was typed is kept on the page"
    assert not Attachment.objects.exists()
    sent = web.post(link, form | {"number": OTHER_NUMBER, "file": SimpleUploadedFile("off.pdf", PDF)})
    assert sent.status_code == 303
    assert [walked.requirement(CODE, place).state for place in (1, 2)] == ["unmet", "claimed"]
    evidence = walked.evidence(CODE, 2)
    assert (evidence["claimed_by"], evidence["attachment"]["filename"]) == ("Ana", "off.pdf")
    assert "482615" not in str(everything())
    assert walked.fresh().client_seen_at == walked.now


def test_a_body_that_is_too_large_is_refused_unread(web: Client, walked: Walk) -> None:
    link = link_to(walked, *ALL)
    answer = web.post(link, {"do": "comment"}, CONTENT_LENGTH=str(11 * 1024 * 1024))
    assert answer.status_code == 413
    assert "10 MiB at most" in answer.content.decode()


def test_what_was_asked_at_the_bsp_is_told_with_case_number_and_date(web: Client, walked: Walk) -> None:
    link = link_to(walked, *ALL)
    form = {"do": "requested", "code": CODE, "external_reference": "482615", "promised_for": "2026-03-06"}
    past = web.post(link, form | {"promised_for": "2026-02-01"})
    assert (past.status_code, 'value="482615"' in past.content.decode()) == (422, True)
    assert web.post(link, form | {"promised_for": "soon"}).status_code == 422
    assert web.post(link, form)["Location"] == f"{link}?done=requested"
    row = walked.requirement(CODE)
    assert (row.state, row.external_reference, row.promised_for and row.promised_for.day) == ("requested", "482615", 6)
    shown = page(web, link)
    assert "Asked at Infobip, case number 482615, promised for March 6, 2026." in shown
    assert "News from the old provider" in shown


def test_a_comment_is_public_and_keeps_no_code(web: Client, walked: Walk) -> None:
    link = link_to(walked, *ALL)
    assert web.post(link, {"do": "comment", "body": "  "}).status_code == 422
    assert web.post(link, {"do": "comment", "body": "x" * 5001}).status_code == 422
    assert web.post(link, {"do": "comment", "body": "See you.\nThe code: 482615"}).status_code == 303
    comment = Comment.objects.get()
    assert (comment.visibility, comment.from_desk, comment.author_kind) == ("public", False, "link")
    assert comment.body == "See you.\nThe code: ••••••"
    assert web.post(link, {"do": "file", "file": SimpleUploadedFile("off.pdf", PDF)}).status_code == 303
    assert "off.pdf" in page(web, link)
    assert web.post(link, {"do": "file"}).status_code == 422


def test_the_call_is_booked_moved_and_cancelled_with_a_word_of_confirmation(web: Client, ready: Walk) -> None:
    link = link_to(ready, *ALL)
    first, second = re.findall(r'name="start" value="([^"]+)"', page(web, link))[:2]
    booked = web.post(link, {"do": "book", "start": first})
    assert "The call is booked. An invitation comes by mail." in page(web, booked["Location"])
    calendar = web.get(f"{link}/call.ics")
    assert calendar["Content-Type"] == "text/calendar; charset=utf-8"
    moved = web.post(link, {"do": "move", "start": second})
    assert "The call is moved." in page(web, moved["Location"])
    assert PinCall.objects.get(ticket=ready.ticket).start == datetime.fromisoformat(second)
    gone = web.post(link, {"do": "cancel"})
    assert "The call is cancelled." in page(web, gone["Location"])
    assert PinCall.objects.get(ticket=ready.ticket).state == PinCallState.CANCELLED
    assert web.post(link, {"do": "cancel"}).status_code == 409
    web.post(link, {"do": "none", "wish": "Saturdays"})
    assert "Saturdays" in DeskTask.objects.get(case=ready.case, kind=DeskTaskKind.RING_CLIENT).text


@pytest.mark.parametrize("data", [{}, {"do": "sing"}, {"do": "book"}, {"do": "book", "start": "soon"}])
def test_what_makes_no_sense_is_refused_without_a_change(web: Client, ready: Walk, data: dict[str, str]) -> None:
    link = link_to(ready, *ALL)
    before = everything()
    assert web.post(link, data).status_code == 400
    assert everything() == before


def test_revoked_expired_and_unknown_links_are_one_page(
    web: Client, walked: Walk, clock_at: Callable[[datetime], None]
) -> None:
    revoked, expired = link_to(walked, *ALL), link_to(walked, *ALL)
    rows = list(ShareLink.objects.filter(in_mail=False).order_by("id"))
    revoke_link(ticket_id=walked.ticket.pk, link_id=rows[0].uid, by=walked.desk, now=walked.now)
    assert web.get(revoked).status_code == 404
    clock_at(walked.now + timedelta(days=14))
    answers = [web.get(address) for address in (revoked, expired, "/t/nonsense", "/t/", "/t")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub(r"<title>.*</title>", "", answer.content.decode()) for answer in answers}) == 1
    assert web.post(revoked, {"do": "comment", "body": "Hi"}).status_code == 404
    assert not Comment.objects.exists()


def test_an_ended_ticket_and_a_draft_take_no_answer(
    web: Client, walk: Walker, clock_at: Callable[[datetime], None]
) -> None:
    for path, number, words in (
        (Path.CANCELLED, NUMBER, "The ticket was cancelled"),
        (Path.DRAFT, OTHER_NUMBER, "Not filed yet"),
    ):
        walked = walk(path, number)
        clock_at(walked.now)
        link = link_to(walked, *ALL)
        shown = page(web, link)
        assert words in shown
        assert 'value="claim"' not in shown
        assert web.post(link, {"do": "claim", "code": CODE}).status_code in {404, 409}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "Le toca a usted"),
        ("pt-br", "É a sua vez"),
        ("ru", "Сейчас ваша очередь"),
        ("ca", "Us toca a vós"),
    ],
)
def test_the_page_speaks_five_languages_by_browser_by_choice_and_by_ticket(
    web: Client, walked: Walk, language: str, words: str
) -> None:
    link = link_to(walked, *ALL)
    assert words in page(web, link, **{"Accept-Language": language})
    assert words in page(web, f"{link}?lang={language}")
    done = web.post(f"{link}?lang={language}", {"do": "comment", "body": "Olá"})
    assert done["Location"] == f"{link}?lang={language}&done=comment"
    assert "É a sua vez" in Client().get(link).content.decode(), "the ticket's, where the browser asks for none"


def test_a_link_is_not_opened_without_end(web: Client, walked: Walk, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "link": 2, "link_address": 4}
    link = link_to(walked)
    assert [web.get(link).status_code for _time in range(3)] == [200, 200, 429]
    assert web.get("/t/nonsense").status_code == 404
    refused = web.get("/c/nonsense")
    assert (refused.status_code, "opened too often" in refused.content.decode()) == (429, True)
    assert 0 < int(refused["Retry-After"]) <= 60


def test_a_mail_to_the_client_brings_a_link_that_is_in_no_log_and_in_no_mail_to_the_bsp(
    web: Client, walk: Walker, mailoutbox: list[EmailMessage], clock_at: Callable[[datetime], None]
) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    bsp.accepts_request_from, bsp.contact_email = "client_or_partner", "exit@infobip.example"
    keep_edit(bsp=bsp, fields=["accepts_request_from", "contact_email"], by=OPERATOR, now=walk.now)
    walked = walk(Path.WAITING_TWO_STEP, waba_owner="old_bsp")
    clock_at(walked.now)
    [mail] = [mail for mail in mailoutbox if walked.ticket.contact_email in mail.to]
    [link] = LINK.findall(str(mail.body))
    token = link.removeprefix("/t/")
    assert f"[…/t/… {walked.ticket.reference}]" in Exchange.objects.latest("id").body
    assert token not in str(everything())
    assert 'value="claim"' in page(web, link)
    row = ShareLink.objects.get()
    assert (row.in_mail, row.permissions) == (True, ["view", "answer", "schedule"])
    walked.now = walked.planned().due_at
    walked.send_all_due()
    to_bsp = [mail for mail in mailoutbox if walked.ticket.contact_email not in mail.to]
    assert to_bsp
    assert not any("/t/" in str(mail.body) for mail in to_bsp)
