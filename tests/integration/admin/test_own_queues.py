"""An agent sees own queues, everywhere: every address of the admin is opened as an agent of another queue."""

import re
from collections.abc import Iterator
from pathlib import Path as Folder
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from config.core.actor import SYSTEM
from config.core.uow import unit_of_work
from migrations_app.enums import DeskTaskKind
from migrations_app.models import Chase, ChaseAttempt, DeskTask, InboundMail, Ladder, Notice, NumberMove, PinCall
from migrations_app.services.desk_tasks import NewTask, open_task
from providers.models import Exchange
from tests.factories.desk import Desk, make_agent
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, sign_in, text_of
from tests.integration.admin.sheets import csv_file, row
from tests.integration.admin.test_filing import ANSWERS
from tests.integration.migrations_app.test_inbound import answer as take_answer
from tickets.enums import Party, Visibility
from tickets.models import Attachment, Comment, Ticket
from tickets.services.files import Upload, attach

NAME, REFERENCE, GROUP = "Quitanda Secreta", "SECRET-77", "secret-spring"
NUMBER = "+5511987650077"
LEAVING = ("logout", "password_change")
"""Addresses that end the visit or are about the visitor."""
QUERIES = ("q=quitanda", f"q={NUMBER[1:]}", f"group={GROUP}")


@pytest.fixture
def secret(walk: Walker, files: Folder) -> Walk:
    """A ticket of the queue "latam" with all that can hang on one: call, chase, messages, exchanges, comment, file."""
    client = {"name": NAME, "contact_email": "ana@quitanda.example"}
    walked = walk(Path.SCHEDULED, NUMBER, client=client, client_reference=REFERENCE, group_reference=GROUP)
    ChaseAttempt.objects.filter(chase__case__ticket=walked.ticket).update(undelivered_at=walked.now, failure="5.1.1")
    Comment.objects.create(
        ticket=walked.ticket, body="Whisper", author_kind="user", author_label="bea", created_at=walked.now
    )
    upload = Upload("whisper.txt", b"Whisper")
    attach(ticket_id=walked.ticket.pk, upload=upload, visibility=Visibility.PUBLIC, by=walked.desk, now=walked.now)
    with unit_of_work(by=SYSTEM, now=walked.now) as uow:
        chase = walked.chase()
        task = NewTask(DeskTaskKind.PHONE, chase=chase, recipient_party=Party.CLIENT, contact=NUMBER, text="Whisper")
        open_task(uow, walked.case, task)
    take_answer(
        walked, "Whisper", sender="boss@quitanda.example", files=(("whisper.zip", b"Whisper\x00", "application/zip"),)
    )
    return walked


def traces(walked: Walk) -> tuple[str, ...]:
    """Words that no page of a foreign agent may show."""
    return (
        walked.ticket.reference,
        NAME,
        "quitanda.example",
        NUMBER,
        NUMBER[1:],
        REFERENCE,
        GROUP,
        "Whisper",
        "whisper.txt",
    )


def admin_root() -> URLResolver:
    found = [each for each in get_resolver().url_patterns if getattr(each, "namespace", "") == "admin"]
    assert isinstance(found[0], URLResolver)
    return found[0]


def addresses(resolver: URLResolver, before: str) -> Iterator[tuple[str, URLPattern]]:
    """Every pattern of the admin with its whole route."""
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each, route)
        else:
            yield route, each


def _own(walked: Walk) -> dict[type[Model], Any]:
    """The rows of a ticket, by model."""
    ticket = walked.ticket.pk
    return {
        Ticket: ticket,
        PinCall: PinCall.objects.get(ticket=ticket).pk,
        Chase: Chase.objects.filter(case__ticket=ticket)[0].pk,
        ChaseAttempt: ChaseAttempt.objects.filter(chase__case__ticket=ticket)[0].pk,
        Ladder: Ladder.objects.order_by("id")[0].pk,
        DeskTask: DeskTask.objects.filter(case__ticket=ticket, kind=DeskTaskKind.PHONE)[0].pk,
        InboundMail: InboundMail.objects.get(ticket=ticket).pk,
        Exchange: Exchange.objects.filter(ticket_reference=walked.ticket.reference)[0].pk,
    }


def filled(route: str, name: str, walked: Walk) -> Iterator[str]:
    """Return the addresses that a route makes with the rows of a ticket: those that its model and its words suggest."""
    own = _own(walked)
    of_page = next(
        (pk for model, pk in own.items() if f"{model._meta.app_label}_{model._meta.model_name}_" in name), None
    )
    words = {
        "ticket_id": walked.ticket.pk, "call_id": own[PinCall], "app_label": "tickets", "kind": "csv", "content_type_id": "1",
        "task_id": own[DeskTask],
        "position": "0",
        "file_id": Attachment.objects.get(ticket=walked.ticket).uid,
        "number_id": NumberMove.objects.get(case__ticket=walked.ticket).pk,
        "notice_id": Notice.objects.filter(case__ticket=walked.ticket, state="planned")[0].pk,
        "attempt_id": ChaseAttempt.objects.filter(chase__case__ticket=walked.ticket)[0].pk,
    }  # fmt: skip
    acts = ("file",) if "inboundmail" in route else ("assign", "comment", "cancel")
    for action in acts if "<slug:action>" in route else ("",):
        given: dict[str, Any] = {**words, "action": action}
        parts = re.split(r"<(?:\w+:)?(\w+)>", route)
        parts[1::2] = [str(given.get(word, of_page or walked.ticket.pk)) for word in parts[1::2]]
        yield "/" + "".join(parts)


