"""What every address of the API shares: language, body, sign-in, answering a repetition once."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError, PermissionDenied, Throttled
from rest_framework.parsers import JSONParser
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.reports import is_staff_member
from common.errors import NotAllowed
from common.workflow import once
from tickets.problems import TooLarge

# Six thousand characters, each written as an escaped pair, are less than half of this.
LONGEST_BODY = 256 * 1024
KEY_HEADER = "Idempotency-Key"

IDEMPOTENCY_KEY = OpenApiParameter(
    KEY_HEADER,
    str,
    OpenApiParameter.HEADER,
    description=gettext_lazy(
        "8 to 200 plain characters of your choice. The same key with the same body gets the same "
        "answer for 24 hours; with another body 409."
    ),
)


class JSONBody(JSONParser):
    """JSON, however deeply somebody nests it."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError() from error


class StaffSession(SessionAuthentication):
    """The portal's own session, with its CSRF check; without one the answer is 401."""

    def authenticate_header(self, request):
        return "Session"

    def enforce_csrf(self, request):
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refusal:
            raise NotAllowed(
                _("The security token is missing or out of date. Please load the page again."),
                code="csrf",
            ) from refusal


class StaffSessionScheme(OpenApiAuthenticationExtension):
    """Tells the API's description where the session stands."""

    target_class = StaffSession
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class IsStaffMember(BasePermission):
    """People with a posting, and administrators; a resident's account is refused."""

    def has_permission(self, request, view):
        if not request.user.is_authenticated:
            return False
        if not is_staff_member(request.user):
            raise PermissionDenied()
        return True


class Endpoint(APIView):
    """An address of the API: JSON in and out, never stored by anybody on the way."""

    metadata_class = None
    parser_classes = [JSONBody]

    def initialize_request(self, request, *args, **kwargs):
        made = super().initialize_request(request, *args, **kwargs)
        # The framework puts "nobody" in place of whom the session names, where it may not count.
        made.visitor = getattr(request, "user", None) or AnonymousUser()
        return made

    def initial(self, request, *args, **kwargs):
        # The middleware that chose the page's language takes this one back when it is done.
        translation.activate(translation.get_language_from_request(request._request))
        if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
            raise TooLarge()
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        is_english = translation.get_language() == "en"
        response.headers["Content-Language"] = "en" if is_english else "zh-CN"
        patch_vary_headers(response, ("Accept-Language",))
        return response


class PublicEndpoint(Endpoint):
    """For everybody; who is signed in does not matter, so no CSRF token is needed."""

    authentication_classes = []
    permission_classes = [AllowAny]


class StaffEndpoint(Endpoint):
    """For staff with the portal's session."""

    authentication_classes = [StaffSession]
    permission_classes = [IsStaffMember]


def hold_back(*decisions):
    """Raise 429 with the longest wait unless every Decision (common.limits) is ok."""
    waits = [each.retry_after_s for each in decisions if not each.ok]
    if waits:
        raise Throttled(wait=max(*waits, 1))


def answered(request, scope, produce):
    """Do a write and answer it; under an Idempotency-Key once, and the repetition as before."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        status, data = produce()
        return Response(data, status=status)
    answer = once(scope, key, request.data, produce)
    return Response(answer.data, status=answer.status)
