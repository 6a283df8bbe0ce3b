"""Looking at texts before they leave: a planned message as it would be now, and the client's letter to its old BSP."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from config.core import clock
from migrations_app.admin import handover_page
from migrations_app.admin.words import EMAIL_WORDS
from migrations_app.enums import AttemptState
from migrations_app.models import ChaseAttempt, Notice
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.chases import hold_of_case
from migrations_app.services.letters import Letter, letters_now
from migrations_app.services.previews import NO_ADDRESS, NOT_NOW, preview_of
from migrations_app.services.rendering import language_name
from tickets.models import Ticket
from tickets.selectors.desk import is_agent

_READ = {"GET", "HEAD"}
View = Callable[..., HttpResponseBase]


def urls(page: Any, wrap: Callable[[View], View]) -> list[URLPattern]:
    """Return the addresses of these pages below a ticket; `page` is the ticket's admin, which knows who may see it."""

    def at(route: str, name: str, answer: Callable[..., HttpResponse]) -> URLPattern:
        def view(request: HttpRequest, ticket_id: int, **more: Any) -> HttpResponse:
            ticket = page.visible_or_404(request, ticket_id)
            if not is_agent(request.user):
                raise PermissionDenied
            if request.method not in _READ:
                return HttpResponseNotAllowed(sorted(_READ))
            return answer(page, request, ticket, **more)

        return path(f"<int:ticket_id>/{route}/", wrap(view), name=f"tickets_ticket_{name}")

    return [
        at("attempts/<int:attempt_id>", "attempt", show_attempt),
        at("notices/<int:notice_id>", "notice", show_notice),
        at("letter", "letter", show_letter),
        at("hand-over", "hand_over", handover_page.show),
    ]


def show_attempt(page: Any, request: HttpRequest, ticket: Ticket, attempt_id: int) -> HttpResponse:
    """Show what a planned message of a chase would say now.

    :raises Http404: the ticket has no such message.
    """
    rows = ChaseAttempt.objects.select_related("chase").filter(chase__case__ticket=ticket)
    return _show(page, request, ticket, rows.filter(pk=attempt_id).first())


def show_notice(page: Any, request: HttpRequest, ticket: Ticket, notice_id: int) -> HttpResponse:
    """Show what a planned single message would say now.

    :raises Http404: the ticket has no such message.
    """
    rows = Notice.objects.select_related("pin_call", "agent").filter(case__ticket=ticket)
    return _show(page, request, ticket, rows.filter(pk=notice_id).first())


def _show(page: Any, request: HttpRequest, ticket: Ticket, row: ChaseAttempt | Notice | None) -> HttpResponse:
    if row is None:
        raise Http404
    context: dict[str, Any] = {"ticket": ticket, "row": row, "planned": row.state == AttemptState.PLANNED}
    if context["planned"]:
        preview = preview_of(row, ticket, case_of(ticket.pk), now=clock.now())
        context |= {"message": preview.message, "why": _reasons().get(preview.why, "")}
        context["files"] = [name for name, _content, _type in preview.message.attachments] if preview.message else []
    context["title"] = EMAIL_WORDS.get(row.message, row.message)
    return page.render_page(request, "admin/desk/message_preview.html", context)


def _reasons() -> dict[str, str]:
    return {
        NOT_NOW: _(
            "Nothing would be sent: what it asks has to wait, or another message asks it. The next rung follows."
        ),
        NO_ADDRESS: _("Nothing would be sent: no way to the recipient is known, or it listens only to its client."),
    }


def show_letter(page: Any, request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Show the client's letter to its old BSP as of now, or give it as a file.

    :raises Http404: a file of a language in which there is none.
    """
    case = case_of(ticket.pk)
    letters = letters_now(ticket, case, now=clock.now())
    if wanted := request.GET.get("file", ""):
        return _file(next((letter for letter in letters if letter.language == wanted), None))
    shown = [
        {"letter": each, "language": language_name(each.language, shown_in=request.LANGUAGE_CODE)} for each in letters
    ]
    context = {
        "title": _("Letter for the old BSP"),
        "ticket": ticket,
        "letters": shown,
        "bsp": case.current_bsp,
        "bsp_name": case.current_bsp.name if case.current_bsp else case.current_bsp_name,
        "waits": hold_of_case(case).waits,
    }
    return page.render_page(request, "admin/desk/letter.html", context)


def _file(letter: Letter | None) -> HttpResponse:
    if letter is None:
        raise Http404
    disposition = content_disposition_header(as_attachment=True, filename=letter.file_name) or "attachment"
    return HttpResponse(
        letter.text, content_type="text/plain; charset=utf-8", headers={"Content-Disposition": disposition}
    )
