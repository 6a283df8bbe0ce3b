"""Set-up pages: the directory that keeps a lead's edits, people without escalation, keys."""

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.models import Group, Permission, User

from providers.models import MetaAccount
from tests.factories.desk import Key
from tests.integration.admin.conftest import Person, text_of, told
from tickets.models import ApiKey, Organization, Queue
from tickets.services.organizations import digest_of


def test_a_token_is_not_taken_for_the_name_of_a_variable(lead_at_desk: Person) -> None:
    account = MetaAccount.objects.get()
    data = {"name": "Destination", "waba_id": account.waba_id, "token_variable": "EAAGm0PX4ZCpsBAtoken"}
    assert lead_at_desk.post("providers_metaaccount_change", account.pk, **data).status_code == 200
    data["token_variable"] = "META_TOKEN_TWO"
    assert lead_at_desk.post("providers_metaaccount_change", account.pk, **data).status_code == 302
    account.refresh_from_db()
    assert account.token_variable == "META_TOKEN_TWO"


def test_queues_are_made_with_their_times(lead_at_desk: Person, agent_user: User, now: datetime) -> None:
    lead_at_desk.post("tickets_queue_add", name="EMEA", slug="emea", assignment="round_robin", agents=[agent_user.pk])
    queue = Queue.objects.get(slug="emea")
    assert (queue.created_at, queue.assignment, list(queue.agents.all())) == (now, "round_robin", [agent_user])


# People


def _new_user(**more: Any) -> dict[str, Any]:
    password = "quite a long phrase 17"
    return {"username": "nina", "password1": password, "password2": password, "usable_password": "true", "is_staff": "on",
            "groups": [Group.objects.get(name="Agent").pk], **more}  # fmt: skip


def test_a_lead_makes_an_agent_but_no_superuser_and_no_other_group(lead_at_desk: Person) -> None:
    odd = Group.objects.create(name="Odd")
    odd.permissions.set(Permission.objects.all())
    assert lead_at_desk.post("auth_user_add", **_new_user(groups=[odd.pk])).status_code == 200
    answer = lead_at_desk.post("auth_user_add", **_new_user(is_superuser="on", user_permissions=["1"]))
    assert answer.status_code == 302
    nina = User.objects.get(username="nina")
    assert (nina.is_staff, nina.is_superuser, nina.user_permissions.count()) == (True, False, 0)
    assert [group.name for group in nina.groups.all()] == ["Agent"]


def test_a_lead_cannot_raise_anybody_by_editing(lead_at_desk: Person, agent_user: User) -> None:
    inline = {"membership-TOTAL_FORMS": 0, "membership-INITIAL_FORMS": 0}
    data = {"username": "bea", "is_active": "on", "is_staff": "on", "is_superuser": "on", "user_permissions": ["1", "2"],
            "groups": [Group.objects.get(name="Lead").pk], **inline}  # fmt: skip
    assert lead_at_desk.post("auth_user_change", agent_user.pk, **data).status_code == 302
    agent_user.refresh_from_db()
    assert not agent_user.is_superuser
    assert agent_user.user_permissions.count() == 0
    assert agent_user.groups.get().name == "Lead"


def test_superusers_do_not_exist_for_a_lead(lead_at_desk: Person, superuser: Person) -> None:
    assert "root@portero.example" not in text_of(lead_at_desk.get("auth_user_changelist"))
    assert lead_at_desk.get("auth_user_change", superuser.user.pk).status_code == 302
    password = lead_at_desk.web.post(
        f"/admin/auth/user/{superuser.user.pk}/password/", {"password1": "x" * 20, "password2": "x" * 20}
    )
    assert password.status_code in {302, 403, 404}
    superuser.user.refresh_from_db()
    assert superuser.user.check_password("a long enough phrase")
    assert superuser.get("auth_user_change", superuser.user.pk).status_code == 200


def test_nobody_deletes_people(superuser: Person, agent_user: User) -> None:
    assert superuser.post("auth_user_delete", agent_user.pk, post="yes").status_code == 403
    assert User.objects.filter(pk=agent_user.pk).exists()


# Keys


def test_a_key_is_shown_once_stored_hashed_and_revoked(lead_at_desk: Person, client_org: Organization) -> None:
    page = text_of(
        lead_at_desk.post(
            "tickets_organization_issue_key", client_org.pk, scopes=["tickets:read"], label="shop", test="on"
        )
    )
    found = re.search(r"mig_test_[0-9a-f_]+", page)
    assert found is not None
    row = ApiKey.objects.get(digest=digest_of(found[0]))
    assert (row.scopes, row.label, row.test) == (["tickets:read"], "shop", True)
    organization = text_of(lead_at_desk.get("tickets_organization_change", client_org.pk))
    assert row.prefix in organization
    assert found[0] not in organization
    lead_at_desk.post("tickets_organization_revoke_key", client_org.pk, row.pk)
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_keys_with_an_end_and_networks_are_issued_rotated_and_shown(
    lead_at_desk: Person, client_org: Organization, now: datetime
) -> None:
    issue = partial(lead_at_desk.post, "tickets_organization_issue_key", client_org.pk, scopes=["tickets:read"])
    assert "10.0.0.0/33" in told(issue(networks="10.0.0.0/33"))
    assert issue(days="0").status_code == 302
    assert not ApiKey.objects.exists()
    text_of(issue(days="30", networks="192.0.2.0/24, 2001:db8::/32"))
    old = ApiKey.objects.get()
    assert (old.expires_at, old.allowed_networks) == (now + timedelta(days=30), ["192.0.2.0/24", "2001:db8::/32"])
    answer = lead_at_desk.post("tickets_organization_rotate_key", client_org.pk, old.pk, overlap="2")
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(r"mig_live_[0-9a-f]{8}_[0-9a-f]+", text_of(answer))
    assert found is not None
    assert ApiKey.objects.get(digest=digest_of(found[0])).replaces == old
    page = text_of(lead_at_desk.get("tickets_organization_change", client_org.pk))
    for words in (old.prefix, "192.0.2.0/24, 2001:db8::/32", "Replaced, works until it ends", "Key rotated", "leo"):
        assert words in page
    assert found[0] not in page
    again = lead_at_desk.post("tickets_organization_rotate_key", client_org.pk, old.pk, overlap="2")
    assert "cannot be rotated" in told(again)


def test_who_may_not_change_keys_neither_sees_nor_rotates_them(
    agent_at_desk: Person, client_org: Organization, client_key: Key
) -> None:
    answer = agent_at_desk.post("tickets_organization_rotate_key", client_org.pk, client_key.row.pk, overlap="2")
    assert answer.status_code in {302, 403}
    assert ApiKey.objects.count() == 1
    assert client_key.row.prefix not in str(agent_at_desk.get("tickets_organization_change", client_org.pk).content)


def test_a_change_of_an_organization_is_on_record(lead_at_desk: Person, client_org: Organization) -> None:
    inline = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    data = {"name": "Padaria Lua", "kind": "partner", **inline}
    assert lead_at_desk.post("tickets_organization_change", client_org.pk, **data).status_code == 302
    change = client_org.changes.first()
    assert change is not None
    assert change.data == {"name": ["Padaria Sol", "Padaria Lua"], "kind": ["client", "partner"]}
