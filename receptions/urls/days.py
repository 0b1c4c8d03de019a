"""Addresses of reception days: for everybody, and for those who hold them."""

app_name = "receptions"
urlpatterns = []
