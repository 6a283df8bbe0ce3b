"""Why a new two-step PIN is refused before Meta is asked."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EasyPin(TextChoices):
    """Why a PIN is guessed too easily."""

    REPEATS = "pin_repeats", _("This PIN repeats itself: somebody guesses it at once. Choose another one.")
    RUN = "pin_run", _("The digits of this PIN follow each other: somebody guesses it at once. Choose another one.")
    DATE = "pin_date", _("This PIN reads like a date, perhaps a birthday: somebody guesses it. Choose another one.")
