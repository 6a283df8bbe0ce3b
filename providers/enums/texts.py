"""What the directory's codes mean, in words. A code is data; these sentences are what people read, in their language.

Sources of the general procedure: Meta's pages on two-step verification and on moving numbers between partners.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GENERIC_STEPS = ("turn_off_in_manager", "confirm_by_email", "bsp_owns_account")
"""Meta's general procedure: what a client of any BSP can do."""

STEP_TEXTS: dict[str, Promise] = {
    "settle_invoices": _("The client pays open invoices; the BSP does nothing before."),
    "turn_off_in_manager": _(
        "In WhatsApp Manager an administrator of the business portfolio opens Account tools, Phone numbers, the number,"
        " Settings, Two-step verification, and turns it off."
    ),
    "confirm_by_email": _(
        "Meta sends a link by e-mail to the administrator of the business portfolio. Two-step verification is off only"
        " after that link has been opened."
    ),
    "bsp_owns_account": _(
        "If the WhatsApp Business Account (WABA) belongs to the BSP, only the BSP can turn it off: the client asks for it"
        " and keeps the case number."
    ),
    "bsp_turns_off": _("The client asks the BSP to turn two-step verification off, and keeps the case number."),
    "bsp_gets_name_approved": _("The client asks the BSP to have the display name approved before the move."),
    "ask_support_if_stuck": _("Where the client cannot do it, it asks the BSP's support."),
    "hosted_account_support": _("For an account that the BSP hosts, the client asks the BSP's support to turn it off."),
    "lost_access_support": _("Who has lost access to the business portfolio asks the BSP's support, as its client."),
    "troubleshoot": _(
        "No button: the rights, the portfolio or the number are the wrong ones. No e-mail: the portfolio's address is out"
        " of date, or the mail is in spam. The PIN is still asked for: the link was not opened, or the change has not"
        " spread yet."
    ),
    "tell_contact_and_form": _("The client tells its contact at the BSP and fills in the BSP's migration form."),
    "write_from_registered": _("Mails to the BSP come from the address that it has on record for the client."),
    "release_in_console": _(
        "In the BSP's console the client opens the number's sender, chooses to release it to another BSP and states why."
    ),
    "confirm_release": _("The client's administrator at Meta confirms the release by e-mail, within the stated time."),
    "new_bsp_starts": _("The new BSP starts the move."),
    "cancel_subscription": _("After the move the client cancels the subscription."),
    "claim_refund": _("After that the client asks for the refund of what is left of its balance."),
    "remove_integration_last": _("The integration is removed in the BSP's settings only after the move."),
}
"""Steps of a procedure by code."""

EXIT_TEXTS: dict[str, Promise] = {
    "invoices_settled": _("Open invoices are paid first; requests are not processed before."),
    "subscription_cancelled": _("The client itself cancels the subscription after the move; it is billed until then."),
    "notice": _("Notice of %(days)s days."),
    "notice_reported": _("Notice of %(days)s days to the end of a month, as clients report."),
    "refund_on_request": _("What is left of a prepaid balance is refunded only on request, after the cancellation."),
    "same_portfolio": _("Both sides must belong to the same business portfolio (Business Manager)."),
    "client_is_admin": _("The client needs administrator rights in the business portfolio."),
    "same_display_name": _("The display name must be exactly the same on both sides."),
    "display_name_approved": _("The display name must be approved before the move."),
    "official_account_at_risk": _(
        "Without two-step verification an Official Business Account is at risk: it is switched on again in the move."
    ),
    "three_code_requests": _("Three requests for the code at most, then about 8 hours of waiting."),
    "keep_number": _(
        "The number must not be deleted or removed from its account: a migration needs it registered until the cut-over."
    ),
    "deletion_after": _(
        "The BSP's page describes deleting the number, which is refused within %(days)s days of the last paid message."
    ),
    "provided_numbers_stay": _("Numbers that the BSP itself provided cannot be taken along."),
    "credit_line_refused": _(
        "The BSP says that a number with an existing credit line cannot be moved; Meta documents the move of such numbers."
    ),
}
"""Conditions for leaving by code; `days` is the only number they carry."""

EXIT_WITH_DAYS = frozenset({"notice", "notice_reported", "deletion_after"})
