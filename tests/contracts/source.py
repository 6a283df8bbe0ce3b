"""The product's source as syntax trees, for the contracts that are about the code itself."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "tickets", "migrations_app", "providers")


@dataclass(frozen=True)
class Module:
    """One file of the product."""

    path: str
    tree: ast.Module
    lines: int

    @property
    def layer(self) -> str:
        """The second part of its dotted name: services, rules, admin ..."""
        return self.path.removesuffix(".py").split("/")[1]


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the product but generated migrations."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in name:
                text = path.read_text(encoding="utf-8")
                found.append(Module(name, ast.parse(text), text.count("\n")))
    assert len(found) > 100
    return tuple(found)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Module) -> Iterator[Function]:
    """Every function of a module, nested ones too."""
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield node


def inside(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Every node with the name of the innermost function it stands in ("" at module level)."""

    def walk(node: ast.AST, owner: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            name = child.name if isinstance(child, Function) else owner
            yield name, child
            yield from walk(child, name)

    yield from walk(module.tree, "")


def called(node: ast.Call) -> str:
    """The last name of what is called: `update` of `rows.filter(...).update(...)`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def dotted(node: ast.expr) -> str:
    """`timezone.now` of the expression timezone.now; "" of anything that is no plain name."""
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def words(node: ast.AST) -> set[str]:
    """Every text constant within a node."""
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
