"""Backends of a provider that works, that is down, and that breaks a connection in mid-air."""

sent = []


class Recording:
    def send(self, phone, text, *, key=""):
        sent.append((phone, text, key))


class Dead:
    def send(self, phone, text, *, key=""):
        raise ConnectionError(f"no provider for {phone}")


class Moody:
    """Refuses a message the first time it is asked, and takes it the second."""

    asked = set()

    def send(self, phone, text, *, key=""):
        if key not in self.asked:
            self.asked.add(key)
            raise TimeoutError("the line was cut")
        sent.append((phone, text, key))
