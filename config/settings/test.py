"""The suite's overrides: quick hashing, memory for mail and broker, no wait anywhere."""

import os
import tempfile

os.environ.setdefault("PORTERO_VAR", tempfile.mkdtemp(prefix="portero-tests-"))
os.environ.setdefault("BROKER_URL", "memory://")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)

from config.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
WHITENOISE_USE_FINDERS = False
AXES_ENABLED = True
if "sqlite" in str(DATABASES["default"]["ENGINE"]):  # noqa: F405
    # A file, not memory: tests with threads need connections of their own. Nothing here has to survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] = (  # noqa: F405
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
    )
# The two halves of a parallel run share one Redis: each has a queue of its own.
CELERY_TASK_DEFAULT_QUEUE = f"tests-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
WEBHOOK_QUEUE = f"{CELERY_TASK_DEFAULT_QUEUE}-webhooks"
CELERY_TASK_ROUTES = {"tickets.send_webhook": {"queue": WEBHOOK_QUEUE}}
