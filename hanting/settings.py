"""Settings of the portal: one file; machines differ by environment variables only.

Without any variable this is the *embedded* shape: SQLite, a filesystem broker and demonstration
data under `HANTING_VAR`. `DATABASE_URL` and `REDIS_URL` make it the production shape, and
`manage.py check --deploy` refuses what must not go there (see `hanting/checks.py`).
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from hanting import env, secrets

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = "pytest" in sys.modules
if TESTING:
    # A folder of its own for every run: tests never touch the portal that runs beside them.
    VAR = Path(tempfile.mkdtemp(prefix="hanting-test-"))
    atexit.register(shutil.rmtree, VAR, ignore_errors=True)
else:
    VAR = Path(env.text("HANTING_VAR") or BASE_DIR / "var").resolve()

# --- Shape ---------------------------------------------------------------------------------

DATABASE_URL = env.text("HANTING_TEST_DATABASE_URL" if TESTING else "DATABASE_URL")
REDIS_URL = env.text("REDIS_URL")
# Several portals may share a Redis server: each writes its keys under a name of its own.
REDIS_PREFIX = env.text("REDIS_PREFIX") or "hanting:"
EMBEDDED = not DATABASE_URL
# Demonstration people and tickets exist; on unless the machine is told that it is real.
HANTING_DEMONSTRATION = env.flag("HANTING_DEMONSTRATION", default=EMBEDDED or TESTING)
DEBUG = False

VAR.mkdir(parents=True, exist_ok=True)

# --- Secrets -------------------------------------------------------------------------------

_kept = secrets.Kept(None if TESTING else VAR / "secrets.json", may_create=EMBEDDED)
SECRET_KEY = env.text("SECRET_KEY") or _kept.get("SECRET_KEY")
INDEX_KEY = env.text("INDEX_KEY") or _kept.get("INDEX_KEY")
AUDIT_KEY = env.text("AUDIT_KEY") or _kept.get("AUDIT_KEY")
# "id:base64,id:base64"; the first key seals, all of them open.
FIELD_KEYS = secrets.field_keys(env.text("FIELD_KEYS") or _kept.get("FIELD_KEYS"))
FIELD_KEY_CURRENT = next(iter(FIELD_KEYS))
SECRETS_ARE_GENERATED = _kept.used
if HANTING_DEMONSTRATION:
    HANTING_DEMO_PASSWORD = (
        "demo-password" if TESTING else secrets.demonstration_password(VAR / "demo-password")
    )

# --- Applications --------------------------------------------------------------------------

INSTALLED_APPS = [
    "hanting.apps.HantingConfig",
    "receptions",
    "tickets",
    "notices",
    "specialists",
    "accounts",
    "grids",
    "worktime",
    "common",
    "hanting.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "import_export",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "hanting.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.StaffSessionMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "hanting.urls"
WSGI_APPLICATION = "hanting.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hanting.context.portal",
            ],
        },
    },
]

# --- Data ----------------------------------------------------------------------------------

DATABASES = {"default": env.database(DATABASE_URL, sqlite_file=VAR / "portal.sqlite3")}
if TESTING and EMBEDDED:
    # A file, not :memory:, because rivalry needs several connections.
    DATABASES["default"]["TEST"] = {"NAME": VAR / "test.sqlite3"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": REDIS_PREFIX,
        }
    }
elif TESTING:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
else:
    # Shared by all processes, so that limits count once and not once per worker.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "django_cache",
        }
    }
NAME_MAP_SECONDS = 0 if TESTING else 5

MEDIA_ROOT = VAR / "media"
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
# Nine photos of 10 MB are streamed to disk; this bounds the other fields of a request.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# --- People --------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.passwords.ContextWordValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.PortalAccountAdapter"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "phone", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Staff phones come from the administrator; a resident's is proven by each code.
ACCOUNT_PHONE_VERIFICATION_ENABLED = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PHONE_VERIFICATION_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "request_login_code": "accounts.forms.PhoneCodeForm",
    "confirm_login_code": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.PasswordAgainForm",
    "change_password": "accounts.forms.NewPasswordForm",
}
# Codes to phones are counted by the form that sends them. "key" is the name at one address.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "寒亭网格"
MFA_ADAPTER = "accounts.adapter.PortalMFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.SecondStepForm",
    "reauthenticate": "accounts.forms.SecondStepAgainForm",
    "activate_totp": "accounts.forms.EnrolForm",
}
# Mandatory second factor for staff; off only with demonstration data on the own machine.
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", default=not HANTING_DEMONSTRATION)

SMS_BACKEND = env.text("SMS_BACKEND") or "notices.sms.FileBackend"
SMS_FILE = VAR / "sms.jsonl"
# Text messages a day that the outbox may send, 0 for any number; urgent ones may go on to twice it.
SMS_DAILY_BUDGET = env.number("SMS_DAILY_BUDGET", 0)
# Who gets a text message when the sweep stands still (hanting/alarm.py), past queue and outbox.
ALARM_PHONES = env.names("ALARM_PHONES")
# Where the daily head of the audit trail is noted, best on another host; "" for the log only.
AUDIT_HEAD_FILE = env.text("AUDIT_HEAD_FILE")
QUIET_HOURS = (env.text("QUIET_FROM", "21:00"), env.text("QUIET_UNTIL", "08:00"))

# --- Requests ------------------------------------------------------------------------------

ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["*"] if EMBEDDED else [])
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
# How many own proxies stand before the web server; addresses beyond them are not believed.
PROXY_COUNT = env.number("PROXY_COUNT", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT
HTTPS = env.flag("HTTPS", default=not EMBEDDED and not TESTING)
if HTTPS:
    SECURE_SSL_REDIRECT = True
    # A monitor on the machine itself asks without TLS.
    SECURE_REDIRECT_EXEMPT = [r"^healthz/$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", default=False)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    if PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

# Off only while `manage.py bench` measures; BENCH mounts the empty page it compares with.
RATE_LIMITS = env.flag("RATE_LIMITS", default=True)
BENCH = env.flag("BENCH")

TILE_URL = env.text("TILE_URL")
_tile_host = [TILE_URL.split("/{", 1)[0]] if TILE_URL else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *_tile_host],
        "media-src": [SELF, "blob:"],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# --- Words ---------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# Official numbers and names: empty until the district fills them in, never invented.
PORTAL_FOOTER = {
    "host": env.text("FOOTER_HOST"),
    "operator": env.text("FOOTER_OPERATOR"),
    "site_code": env.text("FOOTER_SITE_CODE"),
    "icp": env.text("FOOTER_ICP"),
    "police": env.text("FOOTER_POLICE"),
    "phone": env.text("FOOTER_PHONE"),
}

# --- Static files --------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT") or VAR / "static")
# WhiteNoise wants the folder even where it serves from the sources.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
# Every client of a test makes the middleware anew, which would look at every file each time; the
# live server of tests finds them by itself.
WHITENOISE_USE_FINDERS = EMBEDDED and not TESTING
WHITENOISE_AUTOREFRESH = False
# Three quarters of preparing them was compressing what nobody asks for: source maps, plain names.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
if not EMBEDDED and not TESTING:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# --- Background work -----------------------------------------------------------------------

if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    # A web request only nudges: it must not wait long for a broker that is gone.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "global_keyprefix": REDIS_PREFIX,
        "max_retries": 1,
        "interval_start": 0,
        "socket_connect_timeout": 2,
    }
else:
    _queue = VAR / "queue"
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
        "store_processed": False,
    }
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ALWAYS_EAGER = TESTING

# --- API -----------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tickets.problems.problem_details",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hanting grid-governance portal",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "TicketKind": "tickets.choices.Kind",
        "TicketStatus": "tickets.choices.Status",
        "TicketVerb": "tickets.choices.Verb",
        "GridKind": "grids.choices.GridKind",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"

# --- Logging -------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "hanting.logs.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {"celery": {"level": "WARNING"}, "kombu": {"level": "WARNING"}},
}
# Other names under the district's domain, and a browser's built-in list, are not the portal's to
# decide: HSTS for subdomains is a choice of the machine (HSTS_SUBDOMAINS).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
