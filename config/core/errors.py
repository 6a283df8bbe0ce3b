"""Refusals of the domain. Each carries a stable code; the API maps codes to HTTP in one table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class DomainError(Exception):
    """A service refused. `code` is stable, `detail` is for people, `extra` becomes members of the problem document.

    `afterwards` is what the refusal itself has to leave on record. It is called with `by` and `now` once the refused unit of
    work has been taken back, in whatever unit it opens itself, so that no edge can forget it.
    """

    code: ClassVar[str] = "internal_error"
    afterwards: Callable[..., None] | None = None

    def __init__(self, detail: str = "", *, extra: Mapping[str, Any] | None = None) -> None:
        """Keep the words for people and the further members."""
        super().__init__(detail)
        self.detail = detail
        self.extra: dict[str, Any] = dict(extra or {})


class NotFound(DomainError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "not_found"


class Forbidden(DomainError):
    """The caller is known but may not do this."""

    code = "permission_denied"


class Conflict(DomainError):
    """The state of the thing does not allow this now."""

    code = "illegal_transition"


class PreconditionFailed(DomainError):
    """The caller's copy is out of date."""

    code = "precondition_failed"


class TemporarilyUnavailable(DomainError):
    """A part we depend on does not answer; trying again later may help."""

    code = "temporarily_unavailable"


@dataclass(frozen=True)
class FieldProblem:
    """One wrong place of a body: JSON pointer, stable code, words."""

    pointer: str
    code: str
    detail: str
    extra: tuple[tuple[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the entry of the problem's `errors` array."""
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail, **dict(self.extra)}


class Invalid(DomainError):
    """The input parses but does not hold; every wrong place is named at once."""

    code = "validation_failed"

    def __init__(
        self,
        errors: Sequence[FieldProblem],
        detail: str = "",
        *,
        code: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the wrong places; `code` names the refusal when one rule alone decides it."""
        super().__init__(detail, extra=extra)
        self.errors = tuple(errors)
        self.refusal_code = code or type(self).code
