"""The floor of a page: a session, a user, and nothing else. Mounted only while a bench runs."""

from django.http import HttpResponse


def floor(request):
    """Answer after reading session and user; LoginRequiredMiddleware has just done so."""
    return HttpResponse(str(request.user.pk), content_type="text/plain")
