"""Giving a ticket to another organization: a lead says to whom, why, and who the contact is from now on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold import widgets

from config.core import clock
from config.core.errors import DomainError
from migrations_app.admin.words import refusal_words
from migrations_app.models import OwnershipDispute
from migrations_app.selectors.disputes import open_disputes_of
from migrations_app.services.handing_over import hand_over
from tickets.admin import actor_of
from tickets.models import Organization, Ticket
from tickets.services.transfers import Contact

MAX_ID_DIGITS = 18


def _text(label: Any, most: int) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=False, widget=widgets.UnfoldAdminTextInputWidget(), strip=True
    )


class TransferForm(forms.Form):
    """To whom, why, and with which contact."""

    organization = forms.ModelChoiceField(Organization.objects.order_by("name"), label=gettext_lazy("Organization"))
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=1000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("For the desk only; neither organization reads it."),
    )
    keep_contact = forms.BooleanField(
        label=gettext_lazy("The contact stays the same"),
        required=False,
        widget=widgets.UnfoldBooleanWidget(),
        help_text=gettext_lazy("Only if the same people answer for the client from now on: all mail goes to them."),
    )
    contact_name = _text(gettext_lazy("New contact"), 200)
    contact_email = forms.EmailField(
        label=gettext_lazy("New contact's e-mail"), required=False, widget=widgets.UnfoldAdminEmailInputWidget()
    )
    contact_phone = _text(gettext_lazy("New contact's phone"), 20)
    sure = forms.BooleanField(
        label=gettext_lazy("I have made sure that this organization may move these numbers"),
        widget=widgets.UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, site: AdminSite, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organization"]
        field.queryset = field.queryset.exclude(pk=ticket.organization_id)
        field.widget = AutocompleteSelect(
            Ticket._meta.get_field("organization"), site, attrs={"class": "unfold-admin-autocomplete"}
        )
        field.widget.choices = field.choices

    def clean(self) -> dict[str, Any]:
        """Demand a contact: the old one's or a new one's."""
        answers: dict[str, Any] = super().clean() or {}
        if not answers.get("keep_contact"):
            for name in ("contact_name", "contact_email"):
                if not answers.get(name) and name not in self.errors:
                    self.add_error(name, _("Who is written to from now on?"))
        return answers

    def contact(self) -> Contact | None:
        """Return the new contact; None when the present one stays."""
        answers = self.cleaned_data
        if answers["keep_contact"]:
            return None
        return Contact(answers["contact_name"], answers["contact_email"], answers["contact_phone"])


def answer(page: Any, request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Show the form, or give the ticket away and go back to its page."""
    form = TransferForm(request.POST or None, site=page.admin_site, ticket=ticket, initial=_initial(request, ticket))
    if request.method == "POST" and form.is_valid() and _transfer(request, ticket, form):
        return redirect("admin:tickets_ticket_change", ticket.pk)
    title = _("Give %(reference)s to another organization") % {"reference": ticket.reference}
    disputes = open_disputes_of(ticket)
    media = page.media + form.media
    context = {"title": title, "ticket": ticket, "form": form, "disputes": disputes, "media": media}
    answered: HttpResponse = page.render_page(request, "admin/desk/transfer.html", context)
    return answered


def _transfer(request: HttpRequest, ticket: Ticket, form: TransferForm) -> bool:
    answers = form.cleaned_data
    try:
        hand_over(
            ticket_id=ticket.pk,
            organization_id=answers["organization"].pk,
            reason=answers["reason"],
            contact=form.contact(),
            by=actor_of(request),
            now=clock.now(),
        )
    except DomainError as refusal:
        form.add_error(None, refusal_words(refusal))
        return False
    messages.success(request, _("The ticket belongs to %(name)s now.") % {"name": answers["organization"].name})
    return True


def _initial(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """Return what a dispute knows already: the claimant, and the contact of its own ticket if it has one."""
    wanted = request.GET.get("dispute", "")
    if not wanted.isdecimal() or len(wanted) > MAX_ID_DIGITS:
        return {}
    dispute = (
        OwnershipDispute.objects.select_related("claimant_ticket").filter(pk=wanted, holder__ticket=ticket).first()
    )
    if dispute is None:
        return {}
    known = {"organization": dispute.claimant_id}
    theirs = dispute.claimant_ticket
    if theirs is None:
        return known
    return known | {name: getattr(theirs, name) for name in ("contact_name", "contact_email", "contact_phone")}
