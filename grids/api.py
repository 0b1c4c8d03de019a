"""Places for other programs: what the page “find my place” finds, as JSON."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from grids import directory, reports
from grids.choices import GridKind, GridLevel

LEVEL_WORDS = {level: level.name.lower() for level in GridLevel}


class GridSearch(serializers.Serializer):
    search = serializers.CharField(
        help_text="Name, pinyin, initials of the pinyin, grid code or division code.",
        required=False,
    )


FOUND = inline_serializer(
    "GridsFound",
    {
        "results": inline_serializer(
            "GridFound",
            {
                "code": serializers.CharField(),
                "name": serializers.CharField(),
                "level": serializers.ChoiceField(sorted(LEVEL_WORDS.values())),
                "kind": serializers.ChoiceField(GridKind.values),
                "path_names": serializers.ListField(child=serializers.CharField()),
            },
            many=True,
        )
    },
)


@extend_schema(operation_id="grids_search", parameters=[GridSearch], responses=FOUND)
@api_view(["GET"])
@permission_classes([AllowAny])
def search(request):
    """Return at most 20 places, the best fit first; their codes go into a new ticket."""
    found = reports.search(request.query_params.get("search", ""))
    paths = directory.paths_of([grid.pk for grid in found])
    results = [
        {
            "code": grid.code,
            "name": grid.short_name,
            "level": LEVEL_WORDS[grid.level],
            "kind": grid.kind,
            "path_names": paths[grid.pk],
        }
        for grid in found
    ]
    return Response({"results": results})
