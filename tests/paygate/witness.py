"""An outside witness: the Computop plug-in of a ticket shop, run without the shop around it.

Reads one JSON request a line from standard input and answers with one JSON line. Only the plug-in's own
encryption, MAC, request building and checks are used; everything of the shop is an empty stand-in.
"""

import importlib.abc
import importlib.machinery
import json
import sys
import types
import urllib.request
from decimal import Decimal


class Anything(type):
    """A class of which every attribute is there and means nothing."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class Empty(metaclass=Anything):
    def __init__(self, *args, **kwargs):
        pass


class Refused(Exception):
    pass


class StandIn(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "PaymentException":
            return Refused
        if name == "gettext_lazy":
            return lambda text: text
        if name == "build_absolute_uri":
            return lambda event, view, kwargs: event.urls["notify" if view.endswith("notify") else "back"]
        if name == "settings":
            return types.SimpleNamespace(CURRENCY_PLACES={"JPY": 0, "KWD": 3})
        return Empty


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("django", "pretix", "i18nfield"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Finder())
sys.path[:0] = sys.argv[1:]
# The package's own __init__ registers itself with the shop; its payment module is all that is wanted.
package = types.ModuleType("pretix_computop")
for place in sys.path:
    found = importlib.machinery.PathFinder.find_spec("pretix_computop", [place])
    if found and found.submodule_search_locations:
        package.__path__ = list(found.submodule_search_locations)
        break
else:
    print("the plug-in is not installed", file=sys.stderr)
    sys.exit(3)
sys.modules["pretix_computop"] = package
from pretix_computop import payment as plugin  # noqa: E402


class Method(plugin.ComputopMethod):
    identifier = "computop_cards"

    def __init__(self, keys):
        self.settings = keys
        self.event = types.SimpleNamespace(slug="show", currency=keys.get("currency"), urls=keys.get("urls"))


def payment_of(wish):
    order = types.SimpleNamespace(code="ABC", testmode=False, locale="de", tagged_secret=lambda name: "x")
    return types.SimpleNamespace(
        full_id=wish["id"], pk=1, order=order, amount=Decimal(wish["amount"]), info_data={}, save=lambda **_: None
    )


def answer(wish):
    method = Method(wish["keys"])
    what = wish["do"]
    if what == "decrypt":
        return {"text": method._decrypt(wish["data"])}
    if what == "encrypt":
        data, length = method._encrypt(wish["text"])
        return {"data": data, "len": length}
    if what == "mac":
        return {"mac": method._calculate_hmac(*wish["parts"])}
    if what == "check":
        fields = method.parse_data(wish["data"])
        return {"authentic": method.check_hash(fields), "fields": fields}
    if what == "pay":
        method.apiurl = wish["address"]
        return {"url": method.execute_payment(None, payment_of(wish))}
    if what == "refund":
        refund = types.SimpleNamespace(full_id=wish["id"], amount=Decimal(wish["amount"]))
        refund.payment = types.SimpleNamespace(info_data={"PayID": wish["pay_id"]})
        heard = {}
        method.process_result = lambda _, fields, datasource=None: heard.update(fields)

        def post(url, data):
            # The address is written into the plug-in; only the path is taken to the simulator.
            body = urllib.parse.urlencode(data).encode()
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(wish["address"] + "/" + url.rsplit("/", 1)[1], body) as reply:
                return types.SimpleNamespace(text=reply.read().decode("latin-1"))

        plugin.requests.post = post
        method.execute_refund(refund)
        return {"fields": heard}
    raise ValueError(what)


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
