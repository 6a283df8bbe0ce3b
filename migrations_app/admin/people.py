"""People and their roles. A lead makes agents and client users; nobody but a superuser touches superusers."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from tickets.models import Membership
from tickets.selectors.desk import AGENT, CLIENT, LEAD

ROLES = (CLIENT, AGENT, LEAD)


class MembershipInline(TabularInline):
    """The organization whose tickets a client user sees."""

    model = Membership
    extra = 0
    autocomplete_fields = ("organization",)


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Staff: agents, leads, and client users of one organization."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = (MembershipInline,)
    actions = None
    list_display = ("username", "full_name", "email", "roles", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    ordering = ("username", "id")
    filter_horizontal = ()
    add_fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email", "password1", "password2")}),
        (_("Role"), {"fields": ("is_staff", "groups")}),
    )
    _lead_fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Role"), {"fields": ("is_active", "is_staff", "groups")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request).prefetch_related("groups")
        return rows if request.user.is_superuser else rows.filter(is_superuser=False)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the flags and single permissions to superusers."""
        if obj is None:
            return self.add_fieldsets
        return super().get_fieldsets(request, obj) if request.user.is_superuser else self._lead_fieldsets

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple[Any, ...]:
        """Ask for the organization once the person exists."""
        return self.inlines if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nobody but a superuser change one."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Keep everybody who ever did something; people who leave are made inactive."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True}

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer and accept the three roles only."""
        if db_field.name == "groups" and not request.user.is_superuser:
            kwargs["queryset"] = Group.objects.filter(name__in=ROLES)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @display(description=_("Name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "–"

    @display(description=_("Roles"), label=True)
    def roles(self, user: User) -> list[str]:
        return [group.name for group in user.groups.all()]
