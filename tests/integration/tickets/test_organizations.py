"""Organizations and their keys."""

import zlib
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from config.core.actor import OPERATOR
from config.core.errors import Invalid
from tests.factories.desk import Key, make_key, make_organization
from tickets.models import ApiKey, Organization
from tickets.selectors.api import key_by_digest
from tickets.services.organizations import digest_of, ensure_organization, issue_api_key, revoke_api_key

pytestmark = pytest.mark.django_db


def test_an_organization_is_made_once(now: datetime) -> None:
    first = make_organization("Padaria Sol", now=now)
    assert make_organization("Padaria Sol", now=now) == first
    assert first.kind == "client"


def test_a_client_can_become_a_partner_but_not_fall_back(now: datetime) -> None:
    make_organization("Agencia", now=now)
    assert ensure_organization(name="Agencia", partner=True, by=OPERATOR, now=now).kind == "partner"
    assert ensure_organization(name="Agencia", partner=False, by=OPERATOR, now=now).kind == "partner"


def test_a_key_is_stored_hashed_only_and_carries_its_checksum(client_key: Key) -> None:
    secret = client_key.secret
    assert secret.startswith("mig_live_")
    assert secret[-8:] == f"{zlib.crc32(secret[:-8].encode()):08x}"
    stored = " ".join(str(value) for value in ApiKey.objects.values_list().get())
    assert secret not in stored
    assert client_key.row.digest == digest_of(secret)
    assert secret.startswith(client_key.row.prefix)


def test_a_test_key_says_so(client_org: Organization, now: datetime) -> None:
    key = make_key(client_org, now=now, test=True)
    assert key.secret.startswith("mig_test_")
    assert key.row.test


def test_no_two_keys_are_alike(client_org: Organization, now: datetime) -> None:
    assert len({make_key(client_org, now=now).secret for _ in range(50)}) == 50


def test_without_scopes_a_key_may_do_everything(client_key: Key) -> None:
    assert set(client_key.row.scopes) == {"tickets:read", "tickets:write", "webhooks:manage"}


def test_an_unknown_scope_is_refused(client_org: Organization, now: datetime) -> None:
    with pytest.raises(Invalid):
        issue_api_key(
            organization=client_org, scopes=["tickets:read", "root"], test=False, label="", by=OPERATOR, now=now
        )
    assert not ApiKey.objects.exists()


def test_a_key_is_found_until_it_is_revoked(client_key: Key, now: datetime) -> None:
    digest = digest_of(client_key.secret)
    found = key_by_digest(digest, now=now)
    assert found is not None
    assert (found.id, found.organization_id) == (client_key.row.pk, client_key.organization.pk)
    revoke_api_key(key_id=client_key.row.pk, by=OPERATOR, now=now)
    assert key_by_digest(digest, now=now) is None
    revoke_api_key(key_id=client_key.row.pk, by=OPERATOR, now=now + timedelta(days=1))
    client_key.row.refresh_from_db()
    assert client_key.row.revoked_at == now


def test_a_key_is_found_until_it_expires(client_key: Key, now: datetime) -> None:
    ApiKey.objects.update(expires_at=now)
    assert key_by_digest(digest_of(client_key.secret), now=now - timedelta(seconds=1)) is not None
    assert key_by_digest(digest_of(client_key.secret), now=now) is None


def test_something_like_a_key_is_not_found(client_key: Key, now: datetime) -> None:
    assert key_by_digest(digest_of(client_key.secret[:-1]), now=now) is None
    assert key_by_digest("", now=now) is None


def test_the_command_prints_the_key_alone(capsys: pytest.CaptureFixture[str], now: datetime) -> None:
    call_command("issue_api_key", "Padaria Sol", "--partner", "--test", "--scope", "tickets:read")
    printed = capsys.readouterr()
    row = ApiKey.objects.get()
    assert printed.out.strip().count("\n") == 0
    assert digest_of(printed.out.strip()) == row.digest
    assert (row.scopes, row.test, row.organization.kind) == (["tickets:read"], True, "partner")


@pytest.mark.parametrize("arguments", [["   "], ["Padaria Sol", "--scope", "root"]])
def test_the_command_refuses_nonsense_without_printing_a_key(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(CommandError):
        call_command("issue_api_key", *arguments)
    assert capsys.readouterr().out == ""
    assert not ApiKey.objects.exists()
