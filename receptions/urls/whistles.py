"""Addresses of whistles, and of the summonses they send."""

from django.urls import path

from receptions.views import whistle_verbs as verbs
from receptions.views import whistles as views

app_name = "whistles"
urlpatterns = [
    path("", views.whistle_list, name="list"),
    path("rate/", views.whistle_rate, name="rate"),
    path("rate/<slug:code>/<slug:month>/", views.rate_matters, name="rate_matters"),
    path("new/<slug:reference>/", verbs.whistle_new, name="new"),
    *(
        path(
            f"summonses/<int:pk>/{verb.replace('_', '-')}/",
            verbs.summons_verb,
            {"verb": verb},
            name=f"summons_{verb}",
        )
        for verb in map(str, verbs.ANSWERS)
    ),
    path("<slug:number>/", views.whistle_detail, name="detail"),
    path("<slug:number>/change/", verbs.whistle_change, name="change"),
    *(
        path(
            f"<slug:number>/{verb.replace('_', '-')}/",
            verbs.whistle_verb,
            {"verb": verb},
            name=verb,
        )
        for verb in map(str, verbs.STEPS)
    ),
]
