"""Addresses of the API under /api/v1/; those of places stand with the places."""

from django.urls import path

from tickets.api import public, staff

app_name = "api"

urlpatterns = [
    path("categories/", public.Categories.as_view(), name="categories"),
    path("progress/", public.Progress.as_view(), name="progress"),
    path("progress/confirm/", public.Confirm.as_view(), name="progress_confirm"),
    path("progress/answer/", public.Answer.as_view(), name="progress_answer"),
    path("progress/urge/", public.Urge.as_view(), name="progress_urge"),
    path("organisations/", staff.Organisations.as_view(), name="organisations"),
    path("tickets/", staff.Tickets.as_view(), name="tickets"),
    path("tickets/<str:reference>/", staff.OneTicket.as_view(), name="ticket"),
    path("tickets/<str:reference>/actions/", staff.Actions.as_view(), name="ticket_actions"),
    path("tickets/<str:reference>/<str:verb>/", staff.Step.as_view(), name="ticket_step"),
]
