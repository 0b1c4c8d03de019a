"""Addresses of whistles, and of the summonses they send."""

app_name = "whistles"
urlpatterns = []
