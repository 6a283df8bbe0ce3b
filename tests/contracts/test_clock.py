"""Time is an argument below the edges, and nothing waits in the broker."""

import ast

import pytest

from tests.contracts.source import Module, called, dotted, inside, modules

READS_THE_CLOCK = {
    "timezone.now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "clock.now",
    "Now", "functions.Now",
}  # fmt: skip
EDGES = {"admin", "api", "portal", "management", "tasks", "forms", "checks", "receivers"}
WALL_CLOCK = {
    "config/core/clock.py": "the one place that reads it",
    "config/core/api/throttling.py": "how fast a real client may ask has nothing to do with a virtual clock",
}


def clock_reads(module: Module) -> list[str]:
    return [
        f"{module.path}:{node.lineno} {dotted(node.func)}"
        for _owner, node in inside(module)
        if isinstance(node, ast.Call) and dotted(node.func) in READS_THE_CLOCK
    ]


def is_edge(module: Module) -> bool:
    return (
        module.path.startswith("config/") or module.layer in EDGES or module.path.startswith("providers/meta/simulator")
    )


def test_nothing_below_the_edges_reads_the_clock() -> None:
    assert [read for module in modules() if not is_edge(module) for read in clock_reads(module)] == []


def test_edges_ask_our_clock_and_no_other() -> None:
    found = [
        read
        for module in modules()
        if is_edge(module) and module.path not in WALL_CLOCK
        for read in clock_reads(module)
        if not read.endswith("clock.now")
    ]
    assert found == []


def test_the_few_that_read_the_wall_clock_still_do() -> None:
    readers = {module.path for module in modules() if clock_reads(module)}
    assert set(WALL_CLOCK) <= readers


def later(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and bool({keyword.arg for keyword in node.keywords} & {"eta", "countdown"})


def test_nothing_waits_in_the_broker() -> None:
    """A task with an eta longer than the broker's visibility timeout is delivered again and again (kombu issue 337)."""
    found = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for _owner, node in inside(module)
        if isinstance(node, ast.Call) and later(node)
    ]
    assert found == []


def test_only_commands_in_the_foreground_sleep() -> None:
    found = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for _owner, node in inside(module)
        if isinstance(node, ast.Call) and dotted(node.func) in {"time.sleep", "sleep"}
    ]
    assert [place for place in found if "/management/" not in place] == []


@pytest.mark.parametrize(
    "source", ["task.apply_async(eta=x)", "task.apply_async(countdown=3)", "timezone.now()", "datetime.now(tz=UTC)"]
)
def test_the_contract_sees_what_it_is_to_see(source: str) -> None:
    tree = ast.parse(source)
    node = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert later(node) or dotted(node.func) in READS_THE_CLOCK
    assert called(node)
