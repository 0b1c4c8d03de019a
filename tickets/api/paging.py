"""Pages of a list by cursor, in the order of the staff's list: nothing twice, nothing missed."""

from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from tickets.views.lists import CURSOR, PAGE, Order

LARGEST_PAGE = 200


class NewestFirst(BasePagination):
    """Fifty tickets a page, the newest first; the framework's cursor shifts within one second."""

    order = Order.by_age()

    def paginate_queryset(self, queryset, request, view=None):
        """Return the tickets of the page; raises NotFound for a cursor nobody gave out."""
        cursor, size = request.query_params.get("cursor", ""), self.size(request)
        if cursor and not CURSOR.match(cursor):
            raise NotFound()
        found = list(self.order.page(queryset, cursor)[: size + 1])
        self.next = None
        if len(found) > size:
            here, after = request.build_absolute_uri(), self.order.cursor(found[size - 1])
            self.next = replace_query_param(here, "cursor", after)
        return found[:size]

    def size(self, request):
        asked = request.query_params.get("page_size", "")
        whole = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0
        return min(whole, LARGEST_PAGE) or PAGE

    def get_paginated_response(self, data):
        return Response({"next": self.next, "results": data})

    def get_paginated_response_schema(self, schema):
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view):
        kinds = {"cursor": {"type": "string"}, "page_size": {"type": "integer"}}
        return [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in kinds.items()
        ]
