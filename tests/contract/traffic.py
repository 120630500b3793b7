"""Calls every method of a running server in every encoding and validates what was said, both ways, with validators
that are not ours: jsonschema, openapi-spec-validator, PyYAML and libxml2's xmllint.

Usage: traffic.py BASE PIN. The customer PIN of the front end "Flows EUR InProgress" owns at least 1000.00 EUR.
Exits non-zero at the first message that does not keep the contract.
"""

import json
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from lxml import etree
from openapi_spec_validator import OpenAPIV31SpecValidator

base, pin = sys.argv[1:3]
FRONT_END = "Flows EUR InProgress"
NAMESPACE = "urn:tillgate:cashier:1"
ENVELOPES = {
    "soap11": "http://schemas.xmlsoap.org/soap/envelope/",
    "soap12": "http://www.w3.org/2003/05/soap-envelope",
}
TYPES = {
    "form": "application/x-www-form-urlencoded",
    "json": "application/json",
    "xml": "application/xml",
    "soap11": "text/xml",
    "soap12": "application/soap+xml",
}
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fetch(path):
    with direct.open(base + path, timeout=30) as answer:
        return answer.read()


# The documents themselves.
openapi = json.loads(fetch("/openapi.json"))
OpenAPIV31SpecValidator(openapi).validate()
assert yaml.safe_load(fetch("/openapi.yaml")) == openapi, "openapi.yaml and openapi.json differ"
schema = json.loads(fetch("/schemas/cashier.schema.json"))
Draft202012Validator.check_schema(schema)
assert openapi["components"]["schemas"] == schema["$defs"], "OpenAPI and the JSON Schema differ"
methods = [path.rsplit("/", 1)[1] for path in openapi["paths"] if path.startswith("/cashier/")]
folder = Path(tempfile.mkdtemp())
for name in ("cashier.xsd", "cashier-plain.xsd", "cashier.wsdl"):
    (folder / name).write_bytes(fetch("/schemas/" + name))
for path, item in openapi["paths"].items():
    for operation in item.values():
        request = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        reply = operation["responses"]["200"]["content"].get("application/json", {})
        for content in (request, reply):
            if content:
                name = content["schema"]["$ref"].rsplit("/", 1)[1]
                Draft202012Validator(schema["$defs"][name]).validate(content["example"])


def fault(name, message):
    """What jsonschema has against a message, or nothing."""
    return next((error.message for error in Draft202012Validator(schema["$defs"][name]).iter_errors(message)), None)


documents = {"cashier.xsd": [], "cashier-plain.xsd": []}


def keep(xsd, element, name):
    """Keeps an XML message for xmllint, which reads them all at once in the end."""
    path = folder / f"{len(documents[xsd]):04}-{xsd}-{name}.xml"
    path.write_bytes(etree.tostring(element))
    documents[xsd].append(path)


def element(name, fields, namespace=None):
    mark = f"{{{namespace}}}" if namespace else ""
    call = etree.Element(mark + name, nsmap={None: namespace} if namespace else None)
    for key, value in fields.items():
        etree.SubElement(call, mark + key).text = str(value)
    return call


def write(encoding, method, fields):
    if encoding == "form":
        return urllib.parse.urlencode(fields).encode()
    if encoding == "json":
        return json.dumps(fields).encode()
    if encoding == "xml":
        return etree.tostring(element(method, fields))
    soap = ENVELOPES[encoding]
    envelope = etree.Element(f"{{{soap}}}Envelope", nsmap={"soap": soap})
    etree.SubElement(envelope, f"{{{soap}}}Body").append(element(method, fields, NAMESPACE))
    return etree.tostring(envelope)


def read(encoding, method, body):
    """A reply as names and values, after its own schema was asked."""
    if encoding == "json":
        return json.loads(body)
    if encoding == "form":
        pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs), body
        return typed(method, dict(pairs))
    reply = etree.fromstring(body)
    xsd = "cashier-plain.xsd"
    if encoding != "xml":
        assert reply.tag == f"{{{ENVELOPES[encoding]}}}Envelope", body
        ((reply,),) = reply
        xsd = "cashier.xsd"
    keep(xsd, reply, method + "Response")
    return typed(method, {etree.QName(field).localname: field.text or "" for field in reply})


def typed(method, texts):
    """Texts as JSON would have them: what is a number there becomes one."""
    properties = schema["$defs"][method + "Response"]["properties"]
    whole = {name for name, rule in properties.items() if rule["type"] == "integer"}
    return {name: int(text) if name in whole else text for name, text in texts.items()}


calls = 0


