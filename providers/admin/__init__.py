"""The admin of the BSP directory and of the accounts we hold at Meta."""

from providers.admin import accounts, directory

__all__ = ["accounts", "directory"]
