"""All settings of the product, from the environment. PORTERO_MODE decides only the defaults of DESIGN's modes table."""

import re
import sys
from pathlib import Path
from typing import Any

import environ
from django.utils.translation import gettext_lazy as _

from config.settings import env
from config.settings.desk import *  # noqa: F403  (the desk's policy)
from config.settings.logs import logging_settings
from config.settings.unfold import unfold_settings

BASE_DIR = Path(__file__).resolve().parent.parent.parent
RELEASE = re.search(r"^## \[?(\d+\.\d+\.\d+)", (BASE_DIR / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[1]  # type: ignore[index]

PORTERO_MODE = env.choice("PORTERO_MODE", "embedded", ("embedded", "production"))
EMBEDDED = PORTERO_MODE == "embedded"
VAR_DIR = Path(env.text("PORTERO_VAR", str(BASE_DIR / "var")))
WEB_PROCESSES = env.number("WEB_PROCESSES", 1)
PORT = env.number("PORT", 8000)
PORTERO_BASE_URL = env.text("PORTERO_BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY", env.kept_secret(VAR_DIR, "secret_key") if EMBEDDED else None)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]" if EMBEDDED else "")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", PORTERO_BASE_URL)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.core.admin.site.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_prometheus",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "csp",
    "anymail",
    "config.core.apps.CoreConfig",
    "tickets.apps.TicketsConfig",
    "providers.apps.ProvidersConfig",
    "migrations_app.apps.MigrationsAppConfig",
]

MIDDLEWARE = [
    "config.core.api.addresses.CallerAddressMiddleware",
    "config.core.api.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.core.api.middleware.LanguageMiddleware",
    # Machines are answered here; what follows is for people in a browser.
    "config.core.api.middleware.MachineDoor",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.admin_csp.AdminCspMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database: PostgreSQL when DATABASE_URL says so; SQLite under var/ otherwise.
environ.Env.DB_SCHEMES |= dict.fromkeys(("postgres", "postgresql"), "config.core.postgres")
_database: dict[str, Any] = dict(
    environ.Env.db_url_config(env.text("DATABASE_URL", f"sqlite:///{VAR_DIR}/portero.sqlite3"))
)
if "sqlite" in str(_database["ENGINE"]):
    # WAL lets polls read while a unit of work writes; a writer waits 5 s for its turn, then the caller gets a 503.
    _database["OPTIONS"] = {
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    VAR_DIR.mkdir(parents=True, exist_ok=True)
elif env.flag("DATABASE_POOL", default=False):
    # Web processes only: Celery closes Django's pool at every task boundary (celery#10554).
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        "pool": {"min_size": 1, "max_size": env.number("DATABASE_POOL_SIZE", 8)},
    }
if "pool" not in _database.get("OPTIONS", {}):
    _database["CONN_MAX_AGE"] = env.number("CONN_MAX_AGE", 300)
    # A kept connection whose server went away is found out before it is used.
    _database["CONN_HEALTH_CHECKS"] = True
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache and throttle storage: memory for one web process, Redis when there are more.
CACHE_URL = env.text("CACHE_URL", "locmemcache://")
CACHES = {"default": dict(environ.Env.cache_url_config(CACHE_URL))}
if CACHE_URL.startswith("redis"):
    CACHES["default"] = {"BACKEND": "config.core.redis_cache.CountingRedisCache", "LOCATION": CACHE_URL}

# Broker: a message is only a nudge, so kombu's filesystem transport (which may lose one) is good enough on a laptop.
BROKER_URL = env.text("BROKER_URL", "filesystem://localhost" if EMBEDDED else None)
TICK_SECONDS = env.number("PORTERO_TICK_SECONDS", 10)
CELERY_BROKER_URL = BROKER_URL
if BROKER_URL.startswith("filesystem"):
    _spool = VAR_DIR / "broker"
    for _folder in ("queue", "processed"):
        (_spool / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(_spool / "queue"),
        "data_folder_out": str(_spool / "queue"),
        "processed_folder": str(_spool / "processed"),
        "control_folder": str(_spool / "control"),
        "store_processed": False,
        "polling_interval": 0.05,
    }
else:
    # Tasks last seconds; a task lost with its worker is found again by the next sweep anyway.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300}
CELERY_TASK_DEFAULT_QUEUE = env.text("BROKER_QUEUE", "celery")
# Webhooks have a queue and workers of their own: a receiver that takes its time keeps nothing else waiting.
WEBHOOK_QUEUE = f"{CELERY_TASK_DEFAULT_QUEUE}-webhooks"
CELERY_TASK_ROUTES = {"tickets.send_webhook": {"queue": WEBHOOK_QUEUE}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 120
# Celery would close the database's connection at both ends of every task; config.celery keeps it as web requests do.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_TIMEZONE = "UTC"

# Mail: files under var/ on a laptop, SMTP or any Anymail provider elsewhere.
EMAIL_URL = env.text("EMAIL_URL", "")
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
if EMAIL_URL:
    vars().update(environ.Env.email_url_config(EMAIL_URL))
EMAIL_TIMEOUT = env.number("EMAIL_TIMEOUT_SECONDS", 30)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Portero onboarding <onboarding@portero.example>")
# What a provider cannot carry (metadata, a header) is left out; the mail itself leaves all the same.
ANYMAIL: dict[str, Any] = {"IGNORE_UNSUPPORTED_FEATURES": True, **env.prefixed("ANYMAIL_")}
# The right side of our Message-IDs, and of the addresses for answers: chase+<token>@<domain>. Empty: no such address.
MAIL_DOMAIN = env.text("MAIL_DOMAIN", "") or DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].strip("> ")
CHASE_REPLY_DOMAIN = env.text("CHASE_REPLY_DOMAIN", "answers.portero.example" if EMBEDDED else "")
# Messages to partners' own systems. The word says which addresses are allowed: public ones, this machine too, or private
# networks too.
HTTP_CHANNEL_ALLOW = env.choice(
    "HTTP_CHANNEL_ALLOW", "loopback" if EMBEDDED else "public", ("public", "loopback", "private")
)
HTTP_CHANNEL_TIMEOUT_SECONDS = env.number("HTTP_CHANNEL_TIMEOUT_SECONDS", 10)
# Webhooks are sent where callers of the API say: to public addresses only, on a laptop to this machine too.
WEBHOOK_ALLOW = "loopback" if EMBEDDED else "public"
# Answers come in: by a mail provider's webhooks, from a mailbox, from a folder.
IMAP_URL = env.text("IMAP_URL", "")
INBOUND_MAILDIR = env.text("INBOUND_MAILDIR", str(VAR_DIR / "inbox") if EMBEDDED else "")

# Meta: the simulator answers on a laptop; live tickets in production go to the Graph API.
META_GRAPH_URL = "https://graph.facebook.com"
META_SIMULATOR_PORT = env.number("META_SIMULATOR_PORT", PORT + 1)
META_BASE_URL = env.text(
    "META_BASE_URL", f"http://127.0.0.1:{META_SIMULATOR_PORT}" if EMBEDDED else META_GRAPH_URL
).rstrip("/")
META_ACCESS_TOKEN = env.text("META_ACCESS_TOKEN", "simulator" if EMBEDDED else "")
# Fernet keys for tokens entered in the admin: the first encrypts, all decrypt.
TOKEN_ENCRYPTION_KEYS = [
    key.strip()
    for key in env.text(
        "TOKEN_ENCRYPTION_KEYS",
        env.kept_secret(VAR_DIR, "token_encryption_key", env.fernet_key) if EMBEDDED else "",
    ).split(",")
    if key.strip()
]
# Whether a new queue tries claims at Meta. It leaves objects at the destination: at the Graph API somebody has to want it.
TRIES_CLAIMS = env.flag("PORTERO_TRIES_CLAIMS", default=EMBEDDED)
META_TIMEOUT_SECONDS = env.number("META_TIMEOUT_SECONDS", 20)

# Time: UTC inside; a virtual clock may be set by the demo and the journey tests (embedded mode only).
USE_TZ = True
TIME_ZONE = env.text("TZ_NAME", "UTC")
PORTERO_CLOCK_FILE = env.text("PORTERO_CLOCK_FILE", "")

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("es", _("Spanish")),
    ("pt-br", _("Portuguese")),
    ("ru", _("Russian")),
    ("ca", _("Catalan")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "config.core.formats"

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
# In embedded mode files are served from the packages themselves, so that no collectstatic step is needed.
WHITENOISE_USE_FINDERS = EMBEDDED
if EMBEDDED:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a folder that is not there
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR_DIR / "files"}},
    # Below no address: files leave through a view that knows who may have them.
    "attachments": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": VAR_DIR / "files" / "attachments",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # Exports, until they expire: below no address, and appended to as they are written.
    "exports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": VAR_DIR / "files" / "exports",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # Incoming mail, whole: below no address either.
    "inbound": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": VAR_DIR / "files" / "inbound",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Accounts: staff only; login is locked after repeated failures; one-time passwords can be demanded.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "admin/lockout.html"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
