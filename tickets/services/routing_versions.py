"""The versions of the routing rules: made as a copy, edited as a draft, tested, made live. Nothing else changes a rule.

A version's row is the lock of its rules. `_move` is the only writer of a version's state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Invalid, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from tickets.enums import RoutingDeed, RoutingState
from tickets.models import Queue, RoutingChange, RoutingRule, RoutingVersion
from tickets.rules.lifecycle import ROUTING_VERSION
from tickets.rules.routing import problems_of
from tickets.selectors.routing import digest_now, live_version, rules_of


class NotADraft(Conflict):
    """The version is live or retired: its rules stay as they are."""

    code = "illegal_transition"


class NotTested(Conflict):
    """What would go live is not what was tested: never tested, changed since, or another version went live meanwhile."""

    code = "illegal_transition"


@dataclass(frozen=True)
class RuleDraft:
    """A rule as somebody wants it; `conditions` as in `tickets.rules.routing`."""

    name: str
    position: int
    queue_id: int
    conditions: Mapping[str, Any]
    active: bool = True


def copy_version(*, source_id: int | None, note: str, by: Actor, now: datetime) -> RoutingVersion:
    """Make a draft with the rules of another version, and return it. `source_id` None begins with no rules.

    :raises NotFound: there is no such version.
    :raises Conflict: somebody else made a version at the same moment.
    """
    with unit_of_work(by=by, now=now) as uow:
        source = RoutingVersion.objects.filter(pk=source_id).first() if source_id is not None else None
        if source is None and source_id is not None:
            raise NotFound
        version = _new_version(source, note, by, now)
        if source is not None:
            RoutingRule.objects.bulk_create(_copy(rule, version, now) for rule in rules_of(source))
        _note(uow, version, RoutingDeed.MADE, source=source.number if source else None, note=note)
        return version


def _new_version(source: RoutingVersion | None, note: str, by: Actor, now: datetime) -> RoutingVersion:
    """Return a fresh draft. The number of a deleted draft is not given again: its record stays."""
    known = RoutingVersion.objects.aggregate(most=Max("number"))["most"] or 0
    noted = RoutingChange.objects.aggregate(most=Max("version_number"))["most"] or 0
    try:
        with transaction.atomic():
            return RoutingVersion.objects.create(
                number=max(known, noted) + 1,
                note=note,
                copied_from=source,
                made_by=by.label,
                created_at=now,
                updated_at=now,
            )
    except IntegrityError:
        raise Conflict from None


def _copy(rule: RoutingRule, version: RoutingVersion, now: datetime) -> RoutingRule:
    return RoutingRule(
        version=version,
        position=rule.position,
        name=rule.name,
        active=rule.active,
        conditions=rule.conditions,
        queue_id=rule.queue_id,
        created_at=now,
        updated_at=now,
    )


def _draft(uow: UnitOfWork, version_id: int) -> RoutingVersion:
    """Lock a draft and return it as it stands under the lock.

    :raises NotFound: there is no such version.
    :raises NotADraft: its rules cannot be changed any more.
    """
    uow.lock(RoutingVersion, version_id)
    version = RoutingVersion.objects.get(pk=version_id)
    if version.state != RoutingState.DRAFT:
        raise NotADraft
    return version


def save_rule(*, version_id: int, rule_id: int | None, rule: RuleDraft, by: Actor, now: datetime) -> RoutingRule:
    """Add a rule to a draft, or change one of its rules, and return it.

    :raises NotFound: no such version, rule or queue.
    :raises NotADraft: the version is live or retired.
    :raises Invalid: a condition cannot be judged (the pointer names it, the code is that of `problems_of`), or the
        version has another rule of this name.
    """
    problems = [FieldProblem(f"#/conditions/{each.condition}", each.code, "") for each in problems_of(rule.conditions)]
    if problems:
        raise Invalid(problems)
    with unit_of_work(by=by, now=now) as uow:
        version = _draft(uow, version_id)
        queue = Queue.objects.filter(pk=rule.queue_id).first()
        row = _rule(version, rule_id, now)
        if queue is None:
            raise NotFound
        if version.rules.filter(name=rule.name).exclude(pk=row.pk).exists():
            words = gettext("This version has a rule of this name already.")
            raise Invalid([FieldProblem("#/name", "validation_failed", words)])
        before = _told(row) if rule_id is not None else {}
        row.name, row.position, row.active = rule.name, rule.position, rule.active
        row.queue, row.conditions, row.updated_at = queue, dict(rule.conditions), now
        row.save()
        after = _told(row)
        if before != after:
            deed = RoutingDeed.RULE_CHANGED if before else RoutingDeed.RULE_ADDED
            _note(uow, version, deed, rule=row.name, before=before or None, after=after)
        return row


def _rule(version: RoutingVersion, rule_id: int | None, now: datetime) -> RoutingRule:
    if rule_id is None:
        return RoutingRule(version=version, created_at=now)
    row = version.rules.select_related("queue").filter(pk=rule_id).first()
    if row is None:
        raise NotFound
    return row


def _told(row: RoutingRule) -> dict[str, Any]:
    """Return a rule as the record keeps it."""
    return {
        "name": row.name,
        "position": row.position,
        "active": row.active,
        "queue": row.queue.slug,
        "conditions": row.conditions,
    }


def remove_rule(*, version_id: int, rule_id: int, by: Actor, now: datetime) -> None:
    """Take a rule out of a draft.

    :raises NotFound: no such version or rule.
    :raises NotADraft: the version is live or retired.
    """
    with unit_of_work(by=by, now=now) as uow:
        version = _draft(uow, version_id)
        row = _rule(version, rule_id, now)
        _note(uow, version, RoutingDeed.RULE_REMOVED, rule=row.name, before=_told(row), after=None)
        row.delete()


def delete_draft(*, version_id: int, by: Actor, now: datetime) -> None:
    """Throw a draft away; the record of what was done with it stays.

    :raises NotFound: there is no such version.
    :raises NotADraft: it is live, or was.
    """
    with unit_of_work(by=by, now=now) as uow:
        version = _draft(uow, version_id)
        _note(uow, version, RoutingDeed.RETIRED, deleted=True)
        version.delete()


def record_test(*, version_id: int, digest: str, result: Mapping[str, Any], by: Actor, now: datetime) -> None:
    """Keep that the rules with this fingerprint were tried, and the counts that came of it.

    :raises NotFound: there is no such version.
    :raises NotADraft: the version is live or retired.
    :raises NotTested: the rules were changed while the test ran.
    """
    with unit_of_work(by=by, now=now) as uow:
        version = _draft(uow, version_id)
        if digest_now(version) != digest:
            raise NotTested
        version.tested_digest, version.tested_at, version.tested_result = digest, now, dict(result)
        version.save(update_fields=["tested_digest", "tested_at", "tested_result"])
        _note(uow, version, RoutingDeed.TESTED, digest=digest, **result)


def publish(*, version_id: int, by: Actor, now: datetime) -> RoutingVersion:
    """Make a tested draft live; the version that was live retires. Returns the version.

    Two who publish at the same moment meet at the live version's lock: the second is told to test again.

    :raises NotFound: there is no such version.
    :raises NotADraft: it is live, or was.
    :raises NotTested: its rules are not the ones that were tested against what is live now.
    """
    with unit_of_work(by=by, now=now) as uow:
        live = live_version()
        uow.lock(RoutingVersion, version_id, *([live.pk] if live else []))
        version = _draft(uow, version_id)
        if not version.tested_digest or version.tested_digest != digest_now(version):
            raise NotTested
        if live is not None:
            live.refresh_from_db()
            _move(uow, live, RoutingState.RETIRED, retired_at=now)
        _move(uow, version, RoutingState.LIVE, published_at=now, published_by=by.label)
        return version


def first_version(*, by: Actor, now: datetime) -> RoutingVersion | None:
    """Make version 1, live and without rules, on a desk that has no live version; None where there is one.

    There is nothing it could be tested against: without it every ticket goes to triage, and with it too.
    """
    with unit_of_work(by=by, now=now) as uow:
        if live_version() is not None:
            return None
        version = copy_version(source_id=None, note="", by=by, now=now)
        _move(uow, version, RoutingState.LIVE, published_at=now, published_by=by.label)
        return version


def _move(uow: UnitOfWork, version: RoutingVersion, to: RoutingState, **columns: Any) -> None:
    uow.move(version, "state", table=ROUTING_VERSION, to=to, **columns)
    _note(uow, version, RoutingDeed.PUBLISHED if to is RoutingState.LIVE else RoutingDeed.RETIRED)


def _note(uow: UnitOfWork, version: RoutingVersion, deed: RoutingDeed, **data: Any) -> None:
    """Write one line of the record."""
    RoutingChange.objects.create(
        version_number=version.number,
        deed=deed,
        data=data,
        actor_kind=uow.by.kind,
        actor_label=uow.by.label,
        occurred_at=uow.now,
    )
