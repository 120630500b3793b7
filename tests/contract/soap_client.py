"""A real SOAP library, zeep, built from the WSDL that the server serves, takes a payout through its life.

Usage: soap_client.py BASE PIN. Exits non-zero at the first answer that is not the expected one.
"""

import sys
from decimal import Decimal

from requests import Session
from zeep import Client, Settings
from zeep.exceptions import ValidationError
from zeep.transports import Transport

base, pin = sys.argv[1:3]
session = Session()
session.trust_env = False
client = Client(base + "/cashier?wsdl", transport=Transport(session=session), settings=Settings(strict=True))
who = {"PIN": pin, "FrontEndName": "Flows EUR InProgress", "WSPassCode": "sandbox"}
trace = 910000
operations = 0

for port in ("CashierSoap11", "CashierSoap12"):
    service = client.bind("CashierService", port)
    address = service._binding_options["address"]
    assert address == base + "/cashier", f"the WSDL sends its callers to {address}"
    operations += len(service._binding.all())

    def call(method, expected=0, **fields):
        answer = getattr(service, method)(**(who | fields))
        if answer.Status != expected:
            sys.exit(f"{port} {method} {fields}: {answer}")
        return answer

    before = call("GetBalance").Balance
    assert isinstance(before, Decimal), before
    trace += 10
    call("ProcessDeposit", TraceID=trace, PP="VISA", Amount=Decimal("200.00"), Currency="EUR")
    assert call("GetBalance").Balance == before + 200

    opened = {"TraceID": trace, "PP": "CFT", "Amount": Decimal("120.00"), "Fee": Decimal("2.50")}
    payout = call("CreatePayout", **opened).ExtPayoutID
    again = call("CreatePayout", **opened)
    assert (again.ExtPayoutID, again.Replayed) == (payout, 1), again
    call("CreatePayout", 33, **(opened | {"Amount": Decimal("121")}))
    for status in "AIY":
        call("UpdatePayout", ExtPayoutID=payout, Status=status, UpdatedBy="agent7")
    assert call("GetBalance").Balance == before + 200 - Decimal("122.50")
    found = call("GetPayout", ExtPayoutID=payout)
    assert (found.PayoutStatus, found.DebitState, found.TraceID) == ("Approved", "Taken", trace), found
    call("ReversePayout", ExtPayoutID=payout, RefTraceID=trace)
    assert call("GetBalance").Balance == before + 200
    refused = call("GetCustomer", 10, PIN="Nobody")
    assert refused.Description.startswith("PIN") and refused.Currency is None, refused
    call("GetCustomer")
    try:
        service.CreatePayout(PIN=pin)
        sys.exit("the WSDL lets a call without FrontEndName pass")
    except ValidationError:
        pass

print(f"{operations} operations: done")
