"""Scopes: what the caller's key may do."""

from typing import Any, Final

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

ANY_KEY: Final = ""
"""Instead of a scope: any valid key will do."""


class HasScope(BasePermission):
    """The key has the scope that the view demands for this method; `:write` includes `:read`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the authenticated caller may use the view; a view without scopes is public."""
        wanted = view.scope_for(request.method)
        if not wanted:
            return True
        granted: frozenset[str] = getattr(request.auth, "scopes", frozenset())
        return wanted in granted or (wanted.endswith(":read") and wanted.replace(":read", ":write") in granted)
