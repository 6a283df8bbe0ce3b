"""Tasks: every name the beat ticks exists, ticks expire, and tasks tolerate arguments of a newer release."""

import ast
import inspect

import pytest
from django.conf import settings

from config.celery import app
from migrations_app.models import Playbook
from migrations_app.services import notices, outreach
from migrations_app.services.ladders import ladder_data
from tests.contracts.source import ROOT, called, inside, modules

TEMPLATES = {path.name for path in (ROOT / "migrations_app" / "templates" / "messages").iterdir()}


def beat_table() -> dict[str, dict[str, object]]:
    app.finalize()
    app.loader.import_default_modules()
    table: dict[str, dict[str, object]] = dict(app.conf.beat_schedule)
    assert table
    return table


def our_tasks() -> dict[str, object]:
    beat_table()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_every_name_that_the_beat_ticks_is_a_task() -> None:
    assert {str(entry["task"]) for entry in beat_table().values()} <= set(our_tasks())


def test_a_tick_that_finds_no_worker_expires() -> None:
    for entry in beat_table().values():
        options = entry["options"]
        assert isinstance(options, dict)
        assert options["expires"] > 0


def test_sweeps_tick_at_least_every_fifteen_seconds() -> None:
    sweeps = [
        entry["schedule"]
        for entry in beat_table().values()
        if str(entry["task"]).rsplit(".", 1)[-1].startswith("sweep")
    ]
    assert sweeps
    assert settings.TICK_SECONDS <= 15
    assert all(schedule == settings.TICK_SECONDS for schedule in sweeps)


@pytest.mark.parametrize("name", sorted(our_tasks()))
def test_a_task_has_a_short_name_and_takes_what_a_newer_release_may_add(name: str) -> None:
    assert name.count(".") == 1
    parameters = inspect.signature(app.tasks[name].run).parameters.values()
    assert any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    assert all(parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD} for parameter in parameters)


def test_no_answer_of_a_task_is_kept() -> None:
    assert app.conf.task_ignore_result is True


def messages_in_code() -> set[str]:
    """Names of notices planned anywhere in the code, from the calls themselves."""
    found: set[str] = set()
    for module in modules():
        for _owner, node in inside(module):
            if isinstance(node, ast.Call) and called(node) == "plan_notice":
                found |= {
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
    return found


def test_every_message_that_a_ladder_or_a_notice_names_has_its_texts() -> None:
    rungs = {str(step["message"]) for entry in ladder_data()["ladders"] for step in entry["steps"] if "message" in step}
    planned = messages_in_code() | set(notices._STAGE_MESSAGES.values()) | {name for name, _before in notices.REMINDERS}
    assert {"call_booked", "call_cancelled"} <= planned
    assert rungs | planned <= TEMPLATES


def test_what_outreach_names_exists_too() -> None:
    named = {word for word in _words_of(outreach) if word in TEMPLATES or word.startswith(("call_", "migration_"))}
    assert named <= TEMPLATES
    assert Playbook._meta.get_field("requirements") is not None


def _words_of(module: object) -> set[str]:
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    return {
        constant.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    }
