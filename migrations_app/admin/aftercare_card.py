"""The card of the ticket page about what follows the move: reads at Meta, the test of sending and receiving, templates."""

from typing import Any

from django.utils.translation import gettext

from migrations_app.enums import RequirementCode, RequirementState, Stage
from migrations_app.enums.aftercare import CheckKind, CheckState, TemplateOutcome
from migrations_app.enums.texts import meta_text
from migrations_app.models import MigrationCase, MoveCheck
from migrations_app.rules.progress import ENDED
from migrations_app.rules.templates import OPEN_OUTCOMES
from migrations_app.selectors.aftercare import checks_of, listed_templates, open_templates, outcome_counts
from migrations_app.selectors.cases import is_by_api

SHOWN_TEMPLATES = 50
_COLOURS = {CheckState.DONE: "success", CheckState.FAILED: "danger", CheckState.RUNNING: "warning"}
_TOO_EARLY = frozenset({Stage.TRIAGE, Stage.REQUIREMENTS, Stage.REJECTED})
_GOOD = frozenset({TemplateOutcome.COPIED, TemplateOutcome.THERE_BEFORE})


def context_of(case: MigrationCase, *, works: bool) -> dict[str, Any]:
    """Return what the card shows; nothing before the first number is live, unless something was read at Meta already."""
    live = [number for number in case.numbers.all() if number.live_at is not None]
    if not live and Stage(case.stage) in _TOO_EARLY:
        return {}
    checks = checks_of(case)
    if not checks and not live:
        return {}
    rows = {row.code: row for row in case.requirements.all() if row.number_id is None}
    test = rows.get(RequirementCode.SEND_RECEIVE_TEST)
    app = rows.get(RequirementCode.APP_SUBSCRIBED)
    counts = outcome_counts(case)
    open_case = works and Stage(case.stage) not in ENDED
    ours = is_by_api(case)
    return {
        "aftercare": {
            "checks": [_check(row) for row in checks],
            "live": live,
            "may_test": open_case and bool(live) and test is not None and test.state != RequirementState.MET,
            "no_app": app is not None and app.state == RequirementState.UNMET and app.decided_by == "Meta",
            "may_act": open_case and ours and bool(checks),
            "templates": [
                {"label": str(TemplateOutcome(name).label), "count": count, "colour": _outcome_colour(name)}
                for name, count in counts.items()
            ],
            "listed": listed_templates(case),
            "open": open_templates(case, limit=SHOWN_TEMPLATES),
            "asks_templates": RequirementCode.TEMPLATES_CHECKED in rows,
            "may_copy": open_case and ours and bool(live) and bool(case.waba_id),
        }
    }


def _outcome_colour(name: str) -> str:
    outcome = TemplateOutcome(name)
    if outcome in _GOOD:
        return "success"
    return "danger" if outcome in OPEN_OUTCOMES else "grey"


def _check(row: MoveCheck) -> dict[str, Any]:
    error = row.error or {}
    return {
        "row": row,
        "colour": _COLOURS.get(CheckState(row.state), "grey"),
        "said": _said(row),
        "error": meta_text(error)[0] if error.get("title") else (gettext("no answer") if error else ""),
        "trace": error.get("fbtrace_id", ""),
    }


def _said(row: MoveCheck) -> str:
    """Return what Meta said last, in a line."""
    result = row.result or {}
    if not result:
        return ""
    if row.kind in {CheckKind.LIVE, CheckKind.QUALITY}:
        words = {"status": result["status"] or "–", "quality": result["quality"] or "–", "apps": len(result["apps"])}
        return gettext("%(status)s, quality %(quality)s, apps subscribed: %(apps)s") % words
    if row.kind == CheckKind.TEMPLATES_BEFORE:
        if not result["source_read"]:
            return gettext("The old account is closed to our token: ask the client for a list.")
        return gettext("old account: %(source)s, destination: %(there)s") % result
    if row.kind == CheckKind.COPY:
        return gettext("copied: %(copied)s, failed: %(failed)s") % {
            "copied": result["copied"],
            "failed": len(result["failed"]),
        }
    return gettext("at the destination: %(there)s") % result
