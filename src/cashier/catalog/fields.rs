//! The field dictionary: one entry for each name, adjusted where a method needs it otherwise.

use super::Need::{Optional, Recommended, Required};
use super::{Field, Kind, Need};

const fn field(
    name: &'static str,
    kind: Kind,
    need: Need,
    example: &'static str,
    meaning: &'static str,
) -> Field {
    Field { name, aliases: &[], kind, need, example, meaning }
}

impl Field {
    pub(super) const fn required(self) -> Field {
        Field { need: Required, ..self }
    }

    pub(super) const fn recommended(self) -> Field {
        Field { need: Recommended, ..self }
    }

    pub(super) const fn optional(self) -> Field {
        Field { need: Optional, ..self }
    }

    pub(super) const fn meaning(self, meaning: &'static str) -> Field {
        Field { meaning, ..self }
    }

    pub(super) const fn example(self, example: &'static str) -> Field {
        Field { example, ..self }
    }

    const fn aliases(self, aliases: &'static [&'static str]) -> Field {
        Field { aliases, ..self }
    }
}

const NUMBER: Kind = Kind::Int { least: 1, most: i64::MAX };
const ID: Kind = Kind::Text { max: 50 };

/// Accepted on every method; which of them a front end demands is its own setting.
pub static AUTHENTICATION: &[Field] = &[
    field("WSPassCode", Kind::Text { max: 50 }, Recommended, "sandbox", "The front end's pass code.")
        .aliases(&["SecurePassCode", "WSPassword"]),
    field(
        "signature",
        Kind::Text { max: 64 },
        Optional,
        "cf06e02530cdc387dfb08fcd1952741e44701eeda13640248e81786ee41e7176",
        "SHA-256 in hex over the values of all other fields but the pass code, joined without a separator in the order \
         of their names as sent, followed by the front end's signature secret.",
    ),
    field(
        "version",
        Kind::Text { max: 10 },
        Optional,
        "1.0",
        "Version of the caller's interface; only signed.",
    ),
    field(
        "timestamp",
        Kind::Int { least: 0, most: 9_999_999_999_999 },
        Optional,
        "1559825373",
        "When the call was made, in seconds since 1970; only signed.",
    ),
];

/// What every reply begins with.
pub static ENVELOPE: &[Field] = &[
    field(
        "Status",
        Kind::Code,
        Required,
        "0",
        "0: done. Negative: a failure of ours, and -1 asks for the same call again. Positive: refused for good. See \
         the list of codes.",
    ),
    field(
        "Description",
        Kind::Text { max: 256 },
        Required,
        "OK",
        "What was done, or what was wrong with which field. Fit to be shown to people.",
    ),
    field(
        "Replayed",
        Kind::Int { least: 1, most: 1 },
        Optional,
        "1",
        "1 when this is the kept answer to a call made before; nothing was done again.",
    ),
];

pub(super) const PIN: Field =
    field("PIN", ID, Required, "Bigdaddy", "The customer's unique id on the platform.");
pub(super) const FRONT_END_NAME: Field = field(
    "FrontEndName",
    Kind::Text { max: 256 },
    Required,
    "MyPhoneCards EUR",
    "The cashier's front end, which has exactly one currency.",
);
pub(super) const SITE_ID: Field = field(
    "SiteID",
    Kind::Int { least: 0, most: i32::MAX as i64 },
    Optional,
    "1",
    "Tells brands or companies apart; compared with the front end's when both are known.",
);
pub(super) const TRACE_ID: Field =
    field("TraceID", NUMBER, Required, "756850", "The cashier's unique number of this transaction.");
