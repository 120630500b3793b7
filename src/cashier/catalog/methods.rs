//! The methods, in the order in which a reader meets them.

use super::fields::*;
use super::{Field, Method};

/// Every method; those marked as extensions are off by default.
pub static METHODS: &[Method] = &[
    Method {
        summary: "Authenticates a customer who arrives at the cashier with a one-time token.",
        request: &[PIN, FRONT_END_NAME, SITE_ID, TOKEN, IP_ADDRESS],
        reply: &[PIN, CURRENCY.required().meaning("The customer's currency.")],
        ..method("AuthCust")
    },
    Method {
        summary: "Pulls a customer's record and balance.",
        request: &[PIN, FRONT_END_NAME, SITE_ID],
        reply: CUSTOMER,
        ..method("GetCustomer")
    },
    Method {
        summary: "Asks what the customer has.",
        request: &[PIN, FRONT_END_NAME, SITE_ID],
        reply: &[PIN, CURRENCY.required().meaning("The customer's currency."), BALANCE],
        ..method("GetBalance")
    },
    Method {
        summary: "Asks whether this customer may deposit this amount. Nothing is recorded.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID.optional(),
            CARD_PP,
            PAYMENT_METHOD,
            AMOUNT,
            CURRENCY,
            TRANSACTION_ID,
            CREATED_BY,
            PROMO_ID,
        ],
        ..method("PrevalidateDeposit")
    },
    Method {
        summary: "A deposit is attempted: it is checked and recorded. A refusal blocks the attempt.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID,
            CARD_PP,
            PAYMENT_METHOD,
            AMOUNT,
            CURRENCY,
            TRANSACTION_ID,
            CREATED_BY,
            PROMO_ID,
        ],
        reply: &[EXT_DEPOSIT_ID],
        ..method("PendingDeposit")
    },
    Method {
        summary: "The acquirer froze the money of a card deposit; a capture is to follow. Recorded only.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID,
            CARD_PP,
            PAYMENT_METHOD,
            AMOUNT,
            CURRENCY,
            TRANSACTION_ID,
            CREATED_BY,
        ],
        reply: &[EXT_DEPOSIT_ID],
        ..method("AuthorizedDeposit")
    },
    Method {
        summary: "A deposit was paid: the customer is credited, once for each TraceID.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID,
            CARD_PP,
            PAYMENT_METHOD,
            AMOUNT,
            FEE.meaning("What the processor charges, for the record; the whole Amount is credited."),
            CURRENCY,
            TRANSACTION_ID,
            CREATED_BY,
            PROMO_ID,
        ],
        reply: &[EXT_DEPOSIT_ID],
        ..method("ProcessDeposit")
    },
    Method {
        summary: "Reads a deposit, by our id or by TraceID.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            EXT_DEPOSIT_ID.recommended().meaning("The deposit; this or TraceID must be sent."),
            TRACE_ID.recommended().meaning("The cashier's number of the deposit; this or ExtDepositID must be sent."),
        ],
        reply: DEPOSIT,
        one_of: &["ExtDepositID", "TraceID"],
        ..method("GetDeposit")
    },
    Method {
        summary: "Opens a deposit that we run at the mapped processor; the customer's browser goes to RedirectURL.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID,
            PP.required().meaning("The cashier's name of a processor that we run deposits at."),
            PAYMENT_METHOD,
            AMOUNT,
            CURRENCY,
            CREATED_BY,
            CAPTURE,
            LANGUAGE,
            RECURRING,
            RECURRING_DAYS,
            RECURRING_UNTIL,
            PAYMENT_DATA,
            CARD_NUMBER,
            CARD_EXPIRY,
            CARD_CODE,
            CARD_HOLDER,
            CARD_BRAND,
            STORE_CARD,
            CARD_TRACK2,
            CARD_TRACK3,
            BROWSER_INFO,
            THREE_DS_DATA,
        ],
        reply: &[
            EXT_DEPOSIT_ID,
            DEPOSIT_STATUS.optional(),
            REDIRECT_URL,
            FORM_ACTION,
            FORM_FIELDS,
            told("TerminalID", 20, "12345678", "The number of the terminal, for its slip."),
            told("AuthCode", 6, "123456", "The approval of the payment at the terminal, for its slip."),
        ],
        ..method("CreateDeposit")
    },
    Method {
        summary: "Charges a card that the customer has stored, or the next payment of a series; credited once when it \
                  is paid. Sent to the processor at most once.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID,
            PP.required().example("RestCard").meaning("The cashier's name of a processor that can charge what is stored."),
            INITIAL_DEPOSIT_ID,
            PAYMENT_METHOD,
            AMOUNT,
            CURRENCY,
            CREATED_BY,
            CAPTURE,
            LANGUAGE,
            PAYMENT_DATA,
        ],
        reply: &[
            EXT_DEPOSIT_ID,
            DEPOSIT_STATUS,
            REDIRECT_URL.optional().meaning("Where the customer's browser goes if his bank wants to see him."),
            FORM_ACTION,
            FORM_FIELDS,
        ],
        ..method("ChargeStored")
    },
    Method {
        summary: "Makes an invoice: a link that the customer pays when he likes. It is a deposit, credited once when \
                  the link is paid.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID,
            PP.required().example("RestCard").meaning("The cashier's name of a processor that makes invoices."),
            PAYMENT_METHOD,
            AMOUNT,
            CURRENCY,
            ORDER_TEXT,
            CREATED_BY,
            LANGUAGE,
        ],
        reply: &[EXT_DEPOSIT_ID, INVOICE_URL.required()],
        ..method("CreateInvoice")
    },
    Method {
        summary: "Asks where an invoice stands, at its processor while it is open.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            EXT_DEPOSIT_ID.recommended().meaning("The invoice; this or TraceID must be sent."),
            TRACE_ID.recommended().meaning("The cashier's number of the invoice; this or ExtDepositID must be sent."),
        ],
        reply: &[
            EXT_DEPOSIT_ID,
            TRACE_ID.meaning("The cashier's number of the invoice."),
            PIN,
            word(
                "InvoiceStatus",
                &["Open", "Paid", "Cancelled", "Expired", "Reversed"],
                "Open",
                "Where the invoice stands. Expired: it was not paid in time, or the processor refused it.",
            ),
            AMOUNT.meaning("What the invoice is about."),
            CURRENCY.required().meaning("The invoice's currency."),
            INVOICE_URL,
            TRANSACTION_ID.optional(),
        ],
        one_of: &["ExtDepositID", "TraceID"],
        ..method("GetInvoice")
    },
    Method {
        summary: "Cancels an invoice that is not paid.",
        request: &[PIN, FRONT_END_NAME, SITE_ID, EXT_DEPOSIT_ID],
        reply: &[EXT_DEPOSIT_ID],
        ..method("CancelInvoice")
    },
    Method {
        summary: "Takes the money of an authorized deposit, whole or in parts, and credits it.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID.meaning("The capture's own number: the same capture is made once."),
            EXT_DEPOSIT_ID,
            AMOUNT.optional().meaning("The part to take; all that is left when absent."),
            CURRENCY,
            FINAL,
            UPDATED_BY,
        ],
        reply: &[EXT_DEPOSIT_ID],
        ..method("CaptureDeposit")
    },
    Method {
        summary: "Gives up a deposit of which nothing was captured.",
        request: &[PIN, FRONT_END_NAME, SITE_ID, EXT_DEPOSIT_ID],
        reply: &[EXT_DEPOSIT_ID],
        ..method("CancelDeposit")
    },
    Method {
        summary: "Gives captured money back to the customer's card or account. Taken from the balance at once; \
                  given back to it if the processor refuses.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID.meaning("The refund's own number: the same refund is made once."),
            EXT_DEPOSIT_ID,
            AMOUNT.optional().meaning("The part to give back; all that is left when absent."),
            CURRENCY,
            UPDATED_BY,
        ],
        reply: &[EXT_DEPOSIT_ID],
        ..method("RefundDeposit")
    },
    Method {
        summary: "A payout is requested. Debited now if the front end debits at Requested; opened once for each \
                  TraceID.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID,
            PP,
            PAYMENT_METHOD.example("CFT"),
            AMOUNT,
            FEE,
            CURRENCY,
            CREATED_BY,
            TRANSACTION_ID.optional().example("").meaning("Empty here: it appears when the payout is Approved."),
            BANK_TRANSFER_TYPE,
            BANK_ACCOUNT_NUMBER,
            BANK_ACCOUNT_NAME,
            BANK_ACCOUNT_TYPE,
            BANK_NAME,
            BANK_CODE,
            BANK_BRANCH_NAME,
            BANK_BRANCH_CODE,
            BANK_IFSC,
        ],
        reply: &[EXT_PAYOUT_ID],
        ..method("CreatePayout")
    },
    Method {
        summary: "A payout moves to another status: authorized, in progress, approved, rejected or cancelled.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID.optional().meaning("The cashier's number of the payout; compared when it is sent."),
            EXT_PAYOUT_ID,
            STATUS,
            PP,
            TRANSACTION_ID,
            UPDATED_BY,
            AMOUNT.recommended().meaning(
                "The payout's amount. May differ from CreatePayout until Authorized or debited, and never after.",
            ),
            FEE.meaning("The payout's fee. May change as long as Amount may."),
            CURRENCY,
        ],
        reply: &[EXT_PAYOUT_ID],
        ..method("UpdatePayout")
    },
    Method {
        summary: "An approved payout never reached the customer: amount and fee are given back.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID.optional().example("756901").meaning("The cashier's number of the reversal itself."),
            REF_TRACE_ID,
            EXT_PAYOUT_ID,
            PP,
            UPDATED_BY,
            AMOUNT.recommended().meaning("The payout's amount. What was debited is given back, whatever is sent here."),
            FEE.meaning("The payout's fee. What was debited is given back, whatever is sent here."),
            CURRENCY,
        ],
        reply: &[EXT_PAYOUT_ID, EXT_REVERSAL_ID],
        ..method("ReversePayout")
    },
    Method {
        summary: "Reads a payout, by our id or by TraceID.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            EXT_PAYOUT_ID.recommended().meaning("The payout; this or TraceID must be sent."),
            TRACE_ID.recommended().meaning("The cashier's number of the payout; this or ExtPayoutID must be sent."),
        ],
        reply: PAYOUT,
        one_of: &["ExtPayoutID", "TraceID"],
        ..method("GetPayout")
    },
    Method {
        aliases: &["RejectedDeposit"],
        summary: "A deposit was declined. Recorded only.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID,
            CARD_PP.recommended(),
            PAYMENT_METHOD,
            AMOUNT,
            CURRENCY,
            TRANSACTION_ID,
            CREATED_BY,
        ],
        reply: &[EXT_DEPOSIT_ID],
        extension: true,
        ..method("DeclinedDeposit")
    },
    Method {
        summary: "A credited deposit was charged back: the customer is debited, below zero if need be.",
        request: &[
            PIN,
            FRONT_END_NAME,
            SITE_ID,
            TRACE_ID.meaning("The cashier's number of the deposit that is taken back."),
            UPDATED_BY,
        ],
        reply: &[EXT_DEPOSIT_ID],
        extension: true,
        ..method("ReverseDeposit")
    },
];

