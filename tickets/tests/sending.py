"""What the tests of the API share: sending JSON, and counting what a request asks for."""


def post(client, address, body, **headers):
    """Send a body as JSON; `headers` as they stand in a request."""
    return client.post(address, body, content_type="application/json", headers=headers)


def data_queries(captured):
    """Return the statements that read or write rows; savepoints and the like are none."""
    verbs = ("SELECT", "INSERT", "UPDATE", "DELETE")
    return [each["sql"] for each in captured if each["sql"].startswith(verbs)]
