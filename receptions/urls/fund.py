"""Addresses of the fund for serving the people."""

app_name = "fund"
urlpatterns = []
