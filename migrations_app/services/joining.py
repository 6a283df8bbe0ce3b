"""How those who take part in a call come together: by its link, else our agent rings the client, and at which number."""

from django.utils.translation import gettext

from migrations_app.models import PinCall, PinCallNumber


def phones_of(call: PinCall) -> list[str]:
    """Return which phones the agent rings for one ticket's call, each once: of who has a number's phone, else of the contact."""
    lines = PinCallNumber.objects.filter(pin_call=call, left_at=None).order_by("position")
    named = lines.values_list("number__otp_contact_phone", flat=True)
    return list(dict.fromkeys(phone for own in named if (phone := own or call.ticket.contact_phone)))


def joining_words(call: PinCall) -> str:
    """Return how the client takes part, in the active language: never nothing, or each waits for the other."""
    if call.join_url:
        return gettext("How to join: %(link)s") % {"link": call.join_url}
    phones = phones_of(call)
    if not phones:
        return gettext("Who rings whom: our agent rings you. We have no phone number of yours yet: please send us one.")
    return gettext("Who rings whom: our agent rings you at %(phones)s.") % {"phones": ", ".join(phones)}
