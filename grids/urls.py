"""Addresses of the places' API; the pages about places stand with the specialists."""

from django.urls import path

from grids import api

api_urlpatterns = [path("grids/", api.search, name="grids")]
