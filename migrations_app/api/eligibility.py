"""The eligibility check: what filing would meet, told before anything is filed."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.idempotency import nothing_to_store
from config.core.api.schema import described
from config.core.api.shapes import FLAG, NUMBER, TEXT, Shape, members, named, nullable, several, words
from config.core.api.views import READ_METHODS, ApiView
from migrations_app.api.filing import demand_kind
from migrations_app.api.serializers import CheckIn
from migrations_app.enums import Blocks, Flow
from migrations_app.enums.reasons import ReasonCode, Severity
from migrations_app.enums.texts import reason_text
from migrations_app.rules.reasons import Reason
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.services.eligibility import Check, CheckedNumber, check
from tickets.enums import Party

_REASON: Final[Shape] = members(
    code=words(ReasonCode),
    severity={**words(Severity), "description": "`warn` stops nothing."},
    blocks={
        **words([Blocks.SUBMIT, Blocks.SCHEDULE, Blocks.START]),
        "description": "The step that it stops; for `warn` the step before which to look at it.",
    },
    action_by={**words(Party), "description": "Who must act."},
    message={**TEXT, "description": "What is wrong, who must act and how, in the caller's language."},
    field={**TEXT, "description": "JSON pointer to the answer it is about.", "examples": ["#/two_step_verification"]},
    candidate={**nullable(NUMBER), "description": "The other form of a Brazilian or Mexican number."},
)
_ROW: Final[Shape] = members(
    input={**TEXT, "description": "The number as it was sent."},
    number=nullable(NUMBER),
    country=nullable(TEXT),
    can_submit={**FLAG, "description": "Nothing that is known of this number would make filing refuse the form."},
    eligible={
        **nullable(FLAG),
        "description": "false: cannot be moved as things are; null: file it, something is open and will be asked for; "
        "true: nothing stands in the way of booking the call.",
    },
    flow=words(Flow),
    reasons=several(named("EligibilityReason")),
    blocking={
        **several(words(CATALOGUE)),
        "description": "Requirements that would keep this number from being scheduled, as the ticket would start with them.",
    },
    existing_ticket={**nullable(TEXT), "description": "Your own open ticket that moves this number."},
)
SHAPES: Final[dict[str, Shape]] = {
    "EligibilityReason": _REASON,
    "EligibilityCheck": members(
        data=several(_ROW),
        missing={**several(TEXT), "description": "JSON pointers to answers that filing needs besides those given."},
    ),
}
_QUESTION: Final = {
    "phone_numbers": ["+55 11 98765-4321", "+55 11 8765-4321"],
    "current_bsp": "360dialog",
    "two_step_verification": "enabled",
    "waba_id": "102290129340398",
}


class ChecksView(ApiView):
    """Asking before filing. Nothing is written, so a key that may read is enough and each number counts as one read."""

    reading_methods: ClassVar[frozenset[str]] = READ_METHODS | {"POST"}

    @described(
        "checkEligibility",
        named("EligibilityCheck"),
        tag="Tickets",
        takes=CheckIn,
        refusals=["kind_not_supported"],
        examples=[OpenApiExample("Two forms of one number, little else known", value=_QUESTION, request_only=True)],
    )
    @nothing_to_store
    def post(self, request: Request) -> Response:
        """Say what filing these numbers would meet, number by number.

        Takes up to 100 numbers and any other answer of the form. The rules are those of filing: when every number has
        `can_submit` and `missing` is empty, filing the same body answers 201, unless another organization is moving one of the
        numbers, which nobody is told. What was not answered is not judged, save where nobody having said it is the reason
        (`two_step_unknown`, `waba_id_missing`). Each number counts as one read. Nothing is stored, so a repeat under the same
        Idempotency-Key is answered anew.
        """
        data = self.valid(CheckIn, request)
        demand_kind(data.get("kind"))
        self.charge(request, len(data["phone_numbers"]) - 1)
        found = check(data, organization_id=self.organization_id, test=self.key.test)
        body: Any = request.data
        return Response({"data": [*_rows(body["phone_numbers"], found)], "missing": list(found.missing)})


def _rows(sent: list[Any], found: Check) -> Iterator[dict[str, Any]]:
    for given, checked in zip(sent, found.numbers, strict=True):
        yield _row(given, checked, found.flow)


def _row(given: str | Mapping[str, Any], checked: CheckedNumber, flow: Flow) -> dict[str, Any]:
    verdict = checked.verdict
    return {
        "input": given if isinstance(given, str) else given["number"],
        "number": checked.number or None,
        "country": checked.country or None,
        "can_submit": verdict.can_submit,
        "eligible": verdict.eligible,
        "flow": flow.value,
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "blocking": [code.value for code in verdict.blocking],
        "existing_ticket": checked.own_ticket or None,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code.value,
        "severity": reason.severity.value,
        "blocks": reason.blocks.value,
        "action_by": reason.party.value,
        "message": reason_text(reason.code, reason.facts),
        "field": reason.place,
        "candidate": reason.facts.get("candidate"),
    }
