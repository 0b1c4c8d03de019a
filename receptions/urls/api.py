"""Addresses under /api/v1/ of everything this app tells and takes."""

app_name = "receptions_api"
urlpatterns = []
