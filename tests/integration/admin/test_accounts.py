"""Destination accounts in the admin: a token goes in, is tried, and is never shown again."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core import serializers
from pytest_django import Settings

from config.core.actor import SYSTEM
from providers.models import Exchange, MetaAccount
from providers.services import tokens
from tests.factories.desk import Desk
from tests.factories.servers import Meta
from tests.integration.admin.conftest import Person, text_of

TOKEN = "EAAGm0PX4ZCpsBAverysecrettoken0123456789"


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.TOKEN_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


@pytest.fixture
def account(desk: Desk) -> MetaAccount:
    return MetaAccount.objects.get()


def keep(account: MetaAccount, now: datetime) -> None:
    tokens.set_token(account_id=account.pk, token=TOKEN, by=SYSTEM, now=now)
    account.refresh_from_db()


def rows() -> Iterator[str]:
    """Every row of every table, as text."""
    for model in apps.get_models():
        yield serializers.serialize("json", model._default_manager.all())


def fields(account: MetaAccount, **more: str) -> dict[str, str]:
    return {"name": account.name, "waba_id": account.waba_id, "token_variable": "META_ACCESS_TOKEN", **more}


def change(lead: Person, account: MetaAccount, **more: str) -> Any:
    answer = lead.post("providers_metaaccount_change", account.pk, **fields(account, **more))
    account.refresh_from_db()
    return answer


def test_a_token_is_entered_and_never_shown_again(
    lead_at_desk: Person, account: MetaAccount, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert change(lead_at_desk, account, token=f"  {TOKEN} ").status_code == 302
    assert tokens.token_of(account) == TOKEN
    page = text_of(lead_at_desk.get("providers_metaaccount_change", account.pk))
    history = text_of(lead_at_desk.get("providers_metaaccount_history", account.pk))
    listed = text_of(lead_at_desk.get("providers_metaaccount_changelist"))
    for told in (page, history, listed, caplog.text, *rows()):
        assert TOKEN not in told
    for told in (page, listed):
        assert account.token_fingerprint in told
    assert account.token_sealed not in page
    assert "token" in LogEntry.objects.latest("id").change_message.lower()
    sealed = account.token_sealed
    change(lead_at_desk, account)
    assert account.token_sealed == sealed, "an empty field keeps it"
    change(lead_at_desk, account, forget_token="on")
    assert account.token_sealed == ""


@pytest.mark.parametrize("token", ["two words", "naïve", "a\tb"])
def test_what_cannot_be_a_token_is_refused_and_not_repeated(
    token: str, lead_at_desk: Person, account: MetaAccount
) -> None:
    answer = change(lead_at_desk, account, token=token)
    assert (answer.status_code, account.token_sealed) == (200, "")
    assert f'value="{token}"' not in text_of(answer)


def test_without_a_key_the_form_says_so(settings: Settings, lead_at_desk: Person, account: MetaAccount) -> None:
    settings.TOKEN_ENCRYPTION_KEYS = []
    answer = change(lead_at_desk, account, token=TOKEN)
    assert (answer.status_code, TOKEN in text_of(answer)) == (200, False)
    assert "TOKEN_ENCRYPTION_KEYS" in text_of(answer)


def test_a_token_does_not_go_along_to_another_account(
    lead_at_desk: Person, account: MetaAccount, now: datetime
) -> None:
    keep(account, now)
    other = {"waba_id": "111222333444555"}
    assert change(lead_at_desk, account, **other).status_code == 200
    assert change(lead_at_desk, account, **other, token=TOKEN + "2").status_code == 302
    assert (account.waba_id, tokens.token_of(account)) == ("111222333444555", TOKEN + "2")


def test_a_new_account_takes_a_token_at_once(lead_at_desk: Person, desk: Desk) -> None:
    data = {"name": "Second", "waba_id": "111222333444555", "token_variable": "META_ACCESS_TOKEN", "token": TOKEN}
    assert lead_at_desk.post("providers_metaaccount_add", **data).status_code == 302
    assert tokens.token_of(MetaAccount.objects.get(name="Second")) == TOKEN


def _tested(person: Person, account: MetaAccount) -> str:
    assert person.post("providers_metaaccount_test_token", account.pk).status_code == 302
    return text_of(person.get("providers_metaaccount_change", account.pk))


def test_a_token_can_be_tried(meta: Meta, lead_at_desk: Person, account: MetaAccount, now: datetime) -> None:
    keep(account, now)
    assert "The token works" in _tested(lead_at_desk, account)
    assert {row.purpose for row in Exchange.objects.all()} == {"meta.read"}
    meta.fault("waba_facts", error_key="token_invalid")
    page = _tested(lead_at_desk, account)
    assert "The access token is not accepted" in page
    meta.fault("waba_facts", drop="before")
    assert "Meta did not answer" in _tested(lead_at_desk, account)


def test_only_leads_try_tokens_and_only_by_a_button(
    agent_at_desk: Person, lead_at_desk: Person, account: MetaAccount
) -> None:
    assert agent_at_desk.post("providers_metaaccount_test_token", account.pk).status_code == 403
    assert lead_at_desk.get("providers_metaaccount_test_token", account.pk).status_code == 405
    assert not Exchange.objects.exists()


def test_an_account_without_any_token_says_so(settings: Settings, lead_at_desk: Person, account: MetaAccount) -> None:
    settings.META_ACCESS_TOKEN = ""
    assert "There is no token" in _tested(lead_at_desk, account)
