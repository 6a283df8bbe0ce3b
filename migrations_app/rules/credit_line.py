"""When a WABA can change its partner (flow C): the partners' credit line cannot be shared at the turn of a month.

Source: Meta, migrating WABAs among solution partners: no sharing in the last three and the first four days of a month, and no
sending from the moment of unsharing until the first of the next month (error 131042).
"""

from datetime import date, timedelta

LAST_DAYS = 3
FIRST_DAYS = 4


def may_share(day: date) -> bool:
    """Tell whether a credit line can be shared with a WABA on this day."""
    return day.day > FIRST_DAYS and day + timedelta(days=LAST_DAYS) < sending_resumes(day)


def next_sharing_day(day: date) -> date:
    """Return the first day from this one on which a credit line can be shared."""
    return day if may_share(day) else _after_the_turn(day)


def _after_the_turn(day: date) -> date:
    month = day if day.day <= FIRST_DAYS else sending_resumes(day)
    return month.replace(day=FIRST_DAYS + 1)


def sending_resumes(unshared_on: date) -> date:
    """Return when a WABA that was unshared on this day can send again: the first of the next month."""
    return (unshared_on.replace(day=28) + timedelta(days=4)).replace(day=1)