def swept(walked: Walk) -> list[str]:
    found: list[str] = []
    root = admin_root()
    for route, pattern in addresses(root, str(root.pattern)):
        plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route).replace("^", "").replace("$", "")
        name = pattern.name or ""
        if "(?" in plain or name in LEAVING:
            continue  # the catch-all at the end
        found += filled(plain, name, walked)
    return found


def test_wish_15_an_agent_sees_own_queues_only_wherever_a_ticket_shows(
    secret: Walk, other_agent: Person, lead_at_desk: Person
) -> None:
    """List, detail, search, autocomplete, export, import, calls, chases, exchanges, history: every address, asked and posted."""
    before = secret.fresh().revision
    seen_by_lead = 0
    for address in swept(secret):
        named = f"reference={secret.ticket.reference}"
        for query in ("", *(QUERIES if _lists(address) else ()), *((named,) if address.endswith("/preview/") else ())):
            for answer in (other_agent.web.get(f"{address}?{query}"), *_posted(other_agent, address, query, secret)):
                assert answer.status_code < 500, address
                shown = b"".join(answer) if answer.streaming else answer.content
                # A page repeats what was searched for; the other words must still be missing.
                for trace in (each for each in traces(secret) if each.lstrip("+") not in query):
                    assert trace.encode() not in shown, f"{address}?{query} shows {trace}"
        if re.search("/(ticket|pincall|chase|chaseattempt|exchange|desktask|inboundmail)/", address):
            lead = lead_at_desk.web.get(address)
            shown = b"".join(lead) if lead.streaming else lead.content
            seen_by_lead += lead.status_code == 200 and any(trace.encode() in shown for trace in traces(secret))
    assert seen_by_lead >= 11, "the sweep must pass by the pages that show the ticket to those who may see it"
    assert secret.fresh().revision == before


def _lists(address: str) -> bool:
    """Tell whether an address answers with many rows: a model's list or its export."""
    return address.endswith((".csv", "/search/")) or bool(re.fullmatch(r"/admin/\w+/\w+/", address))


def _posted(person: Person, address: str, query: str, walked: Walk) -> list[Any]:
    if query:
        return []
    data = {"version": walked.ticket.version, "body": "x", "user": person.user.pk, "reason": "other", "code": "123456"}
    data["outcome"] = "done"
    return [person.web.post(address, data)]


def test_the_sweep_passes_by_every_registered_page(secret: Walk) -> None:
    found = swept(secret)
    for model in admin.site._registry:
        assert any(f"/{model._meta.app_label}/{model._meta.model_name}/" in address for address in found), model


def test_autocomplete_finds_own_tickets_only(secret: Walk, agent_at_desk: Person, other_agent: Person) -> None:
    """Every relation to a ticket, whatever row it starts from."""
    asked = 0
    for label in ("tickets", "migrations_app", "providers"):
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.get_fields():
                if field.is_relation and field.many_to_one and field.related_model is Ticket:
                    url = "/admin/autocomplete/"
                    names = {"app_label": label, "model_name": str(model._meta.model_name), "field_name": field.name}
                    query = {**names, "term": "quitanda"}
                    own = agent_at_desk.web.get(url, query)
                    foreign = other_agent.web.get(url, query)
                    asked += own.status_code == 200 and len(own.json()["results"])
                    assert foreign.status_code != 200 or foreign.json()["results"] == []
    assert asked


def test_what_others_work_on_is_counted_nowhere(secret: Walk, other_agent: Person) -> None:
    page = text_of(other_agent.get("tickets_queue_changelist"))
    assert "LATAM onboarding" not in page
    assert other_agent.get("tickets_queue_change", secret.ticket.queue_id).status_code in {302, 404}
    for model in ("tickets_ticket", "migrations_app_pincall"):
        assert "bea" not in text_of(other_agent.get(f"{model}_changelist"))


def test_a_line_that_another_queue_moves_is_refused_without_naming_the_ticket(
    secret: Walk, other_agent: Person, agent_at_desk: Person, desk: Desk
) -> None:
    """Checking, filing and importing tell an agent that the number is taken, not by what."""
    organization = secret.ticket.organization_id
    for person, told in ((other_agent, False), (agent_at_desk, True)):
        file = csv_file(row(phone_numbers=NUMBER))
        page = text_of(person.post("tickets_ticket_import", file=file, organization=organization))
        assert "Already being moved" in page
        assert (secret.ticket.reference in page) is told
        checked = {**ANSWERS, "organization": organization, "numbers": NUMBER, "check": "1"}
        page = text_of(person.post("tickets_ticket_add", **checked))
        assert "moves this number already" in page
        assert (secret.ticket.reference in page) is told


def test_a_ticket_moved_out_of_reach_leads_back_to_the_list(walk: Walker, agent_at_desk: Person, desk: Desk) -> None:
    ticket = walk(Path.FILED).ticket
    data = {"version": ticket.version, "queue": desk.triage.pk, "reason": "not ours"}
    answer = agent_at_desk.post("tickets_ticket_do", ticket.pk, "reroute", **data)
    assert (answer.status_code, answer.url) == (302, "/admin/tickets/ticket/")
    assert "Moved to queue Triage." in text_of(agent_at_desk.web.get(answer.url))


def test_an_agent_in_no_queue_is_told_what_to_do(desk: Desk, agent_at_desk: Person, lead_at_desk: Person) -> None:
    hint = "You work in no queue yet"
    assert hint in text_of(sign_in(make_agent("new")).get("tickets_ticket_changelist"))
    assert hint not in text_of(agent_at_desk.get("tickets_ticket_changelist"))
    assert hint not in text_of(lead_at_desk.get("tickets_ticket_changelist"))
