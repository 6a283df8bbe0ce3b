"""The web server's own log of requests: it names every address, so it must not name the secret part of one."""

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # gunicorn has no types

from config.settings.logs import without_secrets


class MaskedLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Writes addresses without what makes them secret: who reads the log may not open them."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """Return what a line can be made of."""
        found: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        # Some stand by one name for the request, by another for its surroundings: all that can be printed is looked at.
        return {name: without_secrets(words) if isinstance(words, str) else words for name, words in found.items()}