const fn method(name: &'static str) -> Method {
    Method { name, aliases: &[], summary: "", request: &[], reply: &[], one_of: &[], extension: false }
}

static CUSTOMER: &[Field] = &[
    PIN,
    told("CustName", 50, "Ann Example", "First and last name."),
    told("FirstName", 50, "Ann", "First name."),
    told("LastName", 50, "Example", "Last name."),
    CURRENCY.required().meaning("The customer's currency."),
    told("Street", 100, "1 High St", "Street and number."),
    told("City", 50, "Leeds", "City."),
    told("Province", 2, "ON", "Two letters, for US, CA and AU only."),
    told("PCode", 12, "LS1 1AA", "Postal code."),
    told("Country", 2, "GB", "Two letters of ISO 3166-1."),
    told("Phone", 20, "441130000000", "Digits only, with country and area code."),
    told("Email", 50, "ann@example.com", "E-mail address."),
    DOB,
    told("Gender", 1, "F", "M or F."),
    PROFILE,
    told("IP_Address", 15, "192.0.2.10", "The network address last known."),
    BALANCE,
];

static PAYOUT: &[Field] = &[
    EXT_PAYOUT_ID,
    TRACE_ID.meaning("The cashier's number of the payout."),
    PIN,
    word(
        "PayoutStatus",
        &["Requested", "Authorized", "InProgress", "Approved", "Rejected", "Cancelled", "Reversed"],
        "InProgress",
        "Where the payout stands.",
    ),
    AMOUNT.meaning("What the customer asked for, as last accepted."),
    FEE.required().meaning("The fee, as last accepted."),
    CURRENCY.required().meaning("The payout's currency."),
    word(
        "DebitState",
        &["NotTaken", "Taken", "Released", "GivenBack"],
        "Taken",
        "What happened to the customer's money so far.",
    ),
    sum("DebitedAmount", "120.00", "The part of the amount that was debited."),
    sum("DebitedFee", "2.50", "The fee that was debited."),
    PP.optional().meaning("The processor by the cashier's name for it."),
    told("Processor", 64, "CFT", "The processor by the platform's name for it."),
    TRANSACTION_ID.optional(),
    word(
        "AttemptState",
        &["Planned", "Sending", "Succeeded", "Refused", "Unknown"],
        "Sending",
        "How far the platform has carried the payout out at its processor, when it does so itself.",
    )
    .optional(),
    EXT_REVERSAL_ID.optional(),
    POSTINGS,
];

static DEPOSIT: &[Field] = &[
    EXT_DEPOSIT_ID,
    TRACE_ID.meaning("The cashier's number of the deposit."),
    PIN,
    DEPOSIT_STATUS,
    AMOUNT.meaning("What the customer pays in."),
    sum(
        "AuthorizedAmount",
        "120.00",
        "What the processor reserved, where that is less than was asked: no more can be captured.",
    ),
    sum("CapturedAmount", "120.00", "What was credited."),
    sum("RefundedAmount", "0.00", "What was given back of it."),
    CURRENCY.required().meaning("The deposit's currency."),
    PP.optional().example("VISA").meaning("The processor by the cashier's name for it."),
    told("Processor", 64, "Cards", "The processor by the platform's name for it."),
    TRANSACTION_ID.optional(),
    POSTINGS.example("deposit_credited processor/Cards -120.00; deposit_credited customer/MyPhoneCards EUR/Bigdaddy 120.00"),
];
