"""The desk's first set-up as data: roles, queue, routing, service level, ladders, playbooks. What a lead has edited stays."""

from datetime import datetime

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.services.ladders import load_ladders
from migrations_app.services.playbooks import load_playbooks
from providers.models import MetaAccount
from tickets.models import Queue
from tickets.selectors.desk import AGENT, CLIENT, LEAD
from tickets.services.level_setup import NewCalendar, ensure_calendar, ensure_policy
from tickets.services.routing_versions import first_version

_ROLE_PERMISSIONS: dict[str, Q] = {
    CLIENT: Q(content_type__app_label="tickets", codename__in=["view_ticket", "add_ticket"]),
    AGENT: Q(
        content_type__app_label="tickets",
        codename__in=[
            "view_ticket",
            "add_ticket",
            "change_ticket",
            "view_queue",
            "view_routingversion",
            "view_calendar",
            "view_slapolicy",
            # To choose for whom a ticket is filed.
            "view_organization",
        ],
    )
    | Q(
        content_type__app_label="migrations_app",
        codename__in=[
            "view_pincall",
            "view_chase",
            "view_ladder",
            "view_playbook",
            "view_playbookstage",
            "view_callagent",
            "view_agenthours",
            "view_agentprofile",
            # Own ones only, which the page sees to.
            "view_agentabsence",
            "add_agentabsence",
            "change_agentabsence",
            "delete_agentabsence",
            "view_ownershipdispute",
            "view_bsppace",
            "view_desktask",
            "view_inboundmail",
        ],
    )
    | Q(content_type__app_label="providers", codename__in=["view_bsp", "view_exchange"]),
    LEAD: Q(content_type__app_label="tickets", codename__in=["view_ticket", "add_ticket", "change_ticket"])
    | Q(
        content_type__app_label="tickets",
        content_type__model__in=["queue", "routingversion", "organization", "membership", "apikey"],
        codename__regex=r"^(view|add|change)_",
    )
    | Q(content_type__app_label="tickets", codename__in=["delete_routingversion", "delete_membership"])
    | Q(
        content_type__app_label="tickets",
        codename__in=["view_webhookendpoint", "change_webhookendpoint", "view_webhookdelivery"],
    )
    | Q(
        content_type__app_label="tickets",
        content_type__model__in=["calendar", "calendarhours", "calendarday", "slapolicy", "slatarget"],
    )
    | Q(
        content_type__app_label="migrations_app",
        codename__in=[
            "view_pincall",
            "view_chase",
            "view_ownershipdispute",
            "view_bsppace",
            "view_desktask",
            "view_inboundmail",
        ],
    )
    | Q(
        content_type__app_label="migrations_app",
        content_type__model__in=["ladder", "playbook", "playbookstage"],
        codename__regex=r"^(view|add|change)_",
    )
    | Q(content_type__app_label="migrations_app", codename="delete_playbookstage")
    | Q(
        content_type__app_label="migrations_app",
        content_type__model__in=["agenthours", "agentabsence", "agentprofile", "callpolicy", "organizationendpoint"],
    )
    | Q(content_type__app_label="migrations_app", codename__in=["view_callagent", "change_callagent"])
    | Q(
        content_type__app_label="providers",
        content_type__model__in=["bsp", "metaaccount", "httpendpoint"],
        codename__regex=r"^(view|add|change)_",
    )
    | Q(content_type__app_label="providers", codename__in=["view_bspname", "delete_bspname"])
    | Q(content_type__app_label="providers", codename="view_exchange")
    | Q(content_type__app_label="auth", codename__in=["view_user", "add_user", "change_user"]),
}
"""What each role may do in the admin; which rows it may do it with is `tickets.selectors.desk.visible_tickets`."""


def load_desk(*, by: Actor, now: datetime, waba_id: str) -> None:
    """Make what is missing. `waba_id` names the destination account that the first playbooks move numbers to."""
    with unit_of_work(by=by, now=now):
        for role, wanted in _ROLE_PERMISSIONS.items():
            Group.objects.get_or_create(name=role)[0].permissions.set(Permission.objects.filter(wanted))
        stamps = {"created_at": now, "updated_at": now}
        Queue.objects.get_or_create(is_triage=True, defaults={"slug": "triage", "name": "Triage", **stamps})
        office = ensure_calendar(NewCalendar("Office hours"), by=by, now=now)
        ensure_policy("Standard", position=100, calendar=office, by=by, now=now)
        first_version(by=by, now=now)
        load_ladders(by=by, now=now)
        account = MetaAccount.objects.get_or_create(
            name="Destination", defaults={"waba_id": waba_id, "payment_ready": True, "app_subscribed": True, **stamps}
        )[0]
        load_playbooks(account=account, by=by, now=now)