pub(super) const CAPTURE: Field = field(
    "Capture",
    Kind::Text { max: 9 },
    Optional,
    "automatic",
    "When the money is taken: automatic, manual (CaptureDeposit follows), or after so many hours (1 to 696).",
);
pub(super) const LANGUAGE: Field = field(
    "Language",
    Kind::Text { max: 2 },
    Optional,
    "en",
    "Language of the customer's pages: en, de, fr or it.",
);
pub(super) const FINAL: Field = field(
    "Final",
    Kind::Text { max: 5 },
    Optional,
    "true",
    "false when another part follows; without a further part the rest is given up.",
);
pub(super) const DEPOSIT_STATUS: Field = word(
    "DepositStatus",
    &["Pending", "Authorized", "Settling", "Credited", "Declined", "Cancelled", "Reversed"],
    "Credited",
    "Where the deposit stands.",
);
pub(super) const INITIAL_DEPOSIT_ID: Field = field(
    "InitialDepositID",
    ID,
    Optional,
    "DE-01H6ZKX8W3Q2N",
    "The deposit that began the series (Recurring=initial). Without it the card that the customer used last is charged.",
);
pub(super) const RECURRING: Field = field(
    "Recurring",
    Kind::Text { max: 7 },
    Optional,
    "initial",
    "initial: this deposit begins a series, whose further payments are made by ChargeStored.",
);
pub(super) const ORDER_TEXT: Field = field(
    "OrderText",
    Kind::Text { max: 100 },
    Optional,
    "Order 7",
    "What the customer reads about what he pays.",
);
pub(super) const INVOICE_URL: Field = field(
    "InvoiceURL",
    Kind::Text { max: 4096 },
    Optional,
    "https://processor.example/invoice/3519",
    "The link that the customer pays at.",
);
pub(super) const CARD_NUMBER: Field = field(
    "CardNumber",
    Kind::Text { max: 19 },
    Optional,
    "4000000000000051",
    "A card typed at the cashier, digits only. Taken only by accounts that allow it; kept nowhere.",
);
pub(super) const CARD_EXPIRY: Field =
    field("CardExpiry", Kind::Text { max: 7 }, Optional, "07/2030", "The card's expiry, MM/YYYY.");
pub(super) const CARD_CODE: Field =
    field("CardCode", Kind::Text { max: 4 }, Optional, "745", "The card's security code. Kept nowhere.");
pub(super) const CARD_HOLDER: Field =
    field("CardHolder", Kind::Text { max: 100 }, Optional, "Ann Example", "The name on the card.");
pub(super) const CARD_BRAND: Field =
    field("CardBrand", Kind::Text { max: 20 }, Optional, "VISA", "The processor's name of the card's brand.");
pub(super) const CARD_TRACK2: Field = field(
    "CardTrack2",
    Kind::Text { max: 80 },
    Optional,
    "1234567890=3012101",
    "For payments at a terminal: the second track of the card's strip. Kept nowhere.",
);
pub(super) const CARD_TRACK3: Field = field(
    "CardTrack3",
    Kind::Text { max: 80 },
    Optional,
    "1234567890=3012101",
    "For payments at a terminal: the third track of the card's strip. Kept nowhere.",
);
pub(super) const BROWSER_INFO: Field = field(
    "BrowserInfo",
    Kind::Text { max: 4096 },
    Optional,
    r#"{"acceptHeaders":"*/*","ipAddress":"192.0.2.10","javaScriptEnabled":true,"language":"en","userAgent":"Mozilla/5.0"}"#,
    "With CardNumber, where the bank may want to see the customer: what his browser says of itself, a JSON object of \
     acceptHeaders, ipAddress, javaScriptEnabled, language, userAgent, and, where known, javaEnabled, colorDepth, \
     screenHeight, screenWidth, timeZoneOffset.",
);
pub(super) const THREE_DS_DATA: Field = field(
    "ThreeDSData",
    Kind::Text { max: 4096 },
    Optional,
    r#"{"eci":"05"}"#,
    "With CardNumber: the result of an authentication made elsewhere, a JSON object in the processor's own words.",
);
pub(super) const RECURRING_DAYS: Field = field(
    "RecurringDays",
    Kind::Int { least: 1, most: 9_999 },
    Optional,
    "28",
    "With Recurring: so many days at least lie between the payments of the series. Without it their days are not fixed.",
);
pub(super) const RECURRING_UNTIL: Field = field(
    "RecurringUntil",
    Kind::Text { max: 10 },
    Optional,
    "2030-12-31",
    "With RecurringDays: the last day of the series, YYYY-MM-DD.",
);
pub(super) const PAYMENT_DATA: Field = field(
    "PaymentData",
    Kind::Text { max: 16384 },
    Optional,
    r#"{"threeDSPolicy":{"challengePreference":"mandateChallenge"}}"#,
    "What the processor is told besides, a JSON object of its own names; which ones it takes stands in its description. \
     Never card data.",
);
pub(super) const STORE_CARD: Field = field(
    "StoreCard",
    Kind::Text { max: 5 },
    Optional,
    "true",
    "true: the processor stores the card, and ChargeStored can charge it later.",
);
pub(super) const BANK_TRANSFER_TYPE: Field = field(
    "BankTransferType",
    Kind::Text { max: 30 },
    Optional,
    "BT",
    "The payout goes to a bank account or wallet: how, by the processor's name for it. Needed with the other Bank fields.",
);
pub(super) const BANK_ACCOUNT_NUMBER: Field =
    bank("BankAccountNumber", 40, "DE89370400440532013000", "The account's number or IBAN.");
