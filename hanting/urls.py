"""Every address of the portal, app by app."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from grids.urls import api_urlpatterns
from hanting import health, views, working_calendar
from hanting.bench.floor import floor
from hanting.today import today
from tickets.api.docs import ApiDocs, ApiSchema

urlpatterns = [
    path("", views.home, name="home"),
    path("phone/", views.phone, name="phone"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("preferences/", views.preferences, name="preferences"),
    path("today/", today, name="today"),
    path("healthz/", health.healthz, name="healthz"),
    path("", include("accounts.urls")),
    path("", include("specialists.urls.who")),
    path("specialists/", include("specialists.urls.directory")),
    path("notices/", include("notices.urls")),
    path("", include("tickets.urls")),
    path("whistles/", include("receptions.urls.whistles")),
    path("receptions/", include("receptions.urls.days")),
    path("agenda/", include("receptions.urls.agenda")),
    path("fund/", include("receptions.urls.fund")),
    path("api/v1/", include(api_urlpatterns)),
    path("api/v1/", include("tickets.api_urls")),
    path("api/v1/", include("receptions.urls.api")),
    path("api/schema/", ApiSchema.as_view(), name="api_schema"),
    path("api/docs/", ApiDocs.as_view(), name="api_docs"),
    path("admin/working-calendar/<int:year>/", working_calendar.show_year, name="working_calendar"),
    path(
        "admin/working-calendar/<int:year>/confirm/",
        working_calendar.confirm_year,
        name="working_calendar_confirm",
    ),
    path(
        "admin/working-calendar/<int:year>/days/",
        working_calendar.change_days,
        name="working_calendar_days",
    ),
    path(
        "admin/working-calendar/hours/",
        working_calendar.change_hours,
        name="working_calendar_hours",
    ),
    path("admin/", admin.site.urls),
]

if settings.BENCH:
    urlpatterns.append(path("bench/floor/", floor, name="bench_floor"))

handler500 = "hanting.views.server_error"
