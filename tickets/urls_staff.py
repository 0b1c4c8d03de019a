"""Addresses of the staff's side; included by `tickets.urls` under the same namespace."""

from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from tickets.views import board, bulk, counter, lists, photos, simulator, ticket, verbs


class ReferenceConverter(StringConverter):
    """Ten digits; anything else is no address at all."""

    regex = "[0-9]{10}"


register_converter(ReferenceConverter, "ticket_reference")
REFERENCE = "tickets/<ticket_reference:reference>"

urlpatterns = [
    path("tickets/", lists.ticket_list, name="list"),
    path("tickets/late/", board.late, name="late"),
    path("tickets/extensions/", board.extensions, name="extensions"),
    path("tickets/orders/", board.orders, name="orders"),
    path("tickets/bulk/", bulk.bulk, name="bulk"),
    path("tickets/bulk/look/", bulk.bulk_look, name="bulk_look"),
    path("tickets/bulk/do/", bulk.bulk_do, name="bulk_do"),
    path("tickets/bulk/done/", bulk.bulk_done, name="bulk_done"),
    path("tickets/callbacks/", lists.callbacks, name="callbacks"),
    path("tickets/simulator/", simulator.simulator, name="simulator"),
    path("tickets/new/", counter.intake, name="intake"),
    path(
        "tickets/new/<ticket_reference:reference>/receipt/", counter.receipt, name="intake_receipt"
    ),
    path(f"{REFERENCE}/", ticket.ticket_detail, name="detail"),
    path(f"{REFERENCE}/people/<int:pk>/", ticket.show_person, name="show_person"),
    re_path(
        r"^tickets/(?P<reference>[0-9]{10})/photos/(?P<pk>[0-9]{1,18})/(?P<size>full|small)/$",
        photos.photo,
        name="photo",
    ),
    *(
        path(f"{REFERENCE}/{verb}/", verbs.ticket_verb, {"verb": verb.value}, name=verb.value)
        for verb in verbs.VERBS
    ),
]
