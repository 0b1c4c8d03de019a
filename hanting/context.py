"""What every page knows besides its own matter: how this person likes to read, and where to go."""

from functools import partial

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from accounts.choices import GRID_ROLES, Role
from accounts.reports import SECRETARIES, is_staff_member, reach
from receptions.models.fund import FUND_ROLES
from specialists.views.directory import COVERAGE_ROLES
from tickets import boards

YEAR_S = 365 * 24 * 3600
# Cookie name -> allowed values, the first one being the default; (value, label) in page order.
PREFERENCES = {
    "mode": (
        ("normal", gettext_lazy("Standard version")),
        ("elder", gettext_lazy("Large print")),
    ),
    "text": (
        ("normal", pgettext_lazy("text size", "Standard")),
        ("large", pgettext_lazy("text size", "Large")),
        ("largest", pgettext_lazy("text size", "Largest")),
    ),
    "contrast": (
        ("normal", pgettext_lazy("contrast", "Ordinary colours")),
        ("high", pgettext_lazy("contrast", "High contrast")),
    ),
}
DESK = (Role.DISPATCHER, Role.SUPERVISOR)
ADMIN = "admin"
SECRETARIES_SIDE = (ADMIN, *SECRETARIES, *DESK)
# Address, label, and who may open it: roles of postings, or being an admin; none named, all staff.
FURTHER_WAYS = (
    ("whistles:list", gettext_lazy("Whistles"), ()),
    ("receptions:manage", gettext_lazy("Reception days"), ()),
    ("agenda:list", gettext_lazy("Secretaries' agenda"), SECRETARIES_SIDE),
    ("agenda:commitments", gettext_lazy("What was promised"), ()),
    ("fund:home", gettext_lazy("Fund for serving the people"), (ADMIN, *FUND_ROLES)),
    ("tickets:intake", gettext_lazy("Take down a matter"), GRID_ROLES),
    ("specialists:directory", gettext_lazy("Who serves where"), ()),
    ("specialists:duty", gettext_lazy("Who is on duty"), ()),
    ("specialists:coverage", gettext_lazy("Where a contact is missing"), (ADMIN, *COVERAGE_ROLES)),
    ("tickets:simulator", gettext_lazy("Try out who would get it"), (ADMIN, *DESK)),
    ("tickets:remarks", gettext_lazy("Remarks about this site"), (ADMIN, *DESK)),
)
LANGUAGES = (("zh-hans", "中文"), ("en", "English"))


def portal(request):
    """Return the `portal` dictionary of every template; asks no database until `nav` is used."""
    return {"portal": appearance(request) | {"nav": partial(navigation, request)}}


def appearance(request):
    """Return what the page frame needs without knowing who asks, so that error pages stand too."""
    chosen = {name: chosen_value(request, name) for name in PREFERENCES}
    language = get_language() or settings.LANGUAGE_CODE
    return chosen | {
        "elder": chosen["mode"] == "elder",
        "language": language,
        "html_lang": "zh-CN" if language == "zh-hans" else language,
        "other_languages": [pair for pair in LANGUAGES if pair[0] != language],
        "languages": LANGUAGES,
        "choices": PREFERENCES,
        "footer": settings.PORTAL_FOOTER,
        "demonstration": settings.HANTING_DEMONSTRATION,
        "path": request.get_full_path() if request.method == "GET" else request.path,
    }


def chosen_value(request, name):
    """Return the value of a reading preference; an unknown one counts as the default."""
    value = request.COOKIES.get(name, "")
    known = [value for value, _label in PREFERENCES[name]]
    return value if value in known else known[0]


def navigation(request):
    """Return {"main": […], "more": […]} for whoever is signed in, None for the public.

    Each entry has `label`, `url`, `here`. Addresses that this installation lacks are left out.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    if not is_staff_member(user):
        main = [("tickets:mine", _("What I have reported"))]
        return {"main": entries(request, main), "more": entries(request, [own_page()])}
    main = [
        ("today", pgettext("navigation", "Today")),
        ("tickets:list", pgettext("navigation", "Matters")),
        ("notices:list", pgettext("navigation", "Notices")),
    ]
    seen = reach(user)
    more = [
        (name, str(label))
        for name, label, roles in FURTHER_WAYS
        if not roles or seen.has(*roles) or (seen.is_admin and ADMIN in roles)
    ]
    more[:0] = [(name, str(label)) for name, label in boards.ways(user)]
    if user.is_staff:
        more.append(("admin:index", _("Administration")))
    more.append(own_page())
    return {"main": entries(request, main), "more": entries(request, more)}


def own_page():
    return ("accounts:me", _("My page"))


def entries(request, named):
    """Turn (address name, label) pairs into links, marking the one that is open."""
    found = []
    for name, label in named:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        found.append({"label": label, "url": url, "here": is_within(request.path, url)})
    return found


def is_within(path, url):
    return path == url or (url != "/" and path.startswith(url))
