"""Access tokens of destination accounts: encrypted at rest, found when needed, told to nobody."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core import serializers
from django.core.management import CommandError, call_command
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter
from pytest_django import Settings

from config.core import sealing
from config.core.actor import SYSTEM
from config.core.errors import NotFound
from providers.checks import check_tokens
from providers.models import MetaAccount
from providers.services import tokens, whatsapp
from providers.services.whatsapp import CallContext
from tests.factories.desk import DESTINATION_WABA, Desk
from tests.factories.servers import Meta

pytestmark = pytest.mark.django_db
TOKEN = "EAAGm0PX4ZCpsBAverysecrettoken0123456789"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.TOKEN_ENCRYPTION_KEYS = [OLD]


@pytest.fixture
def account(desk: Desk) -> MetaAccount:
    return MetaAccount.objects.get()


def keep(account: MetaAccount, now: datetime, token: str = TOKEN) -> None:
    tokens.set_token(account_id=account.pk, token=token, by=SYSTEM, now=now)
    account.refresh_from_db()


def rows() -> Iterator[str]:
    """Every row of every table, as text."""
    for model in apps.get_models():
        yield serializers.serialize("json", model._default_manager.all())


def test_the_token_comes_from_the_account_else_from_the_variable_that_it_names(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, account: MetaAccount, now: datetime
) -> None:
    settings.META_ACCESS_TOKEN = "general"
    monkeypatch.setenv("META_TOKEN_SOL", "special")
    assert tokens.token_of(None) == "general"
    assert tokens.token_of(MetaAccount(token_variable="META_ACCESS_TOKEN")) == "general"
    assert tokens.token_of(MetaAccount(token_variable="META_TOKEN_SOL")) == "special"
    assert tokens.token_of(MetaAccount(token_variable="META_TOKEN_NOBODY")) == ""
    keep(account, now)
    assert tokens.token_of(account) == TOKEN
    tokens.forget_token(account_id=account.pk, by=SYSTEM, now=now)
    account.refresh_from_db()
    assert (tokens.token_of(account), account.token_fingerprint, account.token_set_at) == ("general", "", None)


def test_a_token_stands_in_no_table_in_clear(account: MetaAccount, now: datetime) -> None:
    keep(account, now)
    assert account.token_sealed
    assert not [text for text in rows() if TOKEN in text]


def test_nothing_is_kept_without_a_key(settings: Settings, account: MetaAccount, now: datetime) -> None:
    settings.TOKEN_ENCRYPTION_KEYS = []
    with pytest.raises(sealing.NoKey):
        keep(account, now)
    with pytest.raises(sealing.NoKey):
        tokens.reencrypt(by=SYSTEM, now=now)
    account.refresh_from_db()
    assert account.token_sealed == ""


def test_an_account_that_is_gone_takes_no_token(now: datetime) -> None:
    with pytest.raises(NotFound):
        tokens.set_token(account_id=77, token=TOKEN, by=SYSTEM, now=now)


def test_a_key_is_changed_in_three_steps(settings: Settings, account: MetaAccount, now: datetime) -> None:
    keep(account, now)
    settings.TOKEN_ENCRYPTION_KEYS = [NEW, OLD]
    assert tokens.token_of(account) == TOKEN
    out = StringIO()
    call_command("reencrypt_tokens", stdout=out)
    assert "1 tokens" in out.getvalue()
    settings.TOKEN_ENCRYPTION_KEYS = [NEW]
    account.refresh_from_db()
    assert tokens.token_of(account) == TOKEN
    assert check_tokens() == []


def test_a_token_whose_key_is_lost_is_named_and_none_is_sent(
    settings: Settings, account: MetaAccount, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    keep(account, now)
    for keys in ([NEW], []):
        settings.TOKEN_ENCRYPTION_KEYS = keys
        assert tokens.token_of(account) == ""
        assert [error.id for error in check_tokens()] == ["portero.E012"]
        assert "Destination" in str(check_tokens()[0].msg)
    settings.TOKEN_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match="Destination"):
        call_command("reencrypt_tokens", stdout=StringIO())
    settings.TOKEN_ENCRYPTION_KEYS = []
    with pytest.raises(CommandError, match="TOKEN_ENCRYPTION_KEYS"):
        call_command("reencrypt_tokens", stdout=StringIO())


def test_the_check_is_silent_where_nothing_can_be_read(settings: Settings, account: MetaAccount, now: datetime) -> None:
    keep(account, now)
    settings.TOKEN_ENCRYPTION_KEYS = ["malformed"]
    assert check_tokens() == []


def test_calls_carry_the_accounts_own_token_and_leave_it_nowhere(
    meta: Meta, account: MetaAccount, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    keep(account, now)
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    before = meta.server._graph

    def look(request: Any) -> Any:
        seen.append(request.bearer)
        return before(request)

    meta.server._graph = look  # type: ignore[method-assign]
    try:
        context = CallContext("+5511987654321", "MIG-1", test=False, by=SYSTEM, now=now)
        whatsapp.start_migration(
            account=account, waba_id=DESTINATION_WABA, country_code="55", national_number="11987654321", context=context
        )
    finally:
        meta.server._graph = before  # type: ignore[method-assign]
    assert seen == [TOKEN]
    assert not [text for text in rows() if TOKEN in text]
    assert TOKEN not in caplog.text


def test_an_error_report_hides_the_token(rf: Any, account: MetaAccount, now: datetime) -> None:
    """Frames of these functions show no variables."""
    settings_seen = SafeExceptionReporterFilter().get_safe_settings()
    assert OLD not in json.dumps(settings_seen, default=str)
    try:
        tokens.set_token(account_id=77, token=TOKEN, by=SYSTEM, now=now)
    except NotFound as error:
        request = rf.post("/admin/", {})
        report = ExceptionReporter(request, type(error), error, error.__traceback__).get_traceback_text()
        frames = ExceptionReporter(request, type(error), error, error.__traceback__).get_traceback_frames()
        own = [frame for frame in frames if frame["filename"].endswith("providers/services/tokens.py")]
        assert own
        assert TOKEN not in report
        assert all(TOKEN not in str(frame["vars"]) for frame in own)


def test_a_token_just_entered_is_not_undone_by_a_change_of_keys(
    settings: Settings, account: MetaAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(account, now)
    settings.TOKEN_ENCRYPTION_KEYS = [NEW, OLD]
    ring = sealing._ring()
    rotate, encrypt = ring.rotate, ring.encrypt

    class Slow:
        def rotate(self, sealed: bytes) -> bytes:
            keep(account, now + timedelta(seconds=1), TOKEN + "2")
            return rotate(sealed)

        def encrypt(self, data: bytes) -> bytes:
            return encrypt(data)

    monkeypatch.setattr(sealing, "_ring", Slow)
    tokens.reencrypt(by=SYSTEM, now=now)
    monkeypatch.undo()
    account.refresh_from_db()
    settings.TOKEN_ENCRYPTION_KEYS = [NEW, OLD]
    assert tokens.token_of(account) == TOKEN + "2"
