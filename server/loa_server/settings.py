"""Django's settings, all derived from server.toml: nobody edits this file to run an installation.

Needs no other process. Several processes share the SQLite file: writers take turns (IMMEDIATE,
busy timeout 20 s), and a commit is on disk when it returns (synchronous=FULL), because an
acknowledged fact and an approval must survive a power cut.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from loa_server.config import TIMEZONE, from_environment

LOA = from_environment()
HERE = Path(__file__).resolve().parent
# The signer reads the approvals and must not be able to write one.
READ_ONLY = os.environ.get("LOA_SERVER_READ_ONLY") == "1"

SECRET_KEY = LOA.secret_file.read_text(encoding="ascii") if LOA.secret_file.exists() else ""
DEBUG = False
ALLOWED_HOSTS = ["*"]  # one console per installation; no page is built from the Host header

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "django_htmx",
    "loa_server.audit",
    "loa_server.areas",
    "loa_server.bulletins",
    "loa_server.fleet",
    "loa_server.dispatch",
    "loa_server.ingest",
    "loa_server.console",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "loa_server.console.middleware.StrictPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "loa_server.console.middleware.LanguageByChoice",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "loa_server.console.middleware.SessionsEnd",
    "loa_server.console.middleware.OwnPasswordFirst",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "loa_server.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ]
        },
    }
]

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_size_limit=67108864",
)
_OPTIONS: dict[str, Any] = {"timeout": 20}
if READ_ONLY:
    _OPTIONS["init_command"] = "PRAGMA query_only=ON"
else:
    _OPTIONS |= {"transaction_mode": "IMMEDIATE", "init_command": ";".join(_PRAGMAS)}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"file:{LOA.database}?mode=ro" if READ_ONLY else str(LOA.database),
        "CONN_MAX_AGE": 0,
        "OPTIONS": _OPTIONS,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "areas.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "loa_server.areas.backends.PersonBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
LOGIN_URL = "console:sign-in"
LOGIN_REDIRECT_URL = "/"

# User and address together: one office behind one address is not locked out by one person.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 6
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "loa_server.console.views.signin.locked"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "old", "new", "again"]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# __Host-: a browser takes and sends such a cookie over TLS for this very host alone.
_HOST = "__Host-" if LOA.console.tls else ""
SESSION_COOKIE_AGE = LOA.console.session_hours * 3600
SESSION_COOKIE_NAME = f"{_HOST}loa_session"
SESSION_COOKIE_SECURE = LOA.console.tls
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_HOST}loa_csrf"
CSRF_COOKIE_SECURE = LOA.console.tls
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [LOA.console_url]
SECURE_HSTS_SECONDS = 31_536_000 if LOA.console.tls else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [HERE / "console" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = TIMEZONE

STATIC_URL = "/static/"
STATIC_ROOT = LOA.static_dir
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

FILE_UPLOAD_TEMP_DIR = str(LOA.private_dir) if LOA.private_dir.exists() else None
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # subdomains of its host are not this console's to promise for
    "security.W008",  # with tls its port speaks nothing but HTTPS: there is nothing to redirect
    "security.W021",  # a district's console belongs on no browser's preload list
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"axes": {"level": "WARNING"}},
}
