"""One refusal names every wrong place: of a malformed body, what is well-formed is judged all the same."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from config.core.api.validation import StrictSerializer, field_problems
from config.core.errors import FieldProblem, Invalid

Judge = Callable[[Mapping[str, Any]], object]
STAND_IN = "?"
"""Stands where a name or a number has to stand. It is no number; that it is none is not told."""


def judged(serializer: type[StrictSerializer], body: Any, judge: Judge) -> dict[str, Any]:
    """Return the body as the serializer understands it.

    A malformed one is refused together with what `judge` refuses of the rest, by raising `Invalid` itself.

    :raises Invalid: the shape does not hold.
    """
    form = serializer(data=body)
    if form.is_valid():
        return dict(form.validated_data)
    wrong = list(field_problems(form.errors))
    further = _refusal_of_rest(serializer, body, wrong, judge)
    places = [problem.pointer for problem in wrong]
    rest = [problem for problem in further.errors if not _is_within(problem.pointer, places)]
    raise Invalid([*wrong, *rest], extra=further.extra)


def _refusal_of_rest(
    serializer: type[StrictSerializer], body: Any, wrong: Sequence[FieldProblem], judge: Judge
) -> Invalid:
    """Return what is refused of the well-formed rest: nothing where there is none."""
    if isinstance(body, Mapping) and all(problem.pointer != "#" for problem in wrong):
        rest = serializer(data=well_formed(body, wrong))
        if rest.is_valid():
            try:
                judge(rest.validated_data)
            except Invalid as refusal:
                return refusal
    return Invalid([])


def _is_within(pointer: str, places: Iterable[str]) -> bool:
    return any(f"{pointer}/".startswith(f"{place}/") for place in places)


def well_formed(body: Mapping[str, Any], wrong: Iterable[FieldProblem]) -> dict[str, Any]:
    """Return the body without what is malformed; nothing is said to be missing from a form that may be meant as a draft."""
    rest = deepcopy(dict(body))
    for problem in wrong:
        names = [part.replace("~1", "/").replace("~0", "~") for part in problem.pointer.split("/")[1:]]
        if names == ["submit"] and problem.code != "unknown_field":
            rest["submit"] = False
        else:
            _set_aside(rest, names)
    return rest


def _set_aside(rest: dict[str, Any], names: list[str]) -> None:
    match names:
        case ["client"]:
            rest["client"] = {"name": STAND_IN}
        case ["client", "name", *_]:
            rest["client"] = {**(rest.get("client") or {}), "name": STAND_IN}
        case ["client", name, *_]:
            rest["client"].pop(name, None)
        case ["phone_numbers", row]:
            rest["phone_numbers"][int(row)] = STAND_IN
        case ["phone_numbers", row, "number", *_]:
            rest["phone_numbers"][int(row)]["number"] = STAND_IN
        case ["phone_numbers", row, name, *_]:
            rest["phone_numbers"][int(row)].pop(name, None)
        case [name, *_]:
            rest.pop(name, None)
