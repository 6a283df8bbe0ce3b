"""What the directory answers, for the API description."""

from typing import Final

from config.core.api.shapes import DAY, LINK, TEXT, Shape, members, nullable, several, words
from providers.enums import AcceptsRequestFrom, TwoStepOffBy

SHAPES: Final[dict[str, Shape]] = {
    "Bsp": members(
        slug=TEXT,
        name=TEXT,
        aliases=several(TEXT),
        two_step_off_by=words(TwoStepOffBy),
        accepts_request_from=words(AcceptsRequestFrom),
        procedure=members(kind=TEXT, text=TEXT),
        stated_turnaround=nullable(TEXT),
        exit_conditions=several(TEXT),
        source_url=nullable(LINK),
        verified_on=nullable(DAY),
    )
}
