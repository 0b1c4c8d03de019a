"""Addresses of the fund for serving the people."""

from django.urls import path

from receptions.views import fund

app_name = "fund"
urlpatterns = [
    path("", fund.home, name="home"),
    path("open/", fund.open_year, name="open"),
    path("request/", fund.ask, name="ask"),
    path("published/<int:year>/", fund.published, name="published"),
    path("published/<int:year>/publish/", fund.publish, name="publish"),
    path("published/<int:year>/table.csv", fund.published_csv, name="published_csv"),
    path("<int:pk>/", fund.detail, name="detail"),
    path("<int:pk>/<str:verb>/", fund.step, name="step"),
]
