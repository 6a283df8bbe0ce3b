"""What mail systems on the way said of a mail's sender: SPF, DKIM and DMARC, as words. Sources: RFC 7208, RFC 8601."""

import re

from migrations_app.rules.mails import Mail

CHECKS = ("spf", "dkim", "dmarc")
_WORD = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
_FIRST = re.compile(r"^\s*([a-z]+)", re.IGNORECASE)
_OWN_HEADERS = {"spf": ("received-spf", "x-mailgun-spf"), "dkim": ("x-mailgun-dkim-check-result",)}


def verdicts_of(mail: Mail) -> dict[str, str]:
    """Return the verdicts of the system that handed the mail to us: only the topmost header, for those below can be forged."""
    found = {
        name.lower(): word.lower()[:20] for name, word in reversed(_WORD.findall(mail.header("authentication-results")))
    }
    for name, headers in _OWN_HEADERS.items():
        for header in headers:
            word = _FIRST.match(mail.header(header))
            if word and name not in found:
                found[name] = word[1].lower()[:20]
    return found


def is_forged(verdicts: dict[str, str]) -> bool:
    """Tell whether these verdicts say that the sender's address is not the sender's.

    DMARC decides where it was checked. SPF alone fails for every forwarded mail, so DKIM must not have passed.
    """
    if "dmarc" in verdicts and verdicts["dmarc"] != "none":
        return verdicts["dmarc"] == "fail"
    return verdicts.get("spf") in {"fail", "softfail"} and verdicts.get("dkim") != "pass"
