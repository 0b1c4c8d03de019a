"""The API's description, for programs and for people; everything comes from our own files."""

from django.utils.translation import gettext_lazy
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class ApiSchema(SpectacularAPIView):
    """The description as OpenAPI, in YAML or JSON."""

    authentication_classes = []


class ApiDocs(SpectacularSwaggerSplitView):
    """The page that shows the description and tries it out; its script is a file of its own."""

    authentication_classes = []
    url_name = "api_schema"
    template_name = "tickets/api_docs.html"
    title = gettext_lazy("Interface for programs")
