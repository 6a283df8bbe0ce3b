"""Times proposed to a client for the call, and the links by which a person without an account answers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums.proposals import ProposalState
from migrations_app.models.calls import PinCall
from migrations_app.models.cases import MigrationCase


class CallProposal(TimestampedModel):
    """One round of times. It holds nothing: who answers first has the time. `round` counts those in a row without an answer."""

    case = models.ForeignKey(MigrationCase, on_delete=models.CASCADE, related_name="proposals", verbose_name=_("case"))
    state = models.CharField(_("state"), max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    missed = models.BooleanField(_("after a missed call"), default=False)
    starts = models.JSONField(_("times"), default=list, blank=True)
    answer_due_at = models.DateTimeField(_("waited for until"))
    pin_call = models.ForeignKey(
        PinCall, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("call")
    )

    class Meta:
        verbose_name = _("proposed times")
        verbose_name_plural = _("proposed times")
        constraints = [
            in_list("state", ProposalState, name="call_proposal_state_in_list"),
            models.UniqueConstraint(fields=["case"], condition=Q(state="open"), name="call_proposal_one_open"),
        ]
        indexes = [
            # The sweep that goes on after silence.
            models.Index(fields=["answer_due_at"], condition=Q(state="open"), name="call_proposal_due"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}:{self.round} ({self.state})"


class CallLink(models.Model):
    """A link in a mail about the call. The token itself is kept nowhere; `start` is the time it proposes, if it proposes one."""

    case = models.ForeignKey(MigrationCase, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    start = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("link to the call")
        verbose_name_plural = _("links to the call")
        indexes = [models.Index(fields=["created_at"], name="call_link_age")]

    def __str__(self) -> str:
        return f"link of {self.case_id}"
