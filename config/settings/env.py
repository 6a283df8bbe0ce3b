"""Reading the environment: every helper fails with advice, never with a guess."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """Return the variable, read from the file named by ``<NAME>_FILE`` when that is set (docker secrets)."""
    file_name = os.environ.get(f"{name}_FILE")
    if file_name:
        try:
            return Path(file_name).read_text(encoding="utf-8").strip()
        except OSError as error:
            msg = (
                f"{name}_FILE points at {file_name}, which cannot be read ({error.strerror}). Fix the path or unset it."
            )
            raise ImproperlyConfigured(msg) from error
    value = os.environ.get(name, default)
    if value is None:
        msg = f"The environment variable {name} is not set. See .env.example for its meaning and an example value."
        raise ImproperlyConfigured(msg)
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return a boolean variable; anything but 1/0, true/false, yes/no, on/off is refused."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    lowered = raw.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    msg = f"{name}={raw!r} is neither true nor false. Use one of 1, 0, true, false, yes, no, on, off."
    raise ImproperlyConfigured(msg)


def number(name: str, default: int) -> int:
    """Return a whole-number variable."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    try:
        return int(raw)
    except ValueError:
        msg = f"{name}={raw!r} is not a whole number (default: {default})."
        raise ImproperlyConfigured(msg) from None


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without blanks."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return a variable that must be one of the allowed words."""
    value = os.environ.get(name, default).strip().lower()
    if value not in allowed:
        msg = f"{name}={value!r} is unknown. Choose one of: {', '.join(allowed)}."
        raise ImproperlyConfigured(msg)
    return value


def prefixed(prefix: str) -> dict[str, str]:
    """Return all variables that begin with the prefix, by the rest of their name; files (`…_FILE`) are read."""
    names = {name.removesuffix("_FILE") for name in os.environ if name.startswith(prefix)}
    return {name.removeprefix(prefix): text(name) for name in sorted(names)}


def fernet_key() -> str:
    """Return a new random key as Fernet takes it: 32 bytes in the alphabet of addresses."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def kept_secret(folder: Path, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(50)) -> str:
    """Return a random secret kept in a private file of the folder, made on first use by `make`.

    Embedded mode only: it lets a laptop run without configuration while no secret is ever shared between machines.
    """
    path = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        secret = make()
        file.write(secret)
    return secret
