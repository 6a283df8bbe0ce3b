"""The conventions that every view of the API holds, read off the views themselves."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest
from django.urls import URLPattern

from config.api_urls import urlpatterns
from config.core.api.permissions import ANY_KEY
from config.core.api.views import ApiView
from tickets.enums import Scope

HANDLERS = ("get", "post", "put", "patch", "delete")
WRITERS = {"save", "create", "bulk_create", "update", "bulk_update", "delete", "update_or_create", "get_or_create"}
PUBLIC = {"statuses", "problems", "problem", "requirement-types", "openapi"}


def views() -> list[tuple[str, type[ApiView]]]:
    assert all(isinstance(pattern, URLPattern) for pattern in urlpatterns)
    return [(str(pattern.name), pattern.callback.view_class) for pattern in urlpatterns]  # type: ignore[attr-defined]


VIEWS = [pytest.param(name, view, id=name) for name, view in views()]


def handlers(view: type[ApiView]) -> Iterator[str]:
    return (name for name in HANDLERS if name in view.http_method_names and hasattr(view, name))


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_every_view_is_ours_and_needs_a_scope_unless_it_is_public(name: str, view: type[ApiView]) -> None:
    assert issubclass(view, ApiView)
    known = {*Scope.values, ANY_KEY}
    assert view.write_scope in known
    assert (view.read_scope is None) == (name in PUBLIC)
    assert view.read_scope is None or view.read_scope in known


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_every_post_can_be_repeated_safely(name: str, view: type[ApiView]) -> None:
    if "post" in handlers(view):
        assert getattr(view.post, "idempotent", False)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_every_handler_is_described(name: str, view: type[ApiView]) -> None:
    for handler in handlers(view):
        assert getattr(getattr(view, handler), "kwargs", {}).get("schema"), f"{view.__name__}.{handler}"


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_a_list_takes_limit_and_cursor(name: str, view: type[ApiView]) -> None:
    source = inspect.getsource(view)
    if "return page(" in source or "return page_of(" in source:
        assert {"limit", "cursor"} <= view.query_parameters["GET"]


def _calls(module: ModuleType) -> Iterator[ast.Attribute]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func


MODULES = sorted({view.__module__ for _, view in views()})


@pytest.mark.parametrize("module", MODULES)
def test_no_view_writes_to_a_model_itself(module: str) -> None:
    found = import_module(module)
    for call in _calls(found):
        spoken = ast.unparse(call)
        assert not (call.attr in WRITERS and ".objects" in spoken), f"{module}: {spoken}"
        assert call.attr != "save", f"{module}: {spoken}"
