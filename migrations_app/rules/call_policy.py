"""How a queue offers its calls: one value, in which nothing is left open."""

from dataclasses import dataclass

IN_TURN = "round_robin"
LEAST_LOADED = "least_loaded"


@dataclass(frozen=True)
class Policy:
    """The rules for the calls of a queue: its own where it has some, else the desk's. Minutes and days as named.

    `buffer_…`: free time of the agent around a call. `min_notice_minutes` and `horizon_days`: earliest and latest start from now.
    `daily_capacity`: calls of an agent on one of its own days, None without a limit. `assignment`: `least_loaded` or
    `round_robin`, after the ticket's own agent where `keep_assignee`. `cut_off_minutes`: until so long before the start a client
    may move or cancel. `book_without_answer`: a silent client gets the best time. `within_calendar`: only while the desk is open.
    """

    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 15
    min_notice_minutes: int = 120
    horizon_days: int = 21
    daily_capacity: int | None = None
    assignment: str = LEAST_LOADED
    keep_assignee: bool = True
    cut_off_minutes: int = 120
    book_without_answer: bool = False
    within_calendar: bool = False
