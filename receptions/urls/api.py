"""Addresses under /api/v1/ of everything this app tells and takes."""

from django.urls import path

from receptions.api import fund

app_name = "receptions_api"
urlpatterns = [
    path("fund/<int:year>/", fund.FundFigures.as_view(), name="fund_figures"),
    path("fund-requests/", fund.FundRequests.as_view(), name="fund_requests"),
    path("duty/", fund.DutyNow.as_view(), name="duty"),
]
