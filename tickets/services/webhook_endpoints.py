"""Webhook endpoints: made, changed, given a new secret, switched off and on, deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from config.core import sealing
from config.core.actor import Actor
from config.core.errors import FieldProblem, Invalid, NotFound, PreconditionFailed
from config.core.outbound.addresses import NotAllowed, is_loopback, problem_of, target_of
from config.core.uow import UnitOfWork, unit_of_work
from tickets.enums import EndpointOff
from tickets.models import WebhookEndpoint
from tickets.services.webhook_secrets import OLD_SIGNS_FOR, new_secret

MOST_ENDPOINTS = 20
"""Of one organization and world."""
_LOOK_UP_SECONDS = 2.0
_PROBLEMS = {
    "malformed": _("This is no address of a web server."),
    "with_secrets": _("The address must carry no user name, password or fragment."),
    "not_https": _("The address must begin with https://."),
    "private_address": _("Webhooks may not be sent to this address: it is not a public one."),
}


@dataclass(frozen=True)
class EndpointWish:
    """A new endpoint as it is asked for. Without types it is told of everything."""

    url: str
    types: tuple[str, ...] = ()
    active: bool = True
    contact_email: str = ""
    contact_language: str = "en"


def judged(url: str) -> str:
    """Return what is wrong with an address, as a code; empty where nothing is.

    Name servers are asked: call it outside of any transaction. A name that nobody knows yet may be known later.
    """
    problem = _problem_of(url)
    if problem:
        return problem
    try:
        target_of(url, allow=settings.WEBHOOK_ALLOW, seconds=_LOOK_UP_SECONDS)
    except NotAllowed as refusal:
        return refusal.reason if refusal.permanent else ""
    return ""


def _problem_of(url: str) -> str:
    problem = problem_of(url, allow=settings.WEBHOOK_ALLOW)
    parts = None if problem else urlsplit(url)
    if parts is not None and parts.scheme == "http" and not is_loopback(str(parts.hostname)):
        return "not_https"
    return problem


def demand_good_url(url: str, *, known_problem: str = "") -> None:
    """Refuse an address that is never called.

    :raises Invalid: it is malformed, not https, or leads to a private address.
    """
    problem = known_problem or _problem_of(url)
    if problem:
        words = str(_PROBLEMS.get(problem, _PROBLEMS["malformed"]))
        raise Invalid([FieldProblem("#/url", "invalid", words)])


@sensitive_variables("secret")
def create_endpoint(
    *, organization_id: int, test: bool, wish: EndpointWish, by: Actor, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint and return it with its secret, which is nowhere else to be had.

    :raises Invalid: the address is never called, or there are too many endpoints already.
    :raises NoKey: there is no key to encrypt the secret with.
    """
    demand_good_url(wish.url)
    secret = new_secret()
    with unit_of_work(by=by, now=now):
        there = WebhookEndpoint.objects.filter(organization_id=organization_id, test=test, deleted_at=None)
        if there.count() >= MOST_ENDPOINTS:
            words = gettext("There are %(count)s endpoints already, which is the most.") % {"count": MOST_ENDPOINTS}
            raise Invalid([FieldProblem("#", "too_many_items", words)])
        row = WebhookEndpoint.objects.create(
            organization_id=organization_id,
            test=test,
            url=wish.url,
            types=list(wish.types),
            contact_email=wish.contact_email,
            contact_language=wish.contact_language,
            secret_sealed=sealing.seal(secret),
            created_at=now,
            updated_at=now,
            **_switched(active=wish.active, reason=EndpointOff.BY_OWNER, now=now),
        )
    return row, secret


