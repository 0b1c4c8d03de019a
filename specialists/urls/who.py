"""Addresses of places: finding one, its page, its poster, and the short one in the QR code."""

from django.urls import path

from specialists.views import who

app_name = "grids"
urlpatterns = [
    path("who/", who.who, name="who"),
    path("who/<str:code>/", who.grid_page, name="detail"),
    path("who/<str:code>/poster/", who.poster, name="poster"),
    path("who/<str:code>/poster/replace/", who.poster_replace, name="poster_replace"),
    path("q/<str:token>/", who.scan, name="scan"),
]
