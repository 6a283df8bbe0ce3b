"""What decides when calls can be: absences and particulars of agents, and the rules of a queue. Hours are in `calls`."""

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel
from migrations_app.enums.availability import CallAssignment
from migrations_app.rules.hours import places_with_holidays
from tickets.models import Queue

_MOST_CALLS = 96
_DESKS = _("Empty: the desk's setting.")


class CallAgent(User):
    """Somebody of the desk as seen by whoever plans calls: one page for hours, absences and particulars."""

    class Meta:
        proxy = True
        verbose_name = _("agent")
        verbose_name_plural = _("agents")

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()


class AgentAbsence(TimestampedModel):
    """A stretch in which an agent takes no calls, whatever the working hours say."""

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="absences",
        verbose_name=_("agent"),
        db_index=False,
    )
    start = models.DateTimeField(_("from"))
    end = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [models.CheckConstraint(condition=Q(end__gt=F("start")), name="absence_ends_after_start")]
        # Slot search: the absences of some agents that are not over at a moment.
        indexes = [models.Index(fields=["agent", "end"], name="absence_of_agent")]

    def __str__(self) -> str:
        name = self.agent.get_full_name() or self.agent.get_username()
        return f"{name} {self.start:%Y-%m-%d %H:%M}–{self.end:%Y-%m-%d %H:%M} UTC"


class AgentProfile(TimestampedModel):
    """What else decides which calls an agent gets: languages, the place whose public holidays count, calls a day."""

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="call_profile", verbose_name=_("agent")
    )
    languages = models.JSONField(_("languages"), default=list, blank=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        help_text=_("Two letters, e.g. ES. No calls on its public holidays. Empty: no public holidays."),
    )
    subdivision = models.CharField(
        _("region"), max_length=20, blank=True, default="", help_text=_("For regional holidays, e.g. CT or SP.")
    )
    daily_capacity = models.PositiveSmallIntegerField(
        _("calls a day"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(_MOST_CALLS)],
        help_text=_("At most, by the agent's own day. Empty: as the queue."),
    )
    meeting_url = models.URLField(
        _("meeting room"),
        blank=True,
        default="",
        help_text=_("Its link is in the invitations to the agent's calls. Empty: the agent rings the client."),
    )

    class Meta:
        verbose_name = _("agent's particulars")
        verbose_name_plural = _("agents' particulars")
        constraints = [
            models.CheckConstraint(condition=~Q(daily_capacity=0), name="agent_profile_takes_calls"),
        ]

    def __str__(self) -> str:
        return self.agent.get_full_name() or self.agent.get_username()

    def clean(self) -> None:
        """Refuse places that nobody knows, and languages that the desk does not have."""
        places = places_with_holidays()
        if self.country and self.country not in places:
            raise ValidationError({"country": _("The holidays of this country are not known.")})
        if self.subdivision and self.subdivision not in places.get(self.country, []):
            raise ValidationError({"subdivision": _("The country has no such region.")})
        if not set(self.languages) <= {code for code, _name in settings.LANGUAGES}:
            raise ValidationError({"languages": _("The desk does not have this language.")})


class CallPolicy(TimestampedModel):
    """How a queue offers its calls. An empty column is the desk's setting; `selectors.call_policies` puts them together."""

    queue = models.OneToOneField(Queue, on_delete=models.CASCADE, related_name="call_policy", verbose_name=_("queue"))
    buffer_before_minutes = models.PositiveSmallIntegerField(
        _("free minutes before a call"), null=True, blank=True, validators=[MaxValueValidator(240)], help_text=_DESKS
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        _("free minutes after a call"), null=True, blank=True, validators=[MaxValueValidator(240)], help_text=_DESKS
    )
    min_notice_minutes = models.PositiveIntegerField(
        _("minutes of notice"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(43_200)],
        help_text=_("Earliest start from now. Empty: the desk's setting."),
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("days ahead"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("Latest start from now. Empty: the desk's setting."),
    )
    daily_capacity = models.PositiveSmallIntegerField(
        _("calls a day"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(_MOST_CALLS)],
        help_text=_("At most, for each agent. Empty: the desk's setting."),
    )
    assignment = models.CharField(
        _("who takes a call"), max_length=20, choices=CallAssignment.choices, blank=True, default="", help_text=_DESKS
    )
    keep_assignee = models.BooleanField(
        _("the ticket's own agent comes first"), null=True, blank=True, help_text=_DESKS
    )
    cut_off_minutes = models.PositiveIntegerField(
        _("cut-off in minutes"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(43_200)],
        help_text=_("Later than this before the start, clients cannot move or cancel. Empty: the desk's setting."),
    )
    book_without_answer = models.BooleanField(
        _("books without an answer"),
        null=True,
        blank=True,
        help_text=_("A client who stays silent gets the best time. Empty: the desk's setting."),
    )
    within_calendar = models.BooleanField(
        _("keeps to the business calendar"),
        null=True,
        blank=True,
        help_text=_("Calls only while the desk is open for the ticket's service level. Empty: the desk's setting."),
    )

    class Meta:
        verbose_name = _("rules for calls")
        verbose_name_plural = _("rules for calls")
        constraints = [
            models.CheckConstraint(
                condition=Q(assignment__in=["", *CallAssignment.values]), name="call_policy_assignment_in_list"
            ),
            models.CheckConstraint(condition=~Q(horizon_days=0), name="call_policy_looks_ahead"),
            models.CheckConstraint(condition=~Q(daily_capacity=0), name="call_policy_takes_calls"),
        ]

    def __str__(self) -> str:
        return str(self.queue)