def call(encoding, method, expected=0, valid=True, **fields):
    """Makes one call. Both messages must be valid; `valid=False`: the request must not be, for any validator."""
    global calls
    fields = {"PIN": pin, "FrontEndName": FRONT_END, "WSPassCode": "sandbox"} | fields
    fields = {name: value for name, value in fields.items() if value is not None}
    objection = fault(method + "Request", fields if encoding == "json" else {k: str(v) for k, v in fields.items()})
    assert (objection is None) == valid, f"{method} request {fields}: {objection or 'the schema has nothing against it'}"
    if valid and encoding == "xml":
        keep("cashier-plain.xsd", element(method, fields), method)
    if valid and encoding.startswith("soap"):
        keep("cashier.xsd", element(method, fields, NAMESPACE), method)
    if not valid and encoding == "xml":
        invalid.append((method, fields))

    url = f"{base}/cashier" if encoding.startswith("soap") else f"{base}/cashier/{method}"
    headers = {"Content-Type": TYPES[encoding]}
    request = urllib.request.Request(url, write(encoding, method, fields), headers)
    with direct.open(request, timeout=30) as answer:
        assert answer.status == 200
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind == TYPES[encoding], kind
        reply = read(encoding, method, answer.read())
    name = method + "Response"
    objection = fault(name, reply)
    assert objection is None, f"{encoding} {name} {reply}: {objection}"
    unknown = set(reply) - set(schema["$defs"][name]["properties"])
    assert not unknown, f"{encoding} {name} has undocumented {unknown}"
    assert reply["Status"] == expected, f"{encoding} {method} {fields}: {reply}"
    calls += 1
    return reply


def token():
    body = json.dumps({"front_end": FRONT_END, "pin": pin}).encode()
    headers = {"Authorization": "Bearer sandbox-platform-key", "Content-Type": "application/json"}
    request = urllib.request.Request(base + "/platform/v1/login-tokens", body, headers)
    with direct.open(request, timeout=30) as answer:
        return json.load(answer)["token"]


