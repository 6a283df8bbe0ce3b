"""The door: failed logins lock, one-time passwords when demanded, a policy that lets nothing in from outside."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import PASSWORD, Person, sign_in, text_of

LOGIN = "/admin/login/"


@pytest.fixture
def web() -> Client:
    return Client()


def _log_in(web: Client, **data: Any) -> Any:
    return web.post(LOGIN, {"username": "bea", "password": PASSWORD, **data})


def test_a_right_password_leads_to_the_tickets(web: Client, agent_user: User) -> None:
    assert _log_in(web).headers["Location"] == reverse("admin:index")
    assert web.get("/admin/").headers["Location"] == reverse("admin:tickets_ticket_changelist")


def test_where_one_wanted_to_go_is_kept_unless_it_is_elsewhere(web: Client, agent_user: User) -> None:
    wanted = reverse("admin:tickets_ticket_changelist") + "?stage=ready"
    assert web.post(f"{LOGIN}?next={wanted}", {"username": "bea", "password": PASSWORD}).headers["Location"] == wanted
    evil = Client().post(f"{LOGIN}?next=https://evil.example/", {"username": "bea", "password": PASSWORD})
    assert evil.headers["Location"] == reverse("admin:index")


def test_too_many_failures_lock_the_account_with_a_readable_page(web: Client, agent_user: User) -> None:
    for _ in range(4):
        assert _log_in(web, password="wrong").status_code == 200
    locked = _log_in(web, password="wrong")
    assert locked.status_code == 429
    assert "Login locked for now" in locked.content.decode()
    assert _log_in(web).status_code == 429
    assert web.get("/admin/tickets/ticket/").status_code == 302


def test_people_without_staff_rights_stay_outside(web: Client, db: None) -> None:
    User.objects.create_user("bea", password=PASSWORD)
    assert _log_in(web).status_code == 200
    assert web.get("/admin/tickets/ticket/").status_code == 302


# One-time passwords


@pytest.fixture
def otp_demanded(settings: Settings) -> None:
    settings.ADMIN_OTP_REQUIRED = True


def _token(device: TOTPDevice) -> str:
    return f"{totp(device.bin_key):06d}"


def test_without_the_demand_nobody_is_asked(web: Client, db: None) -> None:
    assert "otp_token" not in web.get(LOGIN).content.decode()


@pytest.mark.usefixtures("otp_demanded")
def test_the_one_time_password_is_asked_for_and_opens_once(web: Client, agent_user: User) -> None:
    device = TOTPDevice.objects.create(user=agent_user, name="phone", confirmed=True)
    assert 'name="otp_token"' in text_of(web.get(LOGIN))
    assert _log_in(web).status_code == 200
    token = _token(device)
    assert _log_in(web, otp_token=token).status_code == 302
    assert web.get(reverse("admin:tickets_ticket_changelist")).status_code == 200
    assert _log_in(Client(), otp_token=token).status_code == 200


@pytest.mark.usefixtures("otp_demanded")
def test_a_wrong_token_or_none_or_somebody_elses_stays_outside(web: Client, agent_user: User, lead_user: User) -> None:
    device = TOTPDevice.objects.create(user=agent_user, name="phone", confirmed=True)
    other = TOTPDevice.objects.create(user=lead_user, name="phone", confirmed=True)
    right = _token(device)
    for token in ("", "000000" if right != "000000" else "111111", _token(other)):
        assert _log_in(web, otp_token=token).status_code == 200, token
    assert web.get(reverse("admin:tickets_ticket_changelist")).status_code == 302


@pytest.mark.usefixtures("otp_demanded")
def test_an_unconfirmed_device_does_not_count(web: Client, agent_user: User) -> None:
    device = TOTPDevice.objects.create(user=agent_user, name="phone", confirmed=False)
    assert _log_in(web, otp_token=_token(device)).status_code == 200


@pytest.mark.usefixtures("otp_demanded")
def test_sessions_from_before_the_demand_are_not_enough(agent_user: User) -> None:
    person = sign_in(agent_user)
    answer = person.get("tickets_ticket_changelist")
    assert answer.headers["Location"].startswith(LOGIN)
    assert person.web.get(LOGIN).status_code == 200


# Nothing from outside


def _addresses(page: str) -> set[str]:
    return set(re.findall(r'(?:src|href|action|content)="((?:https?:)?//[^"]+)"', page))


def test_no_page_asks_for_anything_from_elsewhere(
    walk: Walker, lead_at_desk: Person, agent_at_desk: Person, client_person: Person, web: Client
) -> None:
    walked = walk(Path.SCHEDULED)
    pages = [
        web.get(LOGIN),
        lead_at_desk.get("tickets_ticket_changelist"),
        agent_at_desk.get("tickets_ticket_change", walked.ticket.pk),
        client_person.get("tickets_ticket_change", walked.ticket.pk),
        agent_at_desk.get("tickets_ticket_add"),
        agent_at_desk.get("migrations_app_pincall_console", walked.current_call().pk),
        lead_at_desk.get("tickets_routingversion_dry_run", reference=walked.ticket.reference),
        lead_at_desk.get("migrations_app_pincall_changelist"),
        lead_at_desk.get("auth_user_changelist"),
    ]
    for page in pages:
        assert _addresses(text_of(page)) == set(), page.request["PATH_INFO"]


def test_the_policy_is_loosened_for_the_admin_only(web: Client, db: None) -> None:
    admin = web.get(LOGIN).headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in f"{admin};"
    assert "'unsafe-inline'" in admin
    assert "default-src 'none'" in admin
    assert "unsafe" not in web.get("/healthz").headers["Content-Security-Policy"]


def test_our_pages_hold_no_inline_scripts(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.SCHEDULED)
    for page in (agent_at_desk.page(walked), text_of(agent_at_desk.get("tickets_ticket_add"))):
        assert re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", page) is None
        assert re.search(r"\son(click|submit|load)=", page) is None
