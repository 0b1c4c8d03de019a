"""Backends of a provider that works, that is down, and that breaks a connection in mid-air."""

sent = []


class Recording:
    def send(self, phone, text, *, key=""):
        sent.append((phone, text, key))


class Dead:
    def send(self, phone, text, *, key=""):
        raise ConnectionError(f"no provider for {phone}")
