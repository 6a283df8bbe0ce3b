"""Organizations and their keys."""

import zlib
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from config.core.actor import OPERATOR
from config.core.errors import Invalid
from tests.factories.desk import Key, make_key, make_organization
from tickets.models import ApiKey, Organization, OrganizationChange
from tickets.selectors.api import key_by_digest
from tickets.services.organizations import (
    KeyNotUsable,
    digest_of,
    ensure_organization,
    issue_api_key,
    revoke_api_key,
    rotate_api_key,
)

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


@pytest.mark.parametrize(
    "arguments",
    [
        ["Padaria Sol", "--scope", "tickets:read", "webhooks:manage"],
        ["Padaria Sol", "--scope", "tickets:read", "--scope", "webhooks:manage"],
        ["--scope", "tickets:read", "webhooks:manage", "--", "Padaria Sol"],
        ["--scope", "tickets:read", "webhooks:manage", "Padaria Sol"],
    ],
)
def test_scopes_may_be_told_in_any_usual_way(arguments: list[str], now: datetime) -> None:
    call_command("issue_api_key", *arguments)
    row = ApiKey.objects.get()
    assert (sorted(row.scopes), row.organization.name) == (["tickets:read", "webhooks:manage"], "Padaria Sol")


@pytest.mark.parametrize("arguments", [[], ["   "], ["Padaria Sol", "--scope", "root"], ["--scope", "tickets:read"]])
def test_the_command_refuses_nonsense_without_printing_a_key(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(CommandError):
        call_command("issue_api_key", *arguments)
    assert capsys.readouterr().out == ""
    assert not ApiKey.objects.exists()


# Rotation


def _works(secret: str, at: datetime) -> bool:
    return key_by_digest(digest_of(secret), now=at) is not None


def test_a_rotated_key_has_an_equal_in_its_place_and_works_on_for_a_day(
    client_org: Organization, now: datetime
) -> None:
    old, secret = issue_api_key(
        organization=client_org, scopes=["tickets:read"], test=True, label="shop", allowed_networks=["10.1.2.3/8"],
        by=OPERATOR, now=now,
    )  # fmt: skip
    row, fresh = rotate_api_key(key_id=old.pk, by=OPERATOR, now=now)
    alike = ("organization_id", "scopes", "test", "label", "allowed_networks", "expires_at")
    assert [getattr(row, name) for name in alike] == [getattr(old, name) for name in alike]
    assert (row.allowed_networks, fresh[:8]) == (["10.0.0.0/8"], "mig_test")
    almost = now + timedelta(hours=23, minutes=59)
    assert _works(secret, almost)
    assert _works(fresh, almost)
    assert not _works(secret, now + timedelta(hours=24))
    assert _works(fresh, now + timedelta(days=4000))


def test_a_rotation_never_lengthens_a_key_and_repeats_its_lifetime(client_org: Organization, now: datetime) -> None:
    old, secret = issue_api_key(
        organization=client_org, scopes=[], test=False, label="", expires_at=now + timedelta(days=30),
        by=OPERATOR, now=now,
    )  # fmt: skip
    later = now + timedelta(days=30, hours=-2)
    row, _fresh = rotate_api_key(key_id=old.pk, by=OPERATOR, now=later)
    assert row.expires_at == later + timedelta(days=30)
    assert not _works(secret, now + timedelta(days=30))


def test_without_overlap_the_old_key_ends_at_once(client_key: Key, now: datetime) -> None:
    rotate_api_key(key_id=client_key.row.pk, overlap=timedelta(0), by=OPERATOR, now=now)
    assert not _works(client_key.secret, now)


def test_a_key_is_rotated_once_and_only_while_it_works(client_key: Key, colleague: Key, now: datetime) -> None:
    rotate_api_key(key_id=client_key.row.pk, by=OPERATOR, now=now)
    revoke_api_key(key_id=colleague.row.pk, by=OPERATOR, now=now)
    for key in (client_key, colleague):
        with pytest.raises(KeyNotUsable):
            rotate_api_key(key_id=key.row.pk, by=OPERATOR, now=now)
    assert ApiKey.objects.count() == 3


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_an_overlap_has_bounds(client_key: Key, now: datetime, overlap: timedelta) -> None:
    with pytest.raises(Invalid):
        rotate_api_key(key_id=client_key.row.pk, overlap=overlap, by=OPERATOR, now=now)


def test_what_is_done_to_keys_is_on_record_without_the_key(now: datetime, caplog: pytest.LogCaptureFixture) -> None:
    organization = make_organization("Padaria Sol", now=now)
    ensure_organization(name="Padaria Sol", partner=True, by=OPERATOR, now=now)
    key = make_key(organization, now=now)
    row, fresh = rotate_api_key(key_id=key.row.pk, by=key.actor, now=now)
    revoke_api_key(key_id=row.pk, by=OPERATOR, now=now)
    revoke_api_key(key_id=row.pk, by=OPERATOR, now=now)
    found = OrganizationChange.objects.order_by("id").values_list("type", "key_prefix", "actor_label", "at")
    assert list(found) == [
        ("created", "", OPERATOR.label, now),
        ("changed", "", OPERATOR.label, now),
        ("key_issued", key.row.prefix, OPERATOR.label, now),
        ("key_rotated", key.row.prefix, "Padaria Sol", now),
        ("key_revoked", row.prefix, OPERATOR.label, now),
    ]
    kept = f"{list(OrganizationChange.objects.values_list())} {caplog.text}"
    for secret in (key.secret, fresh):
        assert secret not in kept
        assert digest_of(secret) not in kept


def test_commands_issue_rotate_list_and_revoke(capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--expires-in-days", "30", "--network", "192.0.2.0/24", "--network", "2001:db8::/32", "--label", "shop"]
    call_command("issue_api_key", "Padaria Sol", *more)
    old = ApiKey.objects.get()
    assert (old.allowed_networks, old.label) == (["192.0.2.0/24", "2001:db8::/32"], "shop")
    assert old.expires_at == old.created_at + timedelta(days=30)
    capsys.readouterr()
    call_command("rotate_api_key", old.prefix, "--overlap", "1")
    printed = capsys.readouterr().out.strip()
    fresh = ApiKey.objects.latest("id")
    assert digest_of(printed) == fresh.digest
    old.refresh_from_db()
    assert old.expires_at == fresh.created_at + timedelta(hours=1)
    call_command("revoke_api_key", f"{fresh.prefix}…")
    capsys.readouterr()
    call_command("list_api_keys", "Padaria Sol")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        [old.prefix, "ending", "Padaria Sol"],
        [fresh.prefix, "revoked", "Padaria Sol"],
    ]
    assert lines[0].endswith("networks=192.0.2.0/24,2001:db8::/32\tshop")
    assert printed not in str(lines)


@pytest.mark.parametrize(
    "arguments",
    [
        ["issue_api_key", "X", "--network", "example.com"],
        ["issue_api_key", "X", "--expires-in-days", "0"],
        ["rotate_api_key", "mig_live_00000000"],
        ["rotate_api_key", "mig_live_00000000", "--overlap", "nan"],
        ["revoke_api_key", "mig_live_00000000"],
    ],
)
def test_commands_refuse_nonsense(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command(*arguments)
    assert capsys.readouterr().out == ""