def edit_endpoint(
    *, endpoint_id: int, changes: Mapping[str, Any], version: int | None, by: Actor, now: datetime
) -> WebhookEndpoint:
    """Change an endpoint as it was known under `version` (None: whatever it is).

    :raises NotFound: it is gone.
    :raises PreconditionFailed: it was changed meanwhile.
    :raises Invalid: the address is never called.
    """
    if "url" in changes:
        demand_good_url(changes["url"])
    with unit_of_work(by=by, now=now) as uow:
        row = locked_endpoint(uow, endpoint_id)
        if version is not None and row.version != version:
            raise PreconditionFailed
        wanted = dict(changes)
        active = wanted.pop("active", row.active)
        if active != row.active:
            wanted |= _switched(active=active, reason=EndpointOff.BY_OWNER, now=now)
        if any(getattr(row, name) != value for name, value in wanted.items()):
            write(row, wanted, now=now)
        return row


@sensitive_variables("secret")
def rotate_secret(*, endpoint_id: int, by: Actor, now: datetime) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret and return both; the old one signs too for `OLD_SIGNS_FOR`.

    :raises NotFound: it is gone.
    :raises NoKey: there is no key to encrypt the secret with.
    """
    secret = new_secret()
    with unit_of_work(by=by, now=now) as uow:
        row = locked_endpoint(uow, endpoint_id)
        fresh = {
            "secret_sealed": sealing.seal(secret),
            "old_secret_sealed": row.secret_sealed,
            "old_secret_until": now + OLD_SIGNS_FOR,
        }
        write(row, fresh, now=now)
    return row, secret


def delete_endpoint(*, endpoint_id: int, by: Actor, now: datetime) -> None:
    """Delete an endpoint: nothing is sent any more, and its secrets are gone.

    :raises NotFound: it is gone.
    """
    with unit_of_work(by=by, now=now) as uow:
        row = locked_endpoint(uow, endpoint_id)
        off = {} if not row.active else _switched(active=False, reason=EndpointOff.BY_OWNER, now=now)
        gone = {"deleted_at": now, "secret_sealed": "", "old_secret_sealed": "", "notice_due_at": None}
        write(row, {**off, **gone}, now=now)


def switch(*, endpoint_id: int, active: bool, by: Actor, now: datetime) -> None:
    """Switch an endpoint off or on for the desk; what it is already it stays.

    :raises NotFound: it is gone.
    """
    with unit_of_work(by=by, now=now) as uow:
        row = locked_endpoint(uow, endpoint_id)
        if row.active != active:
            write(row, _switched(active=active, reason=EndpointOff.BY_DESK, now=now), now=now)


def switch_off_for(row: WebhookEndpoint, reason: EndpointOff, *, now: datetime) -> None:
    """Switch an endpoint off that its receiver does not take any more, and have its owner told. Its row is locked."""
    told = {"notice_due_at": now, "notice_tries": 0} if row.contact_email else {}
    write(row, {**_switched(active=False, reason=reason, now=now), **told}, now=now)


def _switched(*, active: bool, reason: EndpointOff, now: datetime) -> dict[str, Any]:
    if active:
        return {
            "active": True,
            "off_reason": EndpointOff.ON,
            "off_at": None,
            "failing_since": None,
            "notice_due_at": None,
        }
    return {"active": False, "off_reason": reason, "off_at": now}


def locked_endpoint(uow: UnitOfWork, endpoint_id: int) -> WebhookEndpoint:
    """Lock an endpoint that is there and return it.

    :raises NotFound: it is gone.
    """
    uow.lock(WebhookEndpoint, endpoint_id)
    row = WebhookEndpoint.objects.filter(pk=endpoint_id, deleted_at=None).first()
    if row is None:
        raise NotFound
    return row


def write(row: WebhookEndpoint, values: Mapping[str, Any], *, now: datetime) -> None:
    """Write columns of an endpoint whose row is locked; who has an older copy has to look again."""
    changed = {**values, "version": row.version + 1, "updated_at": now}
    WebhookEndpoint.objects.filter(pk=row.pk).update(**changed)
    for name, value in changed.items():
        setattr(row, name, value)
