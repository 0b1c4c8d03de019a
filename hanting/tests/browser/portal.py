"""One server and one town for a whole file of tests; hands out browsers."""

from datetime import timedelta
from functools import cached_property
from urllib.parse import urlsplit

from hanting.tests.browser import measures
from hanting.tests.browser.visits import Visit
from tickets import workflow
from tickets.models import Category
from tickets.tests.factories import later, make_receipt


class Portal:
    """A live server, its town with a matter in each state, and the browsers that visit them."""

    def __init__(self, browser, server, town, pictures):
        self.browser, self.server, self.town, self.pictures = browser, server, town, pictures
        self.contexts, self.errors, self.foreign, self.requests = [], [], [], 0

    @cached_property
    def matters(self):
        """A matter in each state that the tracking page knows: {state: receipt}."""
        return file_matters(self.town)

    def watch(self, request):
        parts = urlsplit(request.url)
        self.requests += 1
        if parts.scheme in ("http", "https") and parts.netloc != urlsplit(self.server.url).netloc:
            self.foreign.append(request.url)

    def visit(self, *, way="normal", scripts=True, width=360, height=740, **options):
        context = self.browser.new_context(
            base_url=self.server.url,
            java_script_enabled=scripts,
            viewport={"width": width, "height": height},
            is_mobile=width < 1000,
            has_touch=width < 1000,
            locale="zh-CN",
            reduced_motion="reduce",
            **({"timezone_id": "Asia/Shanghai"} | options),
        )
        context.set_default_timeout(30_000)
        cookies = measures.WAYS[way]["cookies"].items()
        context.add_cookies([{"name": k, "value": v, "url": self.server.url} for k, v in cookies])
        context.on("request", self.watch)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.contexts.append(context)
        visit = Visit(context, self.town, self.pictures)
        visit.phone = f"100000020{len(self.contexts):02}"
        return visit

    def close(self):
        """Close every browser opened since the last time."""
        while self.contexts:
            self.contexts.pop().close()


def file_matters(town):
    """File a matter in each state that the tracking page knows; return their receipts."""
    category = Category.objects.get(code="0102")
    before = workflow.now() - timedelta(minutes=30)
    told = {
        "open": "楼道里的灯坏了三天，晚上看不见台阶。",
        "asked": "小区门口的路灯时亮时灭。",
        "resolved": "三号楼从早上开始停电。",
        "closed": "配电箱的门关不上了。",
    }
    receipts = {
        state: make_receipt(town.subarea, category, description=words, at=before)
        for state, words in told.items()
    }
    handler = {"by": town.specialist}
    for state in ("asked", "resolved", "closed"):
        ticket = receipts[state].ticket
        ticket.refresh_from_db()
        workflow.acknowledge(ticket, at=later(ticket), **handler)
        if state == "asked":
            workflow.ask_resident(ticket, note="是哪一盏灯？", at=later(ticket), **handler)
            continue
        workflow.resolve(ticket, note="换了电缆，已经来电。", at=later(ticket), **handler)
        if state == "closed":
            workflow.confirm(ticket, by=workflow.RESIDENT, satisfied=True, at=later(ticket))
    return receipts
