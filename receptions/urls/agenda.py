"""Addresses of the secretaries' reception days: agenda, papers, minutes, commitments."""

app_name = "agenda"
urlpatterns = []
