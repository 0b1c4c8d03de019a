"""Every address of the portal, app by app."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from grids.urls import api_urlpatterns
from hanting import health, views
from hanting.bench.floor import floor

urlpatterns = [
    path("", views.home, name="home"),
    path("phone/", views.phone, name="phone"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("preferences/", views.preferences, name="preferences"),
    path("healthz/", health.healthz, name="healthz"),
    path("", include("accounts.urls")),
    path("", include("specialists.urls.who")),
    path("specialists/", include("specialists.urls.directory")),
    path("notices/", include("notices.urls")),
    path("api/v1/", include(api_urlpatterns)),
    path("admin/", admin.site.urls),
]

if settings.BENCH:
    urlpatterns.append(path("bench/floor/", floor, name="bench_floor"))
