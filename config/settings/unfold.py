"""The look of the admin: title, colours and the sidebar that an agent reads every morning."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

_INBOX = "admin:migrations_app_inboundmail_changelist"


def _link(title: Any, icon: str, view: str, permission: str | None = None) -> dict[str, Any]:
    item: dict[str, Any] = {"title": title, "icon": icon, "link": reverse_lazy(view)}
    if permission:
        item["permission"] = lambda request: request.user.has_perm(permission)
    return item


def unfold_settings() -> dict[str, Any]:
    """Return django-unfold's settings."""
    return {
        "SITE_TITLE": "Portero",
        "SITE_HEADER": "Portero",
        "SITE_SUBHEADER": _("WhatsApp number migrations"),
        "SITE_SYMBOL": "swap_calls",
        "SITE_URL": None,
        "SHOW_HISTORY": False,
        "SHOW_VIEW_ON_SITE": False,
        "BORDER_RADIUS": "6px",
        "SITE_FAVICONS": [
            {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("migrations_app/favicon.svg")}
        ],
        "LOGIN": {"form": "config.core.forms.LoginForm"},
        "STYLES": [lambda _request: static("migrations_app/desk.css")],
        "SCRIPTS": [lambda _request: static("migrations_app/desk.js")],
        "COLORS": {
            "primary": {
                "50": "240 253 244",
                "100": "220 252 231",
                "200": "187 247 208",
                "300": "134 239 172",
                "400": "74 222 128",
                "500": "22 163 74",
                "600": "21 128 61",
                "700": "22 101 52",
                "800": "20 83 45",
                "900": "16 66 38",
                "950": "5 46 22",
            }
        },
        "SIDEBAR": {
            "show_search": False,
            "show_all_applications": False,
            "navigation": [
                {
                    "title": _("Desk"),
                    "items": [
                        _link(
                            _("Tickets"),
                            "confirmation_number",
                            "admin:tickets_ticket_changelist",
                            "tickets.view_ticket",
                        ),
                        {
                            **_link(
                                _("Tasks"),
                                "task_alt",
                                "admin:migrations_app_desktask_changelist",
                                "migrations_app.view_desktask",
                            ),
                            "badge": "migrations_app.admin.desk_tasks.open_count",
                        },
                        _link(
                            _("Calls"), "call", "admin:migrations_app_pincall_changelist", "migrations_app.view_pincall"
                        ),
                        {
                            **_link(
                                _("My calendar"),
                                "event",
                                "admin:migrations_app_calendarfeed_changelist",
                            ),
                            "permission": "migrations_app.admin.my_calendar.has_calls",
                        },
                        _link(
                            _("Chases"),
                            "notifications_active",
                            "admin:migrations_app_chase_changelist",
                            "migrations_app.view_chase",
                        ),
                        {
                            **_link(
                                _("Inbox"),
                                "move_to_inbox",
                                _INBOX,
                                "migrations_app.view_inboundmail",
                            ),
                            # To what somebody has to file.
                            "link": lambda _request: f"{reverse(_INBOX)}?state__exact=unmatched",
                            "active": lambda request: request.path.startswith(reverse(_INBOX)),
                            "badge": "migrations_app.admin.inbox.waiting_count",
                        },
                        {
                            **_link(
                                _("Disputes"),
                                "gavel",
                                "admin:migrations_app_ownershipdispute_changelist",
                                "migrations_app.view_ownershipdispute",
                            ),
                            "badge": "migrations_app.admin.disputes.open_count",
                        },
                        _link(
                            _("Pace of BSPs"),
                            "speed",
                            "admin:migrations_app_bsppace_changelist",
                            "migrations_app.view_bsppace",
                        ),
                        {
                            **_link(
                                _("Undelivered"),
                                "unsubscribe",
                                "admin:migrations_app_chaseattempt_changelist",
                                "migrations_app.view_chase",
                            ),
                            "badge": "migrations_app.admin.undelivered.waiting_count",
                        },
                        _link(
                            _("Exchange log"),
                            "outgoing_mail",
                            "admin:providers_exchange_changelist",
                            "providers.view_exchange",
                        ),
                    ],
                },
                {
                    "title": _("Set-up"),
                    "separator": True,
                    "items": [
                        _link(_("Queues"), "inbox", "admin:tickets_queue_changelist", "tickets.view_queue"),
                        _link(
                            _("Routing rules"),
                            "alt_route",
                            "admin:tickets_routingversion_changelist",
                            "tickets.view_routingversion",
                        ),
                        _link(
                            _("Ladders"),
                            "stairs",
                            "admin:migrations_app_ladder_changelist",
                            "migrations_app.view_ladder",
                        ),
                        _link(
                            _("Playbooks"),
                            "menu_book",
                            "admin:migrations_app_playbook_changelist",
                            "migrations_app.view_playbook",
                        ),
                        _link(_("BSP directory"), "contacts", "admin:providers_bsp_changelist", "providers.view_bsp"),
                        _link(
                            _("HTTP endpoints"),
                            "webhook",
                            "admin:providers_httpendpoint_changelist",
                            "providers.view_httpendpoint",
                        ),
                        _link(
                            _("Meta accounts"),
                            "key",
                            "admin:providers_metaaccount_changelist",
                            "providers.view_metaaccount",
                        ),
                        _link(
                            _("Agents and their hours"),
                            "schedule",
                            "admin:migrations_app_callagent_changelist",
                            "migrations_app.view_callagent",
                        ),
                        _link(
                            _("Absences"),
                            "event_busy",
                            "admin:migrations_app_agentabsence_changelist",
                            "migrations_app.view_agentabsence",
                        ),
                        _link(
                            _("Rules for calls"),
                            "rule_settings",
                            "admin:migrations_app_callpolicy_changelist",
                            "migrations_app.view_callpolicy",
                        ),
                        _link(
                            _("Business calendars"),
                            "calendar_month",
                            "admin:tickets_calendar_changelist",
                            "tickets.view_calendar",
                        ),
                        _link(
                            _("Service levels"),
                            "timer",
                            "admin:tickets_slapolicy_changelist",
                            "tickets.view_slapolicy",
                        ),
                        _link(
                            _("Organizations"),
                            "business",
                            "admin:tickets_organization_changelist",
                            "tickets.view_organization",
                        ),
                        _link(
                            _("Webhooks"),
                            "send_time_extension",
                            "admin:tickets_webhookendpoint_changelist",
                            "tickets.view_webhookendpoint",
                        ),
                        _link(_("Users"), "group", "admin:auth_user_changelist", "auth.view_user"),
                    ],
                },
            ],
        },
    }