invalid = []
trace = 756850
answers = {}
for encoding in TYPES:
    said = answers[encoding] = []

    def do(method, expected=0, **fields):
        reply = call(encoding, method, expected, **fields)
        said.append((method, reply["Status"], reply["Description"], sorted(reply)))
        return reply

    do("AuthCust", Token=token())
    do("AuthCust", 11, Token="not-his")
    do("GetCustomer")
    do("GetCustomer", 10, PIN="Nobody")
    do("GetCustomer", 1, WSPassCode="wrong")
    assert do("GetBalance")["Currency"] == "EUR"

    trace += 1
    deposit = {"TraceID": trace, "PP": "VISA", "Amount": "50.00", "Currency": "EUR"}
    do("PrevalidateDeposit", **deposit)
    do("PendingDeposit", **deposit, PaymentMethod="CreditCard", CreatedBy="INTERNET")
    do("AuthorizedDeposit", **deposit, TransactionID="T-1")
    made = do("ProcessDeposit", **deposit, TransactionID="T-1")["ExtDepositID"]
    assert do("ProcessDeposit", **deposit, TransactionID="T-1")["Replayed"] == 1
    do("ProcessDeposit", 33, **(deposit | {"Amount": "51.00"}))
    do("ProcessDeposit", 13, **(deposit | {"Currency": "USD"}))
    found = do("GetDeposit", ExtDepositID=made)
    assert (found["DepositStatus"], found["CapturedAmount"]) == ("Credited", "50.00"), found
    do("GetDeposit", TraceID=trace)
    do("ReverseDeposit", TraceID=trace, UpdatedBy="agent7")
    trace += 1
    do("DeclinedDeposit", **(deposit | {"TraceID": trace}))

    # A deposit that we run ourselves, at the simulator of the REST gateway.
    trace += 1
    asked = {"TraceID": trace, "PP": "RestCard", "Amount": "40.00", "Currency": "EUR", "CreatedBy": "INTERNET"}
    begun = do("CreateDeposit", **asked)
    assert begun["RedirectURL"].startswith("http"), begun
    mine = begun["ExtDepositID"]
    assert do("CreateDeposit", **asked)["ExtDepositID"] == mine
    do("GetDeposit", ExtDepositID=mine)
    do("CaptureDeposit", 31, ExtDepositID=mine, TraceID=trace + 1000)
    do("RefundDeposit", 3, ExtDepositID=mine, TraceID=trace + 2000, Amount="1.00")
    do("CancelDeposit", ExtDepositID=mine)
    trace += 1
    asked = asked | {"TraceID": trace, "OrderText": "Order 7"}
    made = do("CreateInvoice", **asked)
    assert made["InvoiceURL"].startswith("http"), made
    assert do("CreateInvoice", **asked)["Replayed"] == 1
    assert do("GetInvoice", ExtDepositID=made["ExtDepositID"])["InvoiceStatus"] == "Open"
    do("CancelInvoice", ExtDepositID=made["ExtDepositID"])
    assert do("GetInvoice", TraceID=trace)["InvoiceStatus"] == "Cancelled"
    do("CancelInvoice", 30, ExtDepositID=mine)
    trace += 1
    do("ChargeStored", 3, TraceID=trace, PP="RestCard", Amount="5.00", Currency="EUR")

    trace += 1
    opened = {"TraceID": trace, "PP": "CFT", "Amount": "120.00", "Fee": "2.50", "Currency": "EUR"}
    payout = do("CreatePayout", **opened, CreatedBy="INTERNET", TransactionID="")["ExtPayoutID"]
    assert do("CreatePayout", **opened)["Replayed"] == 1
    to_bank = opened | {"TraceID": trace + 500, "BankTransferType": "BT", "BankAccountNumber": "DE89370400440532013000"}
    to_bank |= {"BankAccountName": "Ann Example", "BankAccountType": "savings", "BankName": "Example Bank"}
    to_bank |= {"BankCode": "37040044", "BankBranchName": "Main", "BankBranchCode": "1", "BankIFSC": "HDFC0000123"}
    do("CreatePayout", **to_bank)
    do("CreatePayout", 33, **(to_bank | {"BankAccountNumber": "DE02120300000000202051"}))
    do("CreatePayout", 3, **(opened | {"TraceID": trace + 600, "BankAccountNumber": "DE89370400440532013000"}))
    do("CreatePayout", 20, **(opened | {"TraceID": trace + 1000, "Amount": "100000.00"}))
    do("CreatePayout", 21, **(opened | {"TraceID": trace + 2000, "PP": "Nowhere"}))
    assert do("GetPayout", TraceID=trace)["DebitState"] == "NotTaken"
    do("UpdatePayout", ExtPayoutID=payout, Status="A", Amount="110.00", Fee="2.50")
    do("UpdatePayout", ExtPayoutID=payout, Status="in progress", TraceID=trace)
    do("UpdatePayout", 32, ExtPayoutID=payout, Status="Y", Amount="1.00")
    do("UpdatePayout", ExtPayoutID=payout, Status="Y", PP="WireCard8", TransactionID="A1B2C3", UpdatedBy="agent7")
    do("UpdatePayout", 31, ExtPayoutID=payout, Status="X")
    found = do("GetPayout", ExtPayoutID=payout)
    assert (found["PayoutStatus"], found["DebitedAmount"], found["Processor"]) == ("Approved", "110.00", "WireCard EU")
    assert found["Postings"].count("; ") >= 4, found
    do("ReversePayout", ExtPayoutID=payout, TraceID=trace + 5000, RefTraceID=trace)
    do("ReversePayout", 34, ExtPayoutID=payout, TraceID=trace + 5001, RefTraceID=trace)
    do("GetPayout", ExtPayoutID=payout)
    do("GetPayout", 30, ExtPayoutID="PO-0000000000000")
    assert {method for method, *_ in said} == set(methods), "a method was left out"

    # What the contract forbids, the server refuses.
    bad = opened | {"TraceID": trace + 9000}
    for change in (
        {"PIN": None},
        {"PIN": "x" * 51},
        {"FrontEndName": ""},
        {"TraceID": "0"},
        {"TraceID": "1.5"},
        {"TraceID": "-1"},
        {"TraceID": "92233720368547758080"},
        {"Amount": "-5"},
        {"Amount": "1e3"},
        {"Amount": "1.00000"},
        {"Currency": "EURO"},
        {"PP": "x" * 65},
    ):
        do("CreatePayout", 3, valid=False, **(bad | change))
    do("GetPayout", 3, valid=False)

# The same calls were answered alike in every encoding, but for ids and amounts in the texts.
for encoding, said in answers.items():
    for ours, json_s in zip(said, answers["json"], strict=True):
        assert ours == json_s, f"{encoding}: {ours}, JSON: {json_s}"


def lint(xsd, paths):
    command = ["xmllint", "--nonet", "--noout", "--schema", str(folder / xsd), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stderr


for xsd, paths in documents.items():
    status, errors = lint(xsd, paths)
    bad = [line for line in errors.splitlines() if not line.endswith(" validates")]
    assert status == 0 and not bad, "\n".join(bad[:10])
for method, fields in invalid:
    path = folder / "invalid.xml"
    path.write_bytes(etree.tostring(element(method, fields)))
    status, _ = lint("cashier-plain.xsd", [path])
    # XML Schema 1.0 can't say that one of two fields must be there.
    assert status == 3 or method == "GetPayout", f"xmllint has nothing against {method} {fields}"

print(f"{calls} calls, {sum(map(len, documents.values()))} XML messages, {len(methods)} methods: done")
