"""Links to the client's page on the ticket page: who has one, in which messages one left, a new one (shown once), ending one."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from config.core import clock
from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.admin.words import EMAIL_WORDS
from migrations_app.selectors.mail_links import MailLink, mail_links_of
from tickets.admin import actor_of
from tickets.enums.sharing import SharePermission
from tickets.models import Ticket
from tickets.selectors.desk import is_agent
from tickets.selectors.share_links import links_for_desk, links_of
from tickets.services.share_links import LONGEST_LIFE, LinkWish, make_link, revoke_link

View = Callable[..., HttpResponseBase]
_DAYS = (7, 14, 30, LONGEST_LIFE.days)
_LONGEST_LABEL = 100


def context_of(ticket: Ticket, *, may_share: bool, desk: bool, now: datetime) -> dict[str, Any]:
    """Return the links of a ticket that were made by hand, for the desk those in messages, and what a new one may do."""
    rows = links_for_desk(ticket, now=now) if desk else list(links_of(ticket))
    links = [
        {"row": row, "may": [str(SharePermission(word).label) for word in row.permissions]}
        for row in rows
        if not row.in_mail
    ]
    return {
        "links": links,
        "mail_links": [_in_message(each) for each in mail_links_of(ticket, rows)],
        "may_share": may_share,
        "link_permissions": SharePermission.choices,
        "link_days": _DAYS,
    }


def _in_message(link: MailLink) -> dict[str, Any]:
    return {"row": link.row, "words": EMAIL_WORDS.get(link.message, link.message), "to": link.recipient}


def urls(page: Any, wrap: Callable[[View], View]) -> list[URLPattern]:
    """Return the address at which a link is made; `page` is the ticket's admin, which knows who may see it."""

    def view(request: HttpRequest, ticket_id: int) -> HttpResponse:
        ticket = page.visible_or_404(request, ticket_id)
        if is_agent(request.user) and not request.user.has_perm("tickets.change_ticket"):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return _make(page, request, ticket)

    return [path("<int:ticket_id>/share-links/", wrap(never_cache(view)), name="tickets_ticket_share_links")]


def _make(page: Any, request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Make a link and show it, this once: it goes into no message and no session."""
    data = request.POST
    words = [word for word in data.getlist("permissions") if word in SharePermission.values]
    days = data.get("days", "")
    wish = LinkWish(
        permissions=[SharePermission(word) for word in words],
        lasts=timedelta(days=int(days) if days in map(str, _DAYS) else _DAYS[1]),
        label=" ".join(data.get("label", "").replace("\x00", "").split())[:_LONGEST_LABEL],
    )
    made = make_link(ticket_id=ticket.pk, wish=wish, by=actor_of(request), now=clock.now())
    context = {"ticket": ticket, "link": made.row, "url": made.url, "title": _("Link to the client's page")}
    return page.render_page(request, "admin/desk/new_link.html", context)


def _revoke(deed: Deed) -> str:
    try:
        link_id = uuid.UUID(str(deed.data.get("link", "")))
    except ValueError:
        raise BadForm(_("There is no such link.")) from None
    revoke_link(ticket_id=deed.ticket.pk, link_id=link_id, by=deed.by, now=deed.now)
    return _("The link opens nothing any more.")


LINK_ACTIONS: dict[str, Action] = {"revoke-link": Action(_revoke, for_client=True, stale_ok=True)}
