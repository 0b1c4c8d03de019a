"""Addresses of the directory of specialists."""

from django.urls import path

from specialists.views import directory, duty

app_name = "specialists"
urlpatterns = [
    path("", directory.directory, name="directory"),
    path("coverage/", directory.coverage, name="coverage"),
    path("duty/", duty.duty_week, name="duty"),
]
