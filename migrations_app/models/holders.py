"""The person with the phone of a number: asked the day before the call, by mail or by a person of the desk."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums.holders import HolderStep
from migrations_app.models.calls import PinCall


class HolderCheck(TimestampedModel):
    """One holder of a call's numbers, who is asked once for all of them. What was answered stands in the lines of the call."""

    pin_call = models.ForeignKey(
        PinCall, on_delete=models.CASCADE, related_name="holder_checks", verbose_name=_("call")
    )
    key = models.CharField(max_length=320, editable=False)
    """By what the holder is told from others: address, else phone, else name."""
    name = models.CharField(_("phone holder"), max_length=200, blank=True, default="")
    email = models.EmailField(_("holder's e-mail"), blank=True, default="")
    phone = models.CharField(_("holder's phone"), max_length=20, blank=True, default="")
    language = models.CharField(_("holder's language"), max_length=10, blank=True, default="")
    step = models.CharField(_("next step"), max_length=10, choices=HolderStep.choices, default=HolderStep.ASK)
    next_at = models.DateTimeField(_("next at"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("question to a phone holder")
        verbose_name_plural = _("questions to phone holders")
        constraints = [
            in_list("step", HolderStep, name="holder_check_step_in_list"),
            models.UniqueConstraint(fields=["pin_call", "key"], name="holder_check_once_per_call"),
        ]
        indexes = [
            # The sweep that asks, and has the silent ones rung up.
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="holder_check_due"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.key} ({self.pin_call_id})"


class HolderLink(models.Model):
    """A link by which a holder answers: only the hash of its token is kept. Every try of the mail has a link of its own."""

    check_of = models.ForeignKey(HolderCheck, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("link of a phone holder")
        verbose_name_plural = _("links of phone holders")
        indexes = [models.Index(fields=["created_at"], name="holder_link_age")]

    def __str__(self) -> str:
        return str(self.check_of_id)
