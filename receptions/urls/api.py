"""Addresses under /api/v1/ of everything this app tells and takes."""

from django.urls import path

from receptions.api import whistles as api

app_name = "receptions_api"
urlpatterns = [
    path("whistles/", api.Whistles.as_view(), name="whistles"),
    path("whistles/<slug:number>/", api.OneWhistle.as_view(), name="whistle"),
    path("whistles/<slug:number>/<slug:verb>/", api.WhistleStep.as_view(), name="whistle_step"),
    path("summonses/<int:pk>/<slug:verb>/", api.SummonsStep.as_view(), name="summons_step"),
]