pub(super) const BANK_ACCOUNT_NAME: Field =
    bank("BankAccountName", 100, "Ann Example", "Whose account it is.");
pub(super) const BANK_ACCOUNT_TYPE: Field =
    bank("BankAccountType", 30, "savings", "The kind of account, by the processor's name for it.");
pub(super) const BANK_NAME: Field = bank("BankName", 100, "Example Bank", "The bank's name.");
pub(super) const BANK_CODE: Field = bank("BankCode", 20, "37040044", "The bank's code or BIC.");
pub(super) const BANK_BRANCH_NAME: Field = bank("BankBranchName", 100, "Main Street", "The branch's name.");
pub(super) const BANK_BRANCH_CODE: Field = bank("BankBranchCode", 20, "001", "The branch's code.");
pub(super) const BANK_IFSC: Field =
    bank("BankIFSC", 11, "HDFC0000123", "The branch's IFSC, for transfers in India.");
pub(super) const REDIRECT_URL: Field = field(
    "RedirectURL",
    Kind::Text { max: 4096 },
    Required,
    "https://pay.example/player/0f1e2d3c",
    "Where the customer's browser goes: the processor's page, or ours that posts the form there.",
);
pub(super) const FORM_ACTION: Field = field(
    "FormAction",
    Kind::Text { max: 4096 },
    Optional,
    "https://processor.example/pay",
    "The processor's address, where it wants a POST and the cashier makes the form itself.",
);
pub(super) const FORM_FIELDS: Field = field(
    "FormFields",
    Kind::Text { max: 16384 },
    Optional,
    "MerchantID=m&Len=96&Data=00",
    "The fields of that POST, as a query string.",
);
pub(super) const REF_TRACE_ID: Field = field(
    "RefTraceID",
    NUMBER,
    Recommended,
    "756850",
    "TraceID of the payout that is reversed; compared when it is sent.",
);
pub(super) const EXT_PAYOUT_ID: Field = field(
    "ExtPayoutID",
    ID,
    Required,
    "PO-01H6ZKX8W3Q2M",
    "The platform's unique id of the payout, from the reply to CreatePayout.",
);
pub(super) const EXT_DEPOSIT_ID: Field =
    field("ExtDepositID", ID, Required, "DE-01H6ZKX8W3Q2N", "The platform's unique id of the deposit.");
