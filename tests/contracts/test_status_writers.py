"""Every status has one writer: no other code may set it, by whatever door."""

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.contracts.source import Module, called, inside, modules, words

STATUSES = {"status", "stage", "state"}
ROWS = {
    "Ticket", "MigrationCase", "NumberMove", "Requirement", "SlaClock", "Chase", "ChaseAttempt", "Notice", "PinCall", "Exchange",
    "OwnershipDispute", "CallProposal", "RoutingVersion", "DeskTask", "ProofTry", "InboundMail",
    "MoveCheck", "WebhookDelivery", "TicketExport",
}  # fmt: skip
CREATING = {"create", "get_or_create", "update_or_create", "bulk_create"}

Place = tuple[str, str]

MOVERS: set[Place] = {
    ("tickets/services/tickets.py", "transition"),
    ("tickets/services/clocks.py", "_write"),
    ("tickets/services/routing_versions.py", "_move"),
    ("migrations_app/services/settle.py", "_advance"),
    ("migrations_app/services/numbers.py", "move_number"),
    ("migrations_app/services/requirements.py", "change_state"),
    ("migrations_app/services/chases.py", "_ask"),
    ("migrations_app/services/chases.py", "_await_promise"),
    ("migrations_app/services/chases.py", "begin_round"),
    ("migrations_app/services/chases.py", "_end"),
    ("migrations_app/services/chases.py", "_escalate"),
    ("migrations_app/services/chases.py", "go_on_after_end"),
    ("migrations_app/services/chase_answers.py", "take_answer"),
    ("migrations_app/services/chase_answers.py", "go_on"),
    ("migrations_app/services/chase_answers.py", "hand_over"),
    ("migrations_app/services/outreach.py", "_begin"),
    ("migrations_app/services/outreach.py", "_no_address"),
    ("migrations_app/services/delivery.py", "take_outcome"),
    ("migrations_app/services/delivery.py", "come_back"),
    ("migrations_app/services/outreach.py", "judge_unknown"),
    ("migrations_app/services/mail_filing.py", "_file_or_keep"),
    ("migrations_app/services/mail_filing.py", "file_mail"),
    ("migrations_app/services/bounces.py", "take_report"),
    ("migrations_app/services/inbox.py", "set_aside"),
    ("migrations_app/services/call_state.py", "move_call"),
    ("migrations_app/services/proposal_ends.py", "end"),
    ("migrations_app/services/disputes.py", "end_dispute"),
    ("migrations_app/services/desk_tasks.py", "close_task"),
    ("migrations_app/services/desk_tasks.py", "drop_tasks"),
    ("migrations_app/services/proofs.py", "_claim"),
    ("migrations_app/services/proofs.py", "_end"),
    ("migrations_app/services/desk_rungs.py", "hand_over"),
    ("migrations_app/services/aftercare.py", "plan_again"),
    ("migrations_app/services/aftercare_runs.py", "_claim"),
    ("migrations_app/services/aftercare_runs.py", "_record_failure_of"),
    ("migrations_app/services/aftercare_records.py", "_again"),
    ("migrations_app/services/aftercare_records.py", "_done"),
    ("tickets/services/webhook_sending.py", "_claim"),
    ("tickets/services/webhook_sending.py", "_move"),
    ("tickets/services/webhook_sending.py", "give_back_lost"),
    ("tickets/services/webhook_outbox.py", "redeliver"),
    ("migrations_app/services/exports.py", "_move"),
    ("providers/services/exchanges.py", "finish"),
}
"""Who may call `uow.move`, the compare-and-swap along a transition table."""

BEGINNERS: set[Place] = {
    ("tickets/services/tickets.py", "open_ticket"),
    ("tickets/services/clocks.py", "_write"),
    ("migrations_app/services/intake.py", "_make_case"),
    ("migrations_app/services/deriving.py", "write_requirements"),
    ("migrations_app/services/calls.py", "_take"),
    ("providers/services/exchanges.py", "begin_message"),
    ("providers/services/exchanges.py", "begin_meta_call"),
}
"""Who may make a row with its first status. Rows made elsewhere begin with the column's default."""

