"""Service levels: business calendars, policies with their targets, and the clocks of tickets."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, both_or_neither, in_list
from config.core.zones import time_zones
from tickets.enums import ClockState, Pause, Priority, SlaMetric
from tickets.models.desk import Queue
from tickets.models.tickets import Ticket
from tickets.rules.calendars import holiday_languages, holiday_places


class Calendar(TimestampedModel):
    """When the desk works, by the wall clock of one time zone. `spec` is all of it as one value, which clocks read."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        help_text=_("Two letters, e.g. ES. Its public holidays are closed. Empty: no public holidays."),
    )
    subdivision = models.CharField(
        _("region"), max_length=20, blank=True, default="", help_text=_("For regional holidays, e.g. CT or SP.")
    )
    language = models.CharField(
        _("language of holiday names"),
        max_length=10,
        blank=True,
        default="",
        help_text=_("Empty: the country's own."),
    )
    spec = models.JSONField(default=dict, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse places that nobody knows."""
        if self.timezone not in time_zones():
            raise ValidationError({"timezone": _("There is no such time zone.")})
        places = holiday_places()
        if self.country and self.country not in places:
            raise ValidationError({"country": _("The holidays of this country are not known.")})
        if self.subdivision and self.subdivision not in places.get(self.country, []):
            raise ValidationError({"subdivision": _("The country has no such region.")})
        if self.language and self.language not in holiday_languages(self.country):
            raise ValidationError({"language": _("The names of these holidays are not known in this language.")})


class CalendarHours(models.Model):
    """One stretch of a weekday; a day may have several. `end <= start` ends the next day."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="hours", verbose_name=_("calendar"))
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=list(WEEKDAYS.items()))
    start = models.TimeField(_("from"))
    end = models.TimeField(_("to"), help_text=_("Not later than “from”: ends the next day."))

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="calendar_hours_weekday"),
            models.UniqueConstraint(fields=["calendar", "weekday", "start"], name="calendar_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.start:%H:%M}–{self.end:%H:%M}"


class CalendarDay(models.Model):
    """A day of the desk's own: closed, or open at other hours. It goes before weekday and public holiday."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="days", verbose_name=_("calendar"))
    date = models.DateField(_("date"))
    start = models.TimeField(_("from"), null=True, blank=True, help_text=_("Empty: closed all day."))
    end = models.TimeField(_("to"), null=True, blank=True)
    name = models.CharField(_("name"), max_length=100, blank=True, default="")

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        constraints = [
            both_or_neither("start", "end", name="calendar_day_hours"),
            models.UniqueConstraint(fields=["calendar", "date", "start"], name="calendar_day_once"),
            models.UniqueConstraint(
                fields=["calendar", "date"], condition=Q(start__isnull=True), name="calendar_day_closed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"

    def clean(self) -> None:
        """Refuse half a stretch."""
        if (self.start is None) != (self.end is None):
            raise ValidationError({"end": _("Give both times, or none for a closed day.")})


class SlaPolicy(TimestampedModel):
    """Targets for some tickets. The lowest position that takes a ticket decides; `plan` is what clocks read of it."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveIntegerField(_("position"), default=100)
    active = models.BooleanField(_("active"), default=True)
    queues = models.ManyToManyField(
        Queue, blank=True, related_name="+", verbose_name=_("queues"), help_text=_("None chosen: all queues.")
    )
    priorities = models.JSONField(_("priorities"), default=list, blank=True)
    calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, related_name="policies", verbose_name=_("business calendar")
    )
    warn_percent = models.PositiveSmallIntegerField(
        _("warn at"),
        null=True,
        blank=True,
        default=75,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_("Percent of the target that may be gone before a warning. Empty: no warning."),
    )
    pauses_on = models.JSONField(_("clocks stand still while"), default=list, blank=True)
    plan = models.JSONField(default=dict, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse words that no ticket can match."""
        if not set(self.priorities) <= set(Priority.values):
            raise ValidationError({"priorities": _("There is no such priority.")})
        if not set(self.pauses_on) <= set(Pause.values):
            raise ValidationError({"pauses_on": _("Clocks cannot pause on this.")})


class SlaTarget(models.Model):
    """How much working time one metric may take."""

    policy = models.ForeignKey(
        SlaPolicy, on_delete=models.CASCADE, related_name="targets", verbose_name=_("service level")
    )
    metric = models.CharField(_("metric"), max_length=24, choices=SlaMetric.choices)
    minutes = models.PositiveIntegerField(
        _("minutes of working time"), validators=[MinValueValidator(1), MaxValueValidator(525_600)]
    )

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            in_list("metric", SlaMetric, name="sla_target_metric_in_list"),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="sla_target_takes_time"),
            models.UniqueConstraint(fields=["policy", "metric"], name="sla_target_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_metric_display()}: {self.minutes}"


class SlaClock(models.Model):
    """One cycle of one metric of a ticket. `spans` are the stretches in which it ran: pairs of moments, the last may be open.

    `terms` is the policy as it was when the deadline was last set. Ended clocks are never written again.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks", verbose_name=_("ticket"))
    metric = models.CharField(_("metric"), max_length=24, choices=SlaMetric.choices)
    cycle = models.PositiveIntegerField(_("cycle"))
    state = models.CharField(_("state"), max_length=10, choices=ClockState.choices)
    spans = models.JSONField(_("ran"), default=list)
    terms = models.JSONField(_("terms"), default=dict)
    started_at = models.DateTimeField(_("started at"))
    due_at = models.DateTimeField(_("due at"), null=True)
    warn_at = models.DateTimeField(_("warning due at"), null=True)
    warned_at = models.DateTimeField(_("warned at"), null=True)
    breached_at = models.DateTimeField(_("missed at"), null=True)
    met_at = models.DateTimeField(_("met at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    recompute_at = models.DateTimeField(_("to be recomputed since"), null=True)

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            in_list("state", ClockState, name="sla_clock_state_in_list"),
            in_list("metric", SlaMetric, name="sla_clock_metric_in_list"),
            # Also what a change of the ticket reads: its open clocks.
            models.UniqueConstraint(
                fields=["ticket", "metric"], condition=Q(ended_at__isnull=True), name="sla_clock_one_open"
            ),
            # Also what the ticket's page reads: all its clocks.
            models.UniqueConstraint(fields=["ticket", "metric", "cycle"], name="sla_clock_cycle_once"),
            models.CheckConstraint(
                condition=Q(state=ClockState.BREACHED, breached_at__isnull=False)
                | (~Q(state=ClockState.BREACHED) & Q(breached_at__isnull=True)),
                name="sla_clock_missed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ClockState.MET, ClockState.STOPPED]) | Q(ended_at__isnull=False),
                name="sla_clock_end_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ClockState.RUNNING, ClockState.PAUSED]) | Q(ended_at__isnull=True),
                name="sla_clock_open_has_no_end",
            ),
            models.CheckConstraint(
                condition=~Q(state=ClockState.MET) | Q(met_at__isnull=False), name="sla_clock_met_has_time"
            ),
        ]
        indexes = [
            # The sweep that writes missed targets.
            models.Index(fields=["due_at"], condition=Q(state=ClockState.RUNNING), name="sla_clock_due"),
            # The sweep that writes warnings.
            models.Index(
                fields=["warn_at"],
                condition=Q(state=ClockState.RUNNING, warned_at__isnull=True),
                name="sla_clock_warning_due",
            ),
            # The sweep that follows a changed policy or calendar.
            models.Index(
                fields=["recompute_at"], condition=Q(recompute_at__isnull=False), name="sla_clock_recompute_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} #{self.cycle} ({self.state})"