pub(super) const EXT_REVERSAL_ID: Field = field(
    "ExtReversalID",
    ID,
    Required,
    "RV-01H6ZKX8W3Q2P",
    "The platform's unique id of the compensating entry.",
);
pub(super) const STATUS: Field = field(
    "Status",
    Kind::StatusLetter,
    Required,
    "A",
    "The payout's new status. By default A Authorized, I InProgress, Y Approved, X Rejected, C Cancelled (R \
     Requested); the word is taken too.",
);
pub(super) const PP: Field = field(
    "PP",
    Kind::Text { max: 64 },
    Recommended,
    "CFT",
    "The payment processor by the cashier's name for it. The processor map allows 25 characters unless it says \
     otherwise.",
);
pub(super) const CARD_PP: Field = Field {
    example: "VISA",
    meaning: "The payment processor by the cashier's name for it; for a card whose processor is not known yet \
              CreditCard or the brand.",
    need: Required,
    ..PP
};
pub(super) const PAYMENT_METHOD: Field = field(
    "PaymentMethod",
    Kind::Text { max: 32 },
    Optional,
    "CreditCard",
    "The method inside the processor.",
);
pub(super) const TRANSACTION_ID: Field = field(
    "TransactionID",
    ID,
    Recommended,
    "A1B2C3",
    "The processor's id of the transaction, for reconciliation.",
);
pub(super) const AMOUNT: Field = field(
    "Amount",
    Kind::Amount,
    Required,
    "120.00",
    "More than zero, in major units unless the front end is set to minor ones; no more decimals than the currency has.",
);
pub(super) const FEE: Field =
    field("Fee", Kind::Fee, Optional, "2.50", "The payout's fee, in the unit of Amount.");
pub(super) const CURRENCY: Field = field(
    "Currency",
    Kind::Currency,
    Recommended,
    "EUR",
    "The front end's currency when absent; another one is refused.",
);
pub(super) const CREATED_BY: Field = field(
    "CreatedBy",
    Kind::Text { max: 50 },
    Recommended,
    "INTERNET",
    "Who asked: the customer through the cashier (INTERNET) or an agent by name.",
);
pub(super) const UPDATED_BY: Field = field(
    "UpdatedBy",
    Kind::Text { max: 50 },
    Recommended,
    "agent7",
    "Who changed it: the customer through the cashier (INTERNET) or an agent by name.",
);
pub(super) const PROMO_ID: Field =
    field("PromoID", Kind::Text { max: 50 }, Optional, "SPRING", "The bonus code entered in the cashier.");
pub(super) const TOKEN: Field = field(
    "Token",
    Kind::Text { max: 256 },
    Required,
    "one-time-token",
    "The one-time login token that the platform issued to the customer. Passwords are not taken.",
);
pub(super) const IP_ADDRESS: Field =
    field("IP_Address", Kind::Text { max: 45 }, Optional, "192.0.2.10", "The customer's network address.");
pub(super) const BALANCE: Field = field(
    "Balance",
    Kind::Balance,
    Required,
    "1000.00",
    "What the customer has, less the payouts that were debited, not less those that were not.",
);

/// A part of the bank account that a payout goes to.
const fn bank(name: &'static str, max: usize, example: &'static str, meaning: &'static str) -> Field {
    field(name, Kind::Text { max }, Optional, example, meaning)
}

/// A text that a reply carries when it is known.
pub(super) const fn told(
    name: &'static str,
    max: usize,
    example: &'static str,
    meaning: &'static str,
) -> Field {
    field(name, Kind::Text { max }, Optional, example, meaning)
}

pub(super) const fn word(
    name: &'static str,
    words: &'static [&'static str],
    example: &'static str,
    meaning: &'static str,
) -> Field {
    field(name, Kind::Word(words), Required, example, meaning)
}

/// A sum that a reply carries when there is one.
pub(super) const fn sum(name: &'static str, example: &'static str, meaning: &'static str) -> Field {
    field(name, Kind::Fee, Optional, example, meaning)
}

pub(super) const DOB: Field = field("DOB", Kind::Date, Optional, "04/23/1984", "Date of birth, MM/DD/YYYY.");
pub(super) const PROFILE: Field =
    field("Profile", Kind::Int { least: 0, most: 5 }, Optional, "2", "The customer's profile level.");
pub(super) const POSTINGS: Field = field(
    "Postings",
    Kind::Text { max: 4096 },
    Optional,
    "payout_debited customer/MyPhoneCards EUR/Bigdaddy -122.50; payout_debited payouts_in_transit/MyPhoneCards EUR \
     120.00; payout_debited fees/MyPhoneCards EUR 2.50",
    "Every ledger entry made for it, in order: kind, account and amount, joined by `; `. The entries of one kind sum \
     to zero.",
);
