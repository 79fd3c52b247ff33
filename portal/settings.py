"""Django's settings; every value that an operator may change comes from the environment.

docs/configuration.md lists the variables.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from portal import secret
from portal.env import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
ENVIRONMENT_PROBLEMS = env.problems

DATA_DIR = Path(env.text("POLICY_PORTAL_DATA", str(BASE_DIR / ".data"))).expanduser()
FIXTURES_DIR = BASE_DIR / "fixtures"

DEBUG = env.boolean("POLICY_PORTAL_DEBUG", default=False)
SECRET_KEY = env.text("POLICY_PORTAL_SECRET_KEY") or secret.key_for(DATA_DIR)
ALLOWED_HOSTS = env.names("POLICY_PORTAL_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("POLICY_PORTAL_TRUSTED_ORIGINS", "")
BEHIND_HTTPS = env.boolean("POLICY_PORTAL_HTTPS", default=False)
# Set by ``serve --tls``: the portal speaks HTTPS itself, with a certificate of its own authority.
SPEAKS_TLS = env.boolean("POLICY_PORTAL_TLS", default=False)
# Set by ``serve --control``: tests may empty the portal and push its clock, at /_portal/.
CONTROL = env.boolean("POLICY_PORTAL_CONTROL", default=False)
# How many proxies stand in front and write X-Forwarded-For; nothing is believed of callers.
PROXIES = env.integer("POLICY_PORTAL_PROXIES", 0, low=0, high=10)
LOG_LEVEL = env.choice(
    "POLICY_PORTAL_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
LOG_FORMAT = env.choice("POLICY_PORTAL_LOG_FORMAT", "console", ("console", "json"))
SIGN_IN_LINK_MINUTES = env.integer("POLICY_PORTAL_SIGN_IN_MINUTES", 60, low=1, high=1440)
# Nothing goes out to providers of external data unless their hosts are named.
PROVIDER_HOSTS = env.hosts("POLICY_PORTAL_PROVIDER_HOSTS")
PROVIDERS_MAY_BE_PRIVATE = env.boolean("POLICY_PORTAL_PROVIDERS_MAY_BE_PRIVATE", default=False)
PROVIDER_CACHE_SECONDS = env.integer(
    "POLICY_PORTAL_PROVIDER_CACHE_SECONDS", 180, low=0, high=86_400
)

TEMPLATE_HOSTS = env.hosts("POLICY_PORTAL_TEMPLATE_HOSTS")
# How often the schedule audits each cluster; 0 switches it off.
AUDIT_MINUTES = env.integer("POLICY_PORTAL_AUDIT_MINUTES", 15, low=0, high=1440)
# Whether records are left out that Azure would not keep either.
AZURE_LIMITS = env.boolean("POLICY_PORTAL_AZURE_LIMITS", default=False)

# What brings workers to the work, and how long a worker may be silent, or busy with one piece.
WORK = env.work("POLICY_PORTAL_WORK")
LEASE_SECONDS = env.integer("POLICY_PORTAL_LEASE_SECONDS", 30, low=2, high=3600)
WORK_SECONDS = env.integer("POLICY_PORTAL_WORK_SECONDS", 600, low=5, high=86_400)
# For how many days each kind of history is kept; 0 keeps it for ever.
KEEP_DAYS = {
    "verdicts": env.integer("POLICY_PORTAL_KEEP_VERDICTS_DAYS", 90, low=0, high=36_500),
    "samples": env.integer("POLICY_PORTAL_KEEP_SAMPLES_DAYS", 400, low=0, high=36_500),
    "scans": env.integer("POLICY_PORTAL_KEEP_SCANS_DAYS", 14, low=0, high=36_500),
    "refusals": env.integer("POLICY_PORTAL_KEEP_REFUSALS_DAYS", 90, low=0, high=36_500),
    "changes": env.integer("POLICY_PORTAL_KEEP_CHANGES_DAYS", 400, low=0, high=36_500),
    "activity": env.integer("POLICY_PORTAL_KEEP_ACTIVITY_DAYS", 400, low=0, high=36_500),
}
METRICS = env.choice("POLICY_PORTAL_METRICS", "token", ("token", "open", "off"))

INSTALLED_APPS = [
    "portal.console.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "axes",
    "lucide",
    "policy_app",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "policy_app.middleware.RequestLog",
    "policy_app.cluster.webhooks.InFront",
    "policy_app.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "policy_app.middleware.Uploads",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "policy_app.browser.context.shell",
            ],
        },
    }
]

DATABASES = {"default": env.database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# simple-history keeps who changed a row; JSON fields are compared, not copied.
SIMPLE_HISTORY_REVERT_DISABLED = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Failed sign-ins are counted by name and address together: nobody locks somebody else out.  More
# of them are taken of an address as a whole, which tries one password on many names.
AXES_HANDLER = "policy_app.throttle.ByAddressToo"
ADDRESS_FAILURES = env.integer("POLICY_PORTAL_ADDRESS_FAILURES", 100, low=0, high=100_000)
AXES_FAILURE_LIMIT = env.integer("POLICY_PORTAL_SIGN_IN_FAILURES", 5, low=1, high=100)
AXES_COOLOFF_TIME = timedelta(
    minutes=env.integer("POLICY_PORTAL_LOCKOUT_MINUTES", 15, low=1, high=1440)
)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "policy_app.signins.address_of"
AXES_LOCKOUT_CALLABLE = "policy_app.signins.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # the activity log has every sign-in
AXES_VERBOSE = False

# OpenID Connect is there where an issuer is named.
OIDC_ISSUER = env.text("POLICY_PORTAL_OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("POLICY_PORTAL_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("POLICY_PORTAL_OIDC_CLIENT_SECRET")
OIDC_SCOPE = env.text("POLICY_PORTAL_OIDC_SCOPE", "openid profile email")
OIDC_GROUPS_CLAIM = env.text("POLICY_PORTAL_OIDC_GROUPS_CLAIM")
OIDC_LABEL = env.text("POLICY_PORTAL_OIDC_LABEL", "your organisation's account")

LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Files are served straight from their folders, so that there is no collect step to forget.
WHITENOISE_USE_FINDERS = True

# The upload limits of evaluation.manifests, with room for several files and the form around them.
DATA_UPLOAD_MAX_MEMORY_SIZE = 24 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# A snapshot of a cluster may be large; nobody sends more in a form.
LARGEST_UPLOAD = 288 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

SESSION_COOKIE_NAME = "policyportal"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 3600 * env.integer("POLICY_PORTAL_SESSION_HOURS", 12, low=1, high=720)
SECURE_SSL_REDIRECT = BEHIND_HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS or SPEAKS_TLS
# The proxy that ends TLS says so, and probes ask the portal itself without it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "policy_app.arm.authentication.BearerToken",
        "policy_app.arm.authentication.PortalSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["policy_app.arm.parsers.ArmJsonParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "policy_app.arm.errors.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Policy Portal REST API",
    "DESCRIPTION": "Azure Resource Manager's policy operations, served by the portal.",
    "VERSION": "2026-06-01",
    "SWAGGER_UI_DIST": "SIDECAR",
    # An expression for Swagger UI's script, not a value: static/js/api-docs.js defines it.
    "SWAGGER_UI_SETTINGS": "portalDocs",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
}

LOGGING_CONFIG = "policy_app.logs.configure"
LOGGING = {"level": LOG_LEVEL, "format": LOG_FORMAT}
