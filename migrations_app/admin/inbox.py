"""The inbox: mail that belongs to no ticket yet, and everything else that came in. Words only: no markup, nothing fetched."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import ReadOnlyAdmin, ShortCount
from config.core.admin.moments import moment_words
from config.core.errors import DomainError
from migrations_app.admin.answers_card import note_of
from migrations_app.admin.test_world import named
from migrations_app.admin.words import STATE_COLOURS, badge, refusal_words
from migrations_app.enums.mail import MailState
from migrations_app.models import InboundMail
from migrations_app.selectors.cases import tickets_matching
from migrations_app.selectors.mails import visible_mails, waiting_mails
from migrations_app.services import inbox
from migrations_app.services.inbound import read_again
from tickets.admin import actor_of
from tickets.models import Ticket
from tickets.selectors.desk import is_agent, visible_tickets

READ = {"GET", "HEAD"}
MOST_CANDIDATES = 10
_TO_FILE = frozenset(
    {MailState.UNMATCHED, MailState.AUTO_REPLY, MailState.BOUNCE, MailState.SET_ASIDE, MailState.FILED}
)
_TO_SET_ASIDE = frozenset({MailState.UNMATCHED})


def waiting_count(request: HttpRequest) -> str:
    """Return how many mails somebody has to file, for the sidebar; nothing where there are none."""
    if not request.user.has_perm("migrations_app.view_inboundmail"):
        return ""
    found = waiting_mails(request.user).count()
    return str(found) if found else ""


@admin.register(InboundMail)
class InboundMailAdmin(ReadOnlyAdmin):
    """Mail that came in, newest first. The sidebar leads to what nobody has filed yet."""

    list_display = ("shown_subject", "state_label", "shown_sender", "on_ticket", "found", "came")
    list_display_links = ("shown_subject",)
    list_filter = ("state", "source")
    search_fields = ("sender", "subject", "ticket__reference", "message_id")
    list_per_page = 50
    empty_note = _(
        "Answers find their ticket by themselves; mail that fits none waits here until somebody files it or sets it aside. "
        "Empty means that there is none."
    )
    paginator = ShortCount

    ordering = ("-received_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundMail]:
        return visible_mails(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("migrations_app.view_inboundmail")

    def get_urls(self) -> list[URLPattern]:
        """The list, one mail, its files, and what is done with it."""
        wrap = self.admin_site.admin_view
        own = [
            path("<int:mail_id>/change/", wrap(self.page_view), name="migrations_app_inboundmail_change"),
            path("<int:mail_id>/files/<int:position>/", wrap(self.file_view), name="migrations_app_inboundmail_file"),
            path("<int:mail_id>/do/<slug:action>/", wrap(self.action_view), name="migrations_app_inboundmail_do"),
        ]
        return [*own, *super().get_urls()]

    def _visible_or_404(self, request: HttpRequest, mail_id: int) -> InboundMail:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found: InboundMail | None = self.get_queryset(request).prefetch_related("files").filter(pk=mail_id).first()
        if found is None:
            raise Http404
        return found

    def page_view(self, request: HttpRequest, mail_id: int) -> HttpResponse:
        """Show the words of a mail, what is known of its sender, and tickets it may belong to."""
        mail = self._visible_or_404(request, mail_id)
        if request.method not in READ:
            return HttpResponseNotAllowed(sorted(READ))
        wanted = request.GET.get("q", "").strip()[:100]
        works = is_agent(request.user) and request.user.has_perm("tickets.change_ticket")
        request.current_app = self.admin_site.name
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "media": self.media,
            "title": mail.subject or gettext("(no subject)"),
            "mail": mail,
            "note": note_of(mail),
            "verdicts": sorted(mail.facts.get("verdicts", {}).items()),
            "report": mail.facts.get("report"),
            "state_badge": badge(mail.get_state_display(), STATE_COLOURS.get(f"mail_{mail.state}", "")),
            "wanted": wanted,
            "candidates": self._candidates(request, wanted) if wanted else [],
            "may_file": works and mail.state in _TO_FILE,
            "may_set_aside": works and mail.state in _TO_SET_ASIDE,
        }
        return TemplateResponse(request, "admin/desk/mail.html", context)

    def _candidates(self, request: HttpRequest, wanted: str) -> list[Ticket]:
        found = tickets_matching(visible_tickets(request.user), wanted).select_related("organization")
        return list(found.order_by("-updated_at", "-id")[:MOST_CANDIDATES])

    def file_view(self, request: HttpRequest, mail_id: int, position: int) -> HttpResponse:
        """Give a file of the mail, to be saved and never to be shown in place."""
        mail = self._visible_or_404(request, mail_id)
        if request.method not in READ:
            return HttpResponseNotAllowed(sorted(READ))
        entry = mail.files.filter(position=position).first()
        try:
            files = read_again(mail).files
        except DomainError as refusal:
            raise Http404 from refusal
        if entry is None or position >= len(files):
            raise Http404
        answer = HttpResponse(files[position].content, content_type="application/octet-stream")
        header = content_disposition_header(as_attachment=True, filename=entry.filename.replace("/", "_"))
        answer.headers["Content-Disposition"] = header or "attachment"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    def action_view(self, request: HttpRequest, mail_id: int, action: str) -> HttpResponse:
        """File the mail on a ticket, or set it aside; then go where the work goes on.

        :raises PermissionDenied: this person does not work on tickets.
        :raises Http404: there is no such mail or ticket among those this person may see, or no such action.
        """
        mail = self._visible_or_404(request, mail_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (is_agent(request.user) and request.user.has_perm("tickets.change_ticket")):
            raise PermissionDenied
        deed = {"file": self._file, "aside": self._set_aside}.get(action)
        if deed is None:
            raise Http404
        try:
            return deed(request, mail)
        except DomainError as refusal:
            messages.error(request, refusal_words(refusal))
        return redirect("admin:migrations_app_inboundmail_change", mail.pk)

    def _file(self, request: HttpRequest, mail: InboundMail) -> HttpResponse:
        given = str(request.POST.get("ticket", ""))
        tickets = visible_tickets(request.user)
        ticket = tickets.filter(pk=int(given)).first() if given.isascii() and given.isdecimal() else None
        if ticket is None:
            raise Http404
        inbox.file_on(mail_id=mail.pk, ticket_id=ticket.pk, by=actor_of(request), now=clock.now())
        messages.success(request, gettext("Filed on %(reference)s.") % {"reference": ticket.reference})
        return redirect("admin:tickets_ticket_change", ticket.pk)

    def _set_aside(self, request: HttpRequest, mail: InboundMail) -> HttpResponse:
        reason = str(request.POST.get("reason", ""))[:2000]
        inbox.set_aside(mail_id=mail.pk, reason=reason, by=actor_of(request), now=clock.now())
        messages.success(request, gettext("Set aside. It can still be filed."))
        return redirect("admin:migrations_app_inboundmail_changelist")

    @display(description=_("Subject"), ordering="subject")
    def shown_subject(self, row: InboundMail) -> str:
        return row.subject or gettext("(no subject)")

    @display(description=_("State"), ordering="state")
    def state_label(self, row: InboundMail) -> str:
        return badge(row.get_state_display(), STATE_COLOURS.get(f"mail_{row.state}", ""))

    @display(description=_("From"), ordering="sender")
    def shown_sender(self, row: InboundMail) -> str:
        return f"{row.sender_name} <{row.sender}>" if row.sender_name else row.sender

    @display(description=_("Ticket"))
    def on_ticket(self, row: InboundMail) -> str:
        if row.ticket is None:
            return "–"
        url = reverse("admin:tickets_ticket_change", args=[row.ticket.pk])
        return named(row.ticket, format_html('<a href="{}">{}</a>', url, row.ticket.reference))

    @display(description=_("Found by"))
    def found(self, row: InboundMail) -> str:
        return str(row.get_matched_by_display())

    @display(description=_("Received at"), ordering="received_at")
    def came(self, row: InboundMail) -> str:
        return moment_words(row.received_at)
