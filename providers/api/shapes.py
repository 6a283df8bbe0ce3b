"""What the directory answers, for the API description."""

from typing import Final

from config.core.api.shapes import DAY, LINK, TEXT, WHOLE, Shape, members, nullable, several, words
from providers.enums import (
    AcceptsRequestFrom,
    Direction,
    ProcedureKind,
    RequestChannel,
    TimeUnit,
    TurnaroundOf,
    TwoStepOffBy,
)
from providers.enums.texts import EXIT_TEXTS, STEP_TEXTS
from providers.rules.entries import OWN_WORDS

_OWN = {"description": f"`{OWN_WORDS}`: words of our desk, in one language."}
_AMOUNT: Final[Shape] = {"type": "number"}

SHAPES: Final[dict[str, Shape]] = {
    "Bsp": members(
        slug=TEXT,
        name=TEXT,
        aliases=several(TEXT),
        direction={**words(Direction), "description": "Which way numbers go in what the BSP documents."},
        two_step_off_by=words(TwoStepOffBy),
        accepts_request_from=words(AcceptsRequestFrom),
        channel=words(RequestChannel),
        stated_turnaround=nullable(
            members(
                of=words([word for word in TurnaroundOf.values if word]),
                least=nullable(_AMOUNT),
                most=nullable(_AMOUNT),
                unit=words([word for word in TimeUnit.values if word]),
                text=TEXT,
            )
        ),
        exit_conditions=several(
            members(code={**words(EXIT_TEXTS, [OWN_WORDS]), **_OWN}, days=nullable(WHOLE), text=TEXT)
        ),
        procedure=members(
            kind={**words(ProcedureKind), "description": "`generic`: nothing is known of this BSP; Meta's own steps."},
            steps=several(members(code={**words(STEP_TEXTS, [OWN_WORDS]), **_OWN}, text=TEXT)),
        ),
        source_url=nullable(LINK),
        verified_on=nullable(DAY),
    )
}
