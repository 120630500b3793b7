"""Drives the SOPG simulator with zeep, built from the WSDL that the simulator serves, through a whole life cycle.

Usage: sopg_zeep.py ENDPOINT. Exits non-zero at the first answer that is not the expected one.
"""

import sys
from urllib.parse import quote

from zeep import Client, Settings
from zeep.exceptions import Fault

endpoint = sys.argv[1]
client = Client(endpoint + "?wsdl", settings=Settings(strict=True))
service = client.service
operations = service._binding.all()
print(len(operations), "operations in the contract")


def account(name="psc_demo_shop_test", password="s3cret-Pass"):
    return {"username": name, "password": password}


def expect(answer, error=0, result=None):
    wanted = (result if result is not None else (0 if error == 0 else 1), error)
    got = (answer.resultCode, answer.errorCode)
    if got != wanted:
        sys.exit(f"expected {wanted}, got {answer}")
    return answer


def url(text):
    return quote(text, safe="")


ids = {"mtid": "zeep-1", "subId": ["shop1"], "currency": "EUR"}
create = dict(
    ids,
    amount=24.9,
    okUrl=url("https://shop.example/ok?m=1"),
    nokUrl=url("https://shop.example/nok?m=1"),
    merchantclientid="9f2b6c41d0",
    pnUrl=url("http://127.0.0.1:1/hook"),
    dispositionRestrictions=[{"key": "COUNTRY", "value": "AT"}, {"key": "MIN_AGE", "value": "18"}],
    shopId="shop-01",
    shopLabel="Käse & <Söhne>",
)
made = expect(service.createDisposition(**account(), **create))
assert len(made.mid) == 10 and made.mtid == "zeep-1", made
refused = expect(service.createDisposition(**account(), **create), 2001)
assert refused.mid is None, refused
expect(service.createDisposition(**account(password="wrong"), **create), 10008)
assert expect(service.getMid(**account(), currency="EUR")).mid == made.mid
expect(service.getMid(**account("psc_demo_escape", "a<b&c>\"d'é€"), currency="GBP"))

asked = expect(service.getSerialNumbers(**account(), **ids, customerDetail=["AGE"]))
assert (asked.dispositionState, asked.amount, asked.serialNumbers) == ("R", 24.9, None), asked
unknown = expect(service.getSerialNumbers(**account(), **dict(ids, mtid="nobody")), 2002)
assert (unknown.amount, unknown.currency, unknown.dispositionState) == (0.0, None, None), unknown
expect(service.executeDebit(**account(), **ids, amount=24.9, close=1), 2017)

cards = [{"pin": "0000000000000091"}, {"pin": "0000000000000012"}]
bad = expect(service.assignCardsToDisposition(**account(), **ids, amount=24.9, acceptingTerms=1, cards=cards), 1049)
assert [(card.pin, card.errorCode) for card in bad.cardsError] == [("0000000000000091", 10013)], bad
expect(service.assignCardToDisposition(**account(), **ids, amount=24.9, pin="0000000000000099"), 1050)
cards = [{"pin": "0000000000000011"}, {"pin": "0000000000000095", "password": "card-pw"}]
expect(service.assignCardsToDisposition(**account(), **ids, amount=24.9, acceptingTerms=1, cards=cards))
asked = expect(service.getSerialNumbers(**account(), **ids))
assert (asked.dispositionState, asked.serialNumbers.count(";")) == ("S", 3), asked

expect(service.modifyDispositionValue(**account(), **ids, amount=20))
expect(service.executeDebit(**account(), **ids, amount=5, close=0))
raw = expect(service.getDispositionRawState(**account(), **ids))
assert (raw.dispositionState, raw.amount) == ("E", 15.0), raw
expect(service.executeDebit(**account(), **ids, amount=15.01, close=1), 2010)
expect(service.executeDebit(**account(), **ids, amount=15, close=1))
expect(service.executeDebit(**account(), **ids, amount=15, close=1), 2017)
assert expect(service.getSerialNumbers(**account(), **ids)).dispositionState == "O"

transfer = dict(
    currency="EUR",
    customerIdType="EMAIL",
    customerId="jane@customer.example",
    merchantClientId="9f2b6c41d0",
    utcOffset="+01:00",
)
refund = dict(transfer, rtid="zeep-r1", mtid="zeep-1")
expect(service.refund(**account(), **refund, amount=20.01, validationOnly=True), 3179)
expect(service.refund(**account(), **refund, amount=7.5, validationOnly=True))
given = expect(service.refund(**account(), **refund, amount=7.5, validationOnly=False))
assert (given.refundedAmount, given.refundedInCurrency) == (7.5, "EUR"), given
expect(service.refund(**account(), **refund, amount=7.5, validationOnly=False), 3164)

payout = dict(transfer, ptid="zeep-p1", customerDetailsBasic={"firstName": "Jané", "lastName": "Doe", "dateOfBirth": "1990-02-28"})
expect(service.payout(**account(), **dict(payout, customerDetailsBasic=None), amount=14.65, validationOnly=True), 3150)
paid = expect(service.payout(**account(), **payout, amount=14.65))
assert paid.payedAmount == 14.65, paid
expect(service.payout(**account(), **payout, amount=14.65), 3164)
state = expect(service.getPayoutState(**account()))
totals = {row.currency: (row.totalPayoutAmount, row.totalPaymentAmount) for row in state.payoutState}
assert totals == {"EUR": (14.65, 12.5), "GBP": (0.0, 0.0)}, state

released = dict(create, mtid="zeep-2", amount=10)
ids2 = dict(ids, mtid="zeep-2")
expect(service.createDisposition(**account(), **released))
expect(service.assignCardToDisposition(**account(), **ids2, amount=10, pin="0000000000000012"))
expect(service.executeDebit(**account(), **ids2, amount=0, close=1))
assert expect(service.getSerialNumbers(**account(), **ids2)).dispositionState == "O"
expect(service.getBalance(**account(), id="1", subId="", pin="0000000000000011"), 10014)

try:
    service.executeDebit(**account(), **ids, amount="ten", close=1)
except (Fault, ValueError) as refusal:
    print("refused as it must be:", type(refusal).__name__)
else:
    sys.exit("an amount that is no number went through")
print("done")
