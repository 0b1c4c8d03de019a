"""What the API answers when it refuses: problem details (RFC 9457) in the reader's language."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from common.errors import AlreadyDone, NotAllowed, RuleViolation, StalePage
from common.workflow import KeyConflict

CONTENT_TYPE = "application/problem+json"
# Keys under which serializers and forms keep what belongs to no field.
WHOLE = ("non_field_errors", "__all__")

# Status -> the short title and the sentence that stands where nothing better is known.
WORDS = {
    400: (
        pgettext_lazy("problem", "Please check what you sent"),
        gettext_lazy("This could not be read. Please send one JSON object."),
    ),
    401: (
        pgettext_lazy("problem", "Please sign in"),
        gettext_lazy("This is for staff. Please sign in first."),
    ),
    403: (
        pgettext_lazy("problem", "Not allowed"),
        gettext_lazy("You may not do this."),
    ),
    404: (
        pgettext_lazy("problem", "Not found"),
        gettext_lazy("There is nothing here, or it is out of your reach."),
    ),
    405: (
        pgettext_lazy("problem", "Method not allowed"),
        gettext_lazy("This address does not take this method."),
    ),
    406: (
        pgettext_lazy("problem", "No such form of answer"),
        gettext_lazy("This address answers in JSON only."),
    ),
    409: (
        pgettext_lazy("problem", "Something else came first"),
        gettext_lazy("The matter has changed. Please look at it again."),
    ),
    413: (
        pgettext_lazy("problem", "Too long"),
        gettext_lazy("This is too long. Please shorten it."),
    ),
    415: (
        pgettext_lazy("problem", "Please send JSON"),
        gettext_lazy("Please send JSON with the content type application/json."),
    ),
    429: (
        pgettext_lazy("problem", "Please wait a little"),
        gettext_lazy("Too many requests came from you. Please send this again later."),
    ),
}


class TooLarge(exceptions.APIException):
    """The body is longer than any honest one."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = WORDS[413][1]
    default_code = "too_large"


def problem_details(exc, context):
    """Turn an exception of an API view into its answer; None for what is a fault of ours."""
    if isinstance(exc, RuleViolation):
        return of_rule(exc)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, DjangoPermissionDenied):
        exc = exceptions.PermissionDenied()
    if isinstance(exc, exceptions.ValidationError):
        return of_input(exc)
    if not isinstance(exc, exceptions.APIException):
        return None
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header
    if getattr(exc, "wait", None):
        headers["Retry-After"] = str(exc.wait)
    return problem(exc.status_code, code=exc.default_code, headers=headers)


def of_rule(refusal):
    """Answer a broken rule: whose turn has passed gets 409, who may not gets 403, others 400."""
    status = 400
    if isinstance(refusal, AlreadyDone | StalePage | KeyConflict):
        status = 409
    elif isinstance(refusal, NotAllowed):
        status = 403
    errors = {refusal.field: [str(refusal)]} if refusal.field else None
    return problem(status, code=refusal.code, detail=str(refusal), errors=errors)


def of_input(exc):
    """Answer input that does not fit, every field with its sentences."""
    errors = flat(exc.detail)
    whole = errors.pop("", [])
    detail = whole[0] if whole else _("Some of the fields need another look.")
    return problem(400, code="invalid", detail=detail, errors=errors)


def flat(detail, before=""):
    """Return {"contact.phone": [sentence, …]} of nested errors; what belongs nowhere under ""."""
    if isinstance(detail, dict):
        found = {}
        for name, inner in detail.items():
            path = before if name in WHOLE else ".".join(filter(None, [before, name]))
            for key, sentences in flat(inner, path).items():
                found.setdefault(key, []).extend(sentences)
        return found
    sentences = detail if isinstance(detail, list) else [detail]
    return {before: [_printable(each) for each in sentences if each]}


def _printable(sentence):
    # Half of a surrogate pair, quoted from the input, could not be written as UTF-8.
    return str(sentence).encode("utf-8", "replace").decode()


def problem(status, *, code="", detail="", errors=None, headers=None):
    """Return the answer; `code` is a stable word for programs, `errors` the sentences by field."""
    title, sentence = WORDS.get(status, (HTTPStatus(status).phrase, ""))
    data = {
        "type": f"urn:hanting:problem:{code}" if code else "about:blank",
        "title": str(title),
        "status": int(status),
        "detail": str(detail or sentence),
    }
    if errors is not None:
        data["errors"] = errors
    return Response(data, status=status, headers=headers, content_type=CONTENT_TYPE)