EXCUSED: dict[Place, str] = {
    ("config/core/uow.py", "move"): "the compare-and-swap itself",
    ("tickets/services/tickets.py", "show"): "the ticket's `stage` is the shown copy of the case's",
    ("tickets/services/idempotency.py", "finish"): "the HTTP status of a stored answer",
    ("tickets/services/webhook_sending.py", "_record"): "the HTTP status that a receiver answered",
    (
        "tickets/services/webhook_outbox.py",
        "_plan_again",
    ): "a replay: thousands at once, from their ends only, as the table has it",
}


def product() -> Iterator[Module]:
    """What works on our rows. The simulator is somebody else's world; parse and answers read Meta's."""
    return (module for module in modules() if not module.path.startswith("providers/meta/"))


def places(found: Callable[[ast.AST], bool]) -> set[Place]:
    return {(module.path, owner) for module in product() for owner, node in inside(module) if found(node)}


def moves(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node) == "move" and bool(words(node) & STATUSES)


def assigns(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    elif isinstance(node, ast.Call) and called(node) == "setattr":
        return isinstance(node.args[1], ast.Constant) and node.args[1].value in STATUSES
    else:
        return False
    spread = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return any(
        isinstance(part, ast.Attribute)
        and part.attr in STATUSES
        and not (isinstance(part.value, ast.Name) and part.value.id == "self")
        for part in spread
    )


def updates(node: ast.AST) -> bool:
    """A queryset update of a status, a bulk update, or a save that names one."""
    if not isinstance(node, ast.Call):
        return False
    named = {keyword.arg for keyword in node.keywords}
    if called(node) == "update":
        unpacked = [keyword.value for keyword in node.keywords if keyword.arg is None]
        return bool(named & STATUSES) or any(isinstance(part, ast.Dict) and words(part) & STATUSES for part in unpacked)
    if called(node) == "bulk_update":
        return bool(words(node) & STATUSES)
    return called(node) in {"save", "asave"} and any(
        keyword.arg == "update_fields" and words(keyword.value) & STATUSES for keyword in node.keywords
    )


def begins(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not {keyword.arg for keyword in node.keywords} & STATUSES:
        return False
    return called(node) in ROWS | CREATING


def writes_sql(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.upper().startswith("UPDATE ")


def test_a_status_is_moved_by_its_one_writer_only() -> None:
    assert places(moves) == MOVERS


def test_no_status_is_assigned_or_updated_past_its_writer() -> None:
    assert places(assigns) | places(updates) <= set(EXCUSED)


def test_a_row_gets_its_first_status_where_it_is_made() -> None:
    assert places(begins) - set(EXCUSED) == BEGINNERS


def test_nobody_writes_sql_past_all_this() -> None:
    assert places(writes_sql) == set()


def test_excuses_are_still_needed() -> None:
    anywhere = {(module.path, owner) for module in product() for owner, _node in inside(module)}
    assert set(EXCUSED) <= anywhere


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("ticket.status = 'open'", assigns),
        ("a, call.state = 1, 'held'", assigns),
        ("setattr(case, 'stage', x)", assigns),
        ("Ticket.objects.filter(pk=1).update(status='open')", updates),
        ("rows.update(**{'state': 'met'})", updates),
        ("Ticket.objects.bulk_update(rows, ['status'])", updates),
        ("ticket.save(update_fields=['status'])", updates),
        ("PinCall(state='held')", begins),
        ("Chase.objects.create(state='active')", begins),
        ("uow.move(row, 'state', table=T, to=X)", moves),
        ("cursor.execute('UPDATE tickets_ticket SET status = 1')", writes_sql),
    ],
)
def test_the_contract_sees_what_it_is_to_see(source: str, rule: Callable[[ast.AST], bool]) -> None:
    assert any(rule(node) for node in ast.walk(ast.parse(source)))
