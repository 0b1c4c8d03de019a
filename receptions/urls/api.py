"""Addresses under /api/v1/ of everything this app tells and takes."""

from django.urls import path

from receptions.api import agenda, days, fund, whistles

app_name = "receptions_api"
urlpatterns = [
    path("fund/<int:year>/", fund.FundFigures.as_view(), name="fund_figures"),
    path("fund-requests/", fund.FundRequests.as_view(), name="fund_requests"),
    path("duty/", fund.DutyNow.as_view(), name="duty"),
    path("reception-days/", days.Days.as_view(), name="days"),
    path("reception-days/<int:pk>/bookings/", days.Book.as_view(), name="book"),
    path("reception-bookings/", days.MyBooking.as_view(), name="my_booking"),
    path("agenda/", agenda.Items.as_view(), name="items"),
    path("agenda/<int:pk>/", agenda.OneItem.as_view(), name="item"),
    path("agenda/<int:pk>/<str:verb>/", agenda.ItemStep.as_view(), name="item_step"),
    path("commitments/", agenda.Commitments.as_view(), name="commitments"),
    path("commitments/<int:pk>/", agenda.OneCommitment.as_view(), name="commitment"),
    path(
        "commitments/<int:pk>/<str:verb>/", agenda.CommitmentStep.as_view(), name="commitment_step"
    ),
    path("whistles/", whistles.Whistles.as_view(), name="whistles"),
    path("whistles/<slug:number>/", whistles.OneWhistle.as_view(), name="whistle"),
    path(
        "whistles/<slug:number>/<slug:verb>/", whistles.WhistleStep.as_view(), name="whistle_step"
    ),
    path("summonses/<int:pk>/<slug:verb>/", whistles.SummonsStep.as_view(), name="summons_step"),
]
