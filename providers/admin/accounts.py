"""The accounts we hold at Meta. A token is entered here, encrypted, and never shown again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from config.core import clock
from config.core.admin.base import DeskModelAdmin, user_actor
from providers.models import MetaAccount
from providers.services import accounts, tokens
from providers.services.whatsapp import Refused, Unanswered
from providers.types import MetaProblem

LONGEST_TOKEN = 1000


class MetaAccountForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Takes a token, or the name of an environment variable, and refuses what looks like a token in the place of a name."""

    token = forms.CharField(
        label=_("Access token"),
        required=False,
        max_length=LONGEST_TOKEN,
        widget=UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted and never shown again. Leave empty to keep what is set."),
    )
    forget_token = forms.BooleanField(
        label=_("Forget the token"), required=False, help_text=_("From then on the variable above is used.")
    )

    class Meta:
        model = MetaAccount
        fields = ("name", "waba_id", "token_variable", "payment_ready", "app_subscribed")

    def clean_token_variable(self) -> str:
        """Refuse anything but a variable's name, so that no token is ever stored in clear by mistake."""
        name = str(self.cleaned_data["token_variable"])
        if not name.isascii() or not name.isidentifier() or name != name.upper():
            raise forms.ValidationError(_("Name the environment variable, e.g. META_ACCESS_TOKEN; never the token."))
        return name

    @sensitive_variables()
    def clean_token(self) -> str:
        """Refuse what cannot be sent in a header, and any token while there is no key to encrypt it with."""
        token = str(self.cleaned_data["token"]).strip()
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise forms.ValidationError(_("This is no access token: it has blanks or foreign letters in it."))
        if token and not tokens.can_keep():
            raise forms.ValidationError(_("TOKEN_ENCRYPTION_KEYS is not set, so that no token can be kept."))
        return token

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Refuse to take a token along to another account: it was given for one."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        kept = bool(self.instance.token_sealed) and not values.get("token") and not values.get("forget_token")
        if kept and "waba_id" in self.changed_data:
            self.add_error("token", _("The token was entered for another WABA ID: enter this one's, or forget it."))
        return values


@admin.register(MetaAccount)
class MetaAccountAdmin(DeskModelAdmin):
    """Destination accounts, each with a token of its own or one from the environment."""

    form = MetaAccountForm
    list_display = ("name", "waba_id", "token_state", "payment_ready", "app_subscribed")
    ordering = ("name", "id")
    readonly_fields = ("token_state",)
    fieldsets = (
        (None, {"fields": ("name", "waba_id", "payment_ready", "app_subscribed")}),
        (_("Access token"), {"fields": ("token_state", "token_variable", "token", "forget_token")}),
    )
    change_form_template = "admin/providers/meta_account.html"

    @display(description=_("Token"))
    def token_state(self, row: MetaAccount) -> str:
        """Say where the token comes from, and by what people tell it apart; never the token."""
        if row.token_sealed and row.token_set_at:
            values = {"date": date_format(row.token_set_at, "DATE_FORMAT"), "fingerprint": row.token_fingerprint}
            return gettext("set on %(date)s, fingerprint %(fingerprint)s") % values
        if tokens.token_of(row):
            return gettext("from the variable %(name)s") % {"name": row.token_variable}
        return gettext("none")

    @method_decorator(sensitive_post_parameters("token"))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the token out of error reports."""
        return super().changeform_view(request, *args, **kwargs)

    @method_decorator(sensitive_variables())
    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: Any) -> None:
        super().save_model(request, obj, form, change)
        by, now = user_actor(request, of_desk=True), clock.now()
        if form.cleaned_data.get("token"):
            tokens.set_token(account_id=obj.pk, token=form.cleaned_data["token"], by=by, now=now)
        elif form.cleaned_data.get("forget_token"):
            tokens.forget_token(account_id=obj.pk, by=by, now=now)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/test-token/", wrap(self.test_token_view), name="providers_metaaccount_test_token"),
            *super().get_urls(),
        ]

    def test_token_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the account with its token and say what Meta answered."""
        if not request.user.has_perm("providers.change_metaaccount"):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        account = get_object_or_404(MetaAccount, pk=pk)
        level, text = _tried(account, request)
        messages.add_message(request, level, text)
        return HttpResponseRedirect(reverse("admin:providers_metaaccount_change", args=[pk]))


def _tried(account: MetaAccount, request: HttpRequest) -> tuple[int, str]:
    """Return what became of reading the account, as a message of the admin."""
    if not tokens.token_of(account):
        return messages.ERROR, gettext("There is no token that could be tried.")
    context = accounts.account_context(account, by=user_actor(request, of_desk=True), now=clock.now())
    try:
        facts = accounts.waba_facts(account=account, waba_id=account.waba_id, context=context)
        apps = accounts.subscribed_apps(account=account, waba_id=account.waba_id, context=context)
    except Refused as refusal:
        return messages.ERROR, _refusal(refusal.problem)
    except Unanswered:
        return messages.WARNING, gettext("Meta did not answer. Try again in a minute.")
    subscribed = ngettext("%(count)s app subscribed", "%(count)s apps subscribed", len(apps)) % {"count": len(apps)}
    words = {"name": facts.name, "review": facts.account_review_status or "–", "apps": subscribed}
    level = messages.SUCCESS if apps else messages.WARNING
    return level, gettext("The token works: %(name)s, account review %(review)s, %(apps)s.") % words


def _refusal(problem: MetaProblem) -> str:
    words = {"title": gettext(problem.title), "advice": gettext(problem.what_to_do), "trace": problem.fbtrace_id}
    return gettext("%(title)s. %(advice)s (trace id %(trace)s)") % words