ADMIN_OTP_REQUIRED = env.flag("ADMIN_OTP_REQUIRED", default=False)
OTP_TOTP_ISSUER = "Portero"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

# Cookies and transport: strict wherever the service is reached over TLS.
_tls = PORTERO_BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _tls or not EMBEDDED
SESSION_COOKIE_AGE = 12 * 3600
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=not EMBEDDED)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if EMBEDDED else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not EMBEDDED
SECURE_REFERRER_POLICY = "same-origin"
if env.flag("BEHIND_TLS_PROXY", default=not EMBEDDED):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Addresses and networks of proxies whose X-Forwarded-For is believed. Keys bound to networks and limits by address need it.
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES", "")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tickets.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.core.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["config.core.api.renderers.ApiJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.core.api.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": [],
    "EXCEPTION_HANDLER": "config.core.api.problems.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "config.core.api.schema.ApiAutoSchema",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": False,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
}
# Requests in any one minute: by key, by address, by link, and by address for all links together.
RATE_LIMITS = {"read": 6000, "write": 600, "anonymous": 600, "calendar": 30, "link": 60, "link_address": 300}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Portero API",
    "DESCRIPTION": "Moves WhatsApp Business numbers from one Business Solution Provider to another.",
    "VERSION": RELEASE,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {},
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}
UNFOLD = unfold_settings()

# Hooks by which config.core reaches the apps without importing them.
PORTERO_EVENT_WRITER = "tickets.services.events.write_events"
PORTERO_IDEMPOTENCY_STORE = "tickets.services.idempotency.DatabaseStore"

LOGGING = logging_settings(json_lines=not EMBEDDED)
SILENCED_SYSTEM_CHECKS: list[str] = []
