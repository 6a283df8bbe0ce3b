"""Importing a sheet: upload, preview, confirm. Between the two the file lies in the cache, for half an hour and no longer."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core import signing
from django.core.cache import cache
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.tmp_storages import CacheStorage
from unfold import widgets

from config.core import clock
from migrations_app.admin import import_rows, import_sheet
from migrations_app.admin.filing import own_organization
from migrations_app.services.importing import RowsRefused, file_rows
from tickets.admin import actor_of
from tickets.models import Organization, Ticket
from tickets.selectors.desk import is_agent

KEPT_SECONDS = 30 * 60
_SALT = "portero.import"


class Upload(CacheStorage):
    """An uploaded file between preview and confirmation: on storage that all web processes share, and not for long."""

    CACHE_LIFETIME = KEPT_SECONDS
    CACHE_PREFIX = "import-"

    def take(self) -> bool:
        """Reserve the file for one confirmation; tell whether nobody was faster."""
        return bool(cache.add(f"{self.CACHE_PREFIX}{self.name}-taken", 1, timeout=KEPT_SECONDS))

    def give_back(self) -> None:
        """Let the file be confirmed again."""
        cache.delete(f"{self.CACHE_PREFIX}{self.name}-taken")


class UploadForm(forms.Form):
    """Which file, and for the desk: for whom."""

    organization = forms.ModelChoiceField(Organization.objects.order_by("name"), label=gettext_lazy("Organization"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or XLSX, at most 200 rows and 5 MiB. One row is one ticket."),
        widget=widgets.UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx,text/csv"}),
    )
    test = forms.BooleanField(
        label=gettext_lazy("Test tickets"),
        required=False,
        help_text=gettext_lazy("Hold no numbers and never reach Meta's live service."),
        widget=widgets.UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, page: Any, own: Organization | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own is not None:
            del self.fields["organization"], self.fields["test"]
            return
        field: Any = self.fields["organization"]
        field.widget = AutocompleteSelect(
            Ticket._meta.get_field("organization"), page.admin_site, attrs={"class": "unfold-admin-autocomplete"}
        )
        field.widget.choices = field.choices


def answer(page: Any, request: HttpRequest) -> HttpResponse:
    """Show the upload form, or what filing the uploaded rows would do."""
    own = own_organization(request)
    if own is None and not is_agent(request.user):
        messages.error(request, _("Your account belongs to no organization yet. Ask the desk."))
        return redirect("admin:tickets_ticket_changelist")
    form = UploadForm(request.POST or None, request.FILES or None, page=page, own=own)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        organization = own or form.cleaned_data["organization"]
        choice = {"organization": organization.pk, "test": bool(form.cleaned_data.get("test"))}
        context = _previewed(request, form, organization, choice)
    return _page(page, request, form, context)


def _page(page: Any, request: HttpRequest, form: UploadForm, context: dict[str, Any]) -> HttpResponse:
    frame = {
        "title": _("Import tickets"),
        "form": form,
        "columns": import_sheet.explained(),
        "media": page.media + form.media,
    }
    return page.render_page(request, "admin/desk/import.html", frame | context)


def _previewed(
    request: HttpRequest, form: UploadForm, organization: Organization, choice: dict[str, Any]
) -> dict[str, Any]:
    upload = form.cleaned_data["file"]
    try:
        if upload.size > import_sheet.MOST_BYTES:
            raise import_sheet.BadSheet(_("The file is larger than 5 MiB. Split it."))
        content = upload.read()
        found = _judged(request, content, organization, test=choice["test"])
    except import_sheet.BadSheet as trouble:
        form.add_error("file", str(trouble))
        return {}
    except OperationalError:
        form.add_error("file", _("The database is busy. Nothing was filed; try again."))
        return {}
    context = {"preview": found, "organization": organization}
    if not found.wrong:
        storage = Upload()
        storage.save(content)
        context["token"] = signing.dumps({**choice, "name": storage.name, "user": request.user.pk}, salt=_SALT)
    return context


def _judged(request: HttpRequest, content: bytes, organization: Organization, *, test: bool) -> import_rows.Preview:
    data = import_sheet.read_sheet(content)
    return import_rows.preview(data, organization=organization, test=test, by=actor_of(request), now=clock.now())


def confirm(request: HttpRequest) -> HttpResponse:
    """File every row of a previewed sheet, or none."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    again = redirect("admin:tickets_ticket_import")
    told = _token(request)
    storage = Upload(name=told.get("name", ""))
    content = storage.read() if told else None
    if content is None or not storage.take():
        messages.error(
            request, _("This preview is over, or was confirmed already. Look at the list; else upload the file again.")
        )
        return again
    organization = own_organization(request) or Organization.objects.get(pk=told["organization"])
    try:
        read = import_rows.TicketRows(test=told["test"]).forms(import_sheet.read_sheet(content))
        tickets = file_rows(organization=organization, forms=read, by=actor_of(request), now=clock.now())
    except (RowsRefused, import_rows.Unreadable):
        storage.remove()
        messages.error(request, _("Something has changed since the preview. Nothing was filed: upload the file again."))
        return again
    except OperationalError:
        storage.give_back()
        messages.error(request, _("The database is busy. Nothing was filed; try again."))
        return again
    storage.remove()
    messages.success(request, _("Filed: %(count)s tickets.") % {"count": len(tickets)})
    return redirect("admin:tickets_ticket_changelist")


def _token(request: HttpRequest) -> dict[str, Any]:
    """Return what was previewed by this person; empty for anything else."""
    try:
        told: dict[str, Any] = signing.loads(request.POST.get("token", ""), salt=_SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature:
        return {}
    return told if told["user"] == request.user.pk else {}


def template(kind: str) -> HttpResponse:
    """Return the sheet to start from.

    :raises Http404: there is no template of this kind.
    """
    if kind not in import_sheet.FORMATS:
        raise Http404
    return HttpResponse(
        import_sheet.template(kind),
        content_type=import_sheet.FORMATS[kind].CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="tickets.{kind}"'},
    )
