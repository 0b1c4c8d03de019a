"""Log lines that nobody can forge: one record is one line."""

import logging


class OneLine(logging.Formatter):
    """Formats a record as one line; line breaks in what people typed are escaped."""

    def __init__(self):
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record):
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")
