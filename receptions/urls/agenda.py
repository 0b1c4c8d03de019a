"""Addresses of the secretaries' reception days: agenda, papers, minutes, commitments."""

from django.urls import path

from receptions.views import agenda, commitments, record

app_name = "agenda"
urlpatterns = [
    path("", agenda.agenda_list, name="list"),
    path("opinion/", agenda.opinion, name="opinion"),
    path("propose/<str:reference>/", agenda.propose_ticket, name="propose"),
    path("days/<int:pk>/", record.day, name="day"),
    path("days/<int:pk>/print/", record.day_print, name="day_print"),
    path("days/<int:pk>/minutes/", record.minutes, name="minutes"),
    path("record/", record.record, name="record"),
    path("commitments/", commitments.commitment_list, name="commitments"),
    path("commitments/<int:pk>/", commitments.commitment_detail, name="commitment"),
    path("commitments/<int:pk>/<str:verb>/", commitments.commitment_verb, name="commitment_verb"),
    path("<int:pk>/", agenda.item_detail, name="item"),
    path("<int:pk>/<str:verb>/", agenda.item_verb, name="item_verb"),
]
