-- Every shared table begins alike: `id` is made by us and time-ordered, `name` is the natural key, `version` counts
-- the writes. Money is an integer of the currency's smallest unit. Times are microseconds since 1970, UTC.

-- What must never happen is refused by the database as well.
CREATE FUNCTION tillgate_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation';
END
$$;

-- A writer's statement calls this when a row is no longer as it was read: the statement fails as a whole.
CREATE FUNCTION tillgate_raced() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a concurrent change got in first' USING ERRCODE = 'serialization_failure';
END
$$;

-- One lane for each writer: its audit chain's head and the last id it made. A writer only ever locks its own.
-- Rows that are written again and again keep room for it in their page (fillfactor), so that no index must follow.
CREATE TABLE lanes (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- node and writer
    version BIGINT NOT NULL,
    head_seq BIGINT NOT NULL,            -- number of the last audit row of this lane
    head_hash TEXT NOT NULL,              -- its hash
    last_id BIGINT NOT NULL              -- the last id made in this lane
) WITH (fillfactor = 70);

-- Customers of the front ends, as the platform pushed or imported them.
CREATE TABLE customers (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- front end / PIN
    version BIGINT NOT NULL,
    front_end TEXT NOT NULL,
    pin TEXT NOT NULL,
    currency TEXT NOT NULL,               -- locked to the front end's
    blocked BIGINT NOT NULL,             -- 1: may not pay in or out
    login_token_hash TEXT,                -- SHA-256 of a one-time token for AuthCust
    first_name TEXT, last_name TEXT, street TEXT, city TEXT, province TEXT, postal_code TEXT, country TEXT,
    phone TEXT, email TEXT, born TEXT, gender TEXT, profile BIGINT, ip_address TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX customers_by_front_end ON customers (front_end, id);

-- Ledger accounts with their kept balance. A house account (transit, fees, processor) is kept in one row for each
-- writer (`stripe`), so that writers do not wait for each other; a customer's account is one row, stripe 0.
CREATE TABLE accounts (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- path # stripe
    version BIGINT NOT NULL,
    path TEXT NOT NULL,                   -- customer/front end/PIN, fees/front end, processor/name/currency, …
    stripe BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('customer', 'payouts_in_transit', 'fees', 'processor', 'adjustments', 'suspense')),
    currency TEXT NOT NULL,
    balance BIGINT NOT NULL,
    UNIQUE (id, currency)
) WITH (fillfactor = 70);
CREATE INDEX accounts_by_path ON accounts (path);

-- Ledger transactions. The name makes each happen once: subject / kind.
CREATE TABLE ledger_transactions (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- subject / kind
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,                -- the payout, deposit or adjustment it belongs to
    subject_id BIGINT,                   -- its id, for a payout or a deposit
    front_end TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX ledger_transactions_by_subject ON ledger_transactions (subject_id) WHERE subject_id IS NOT NULL;

-- The postings. One row moves a positive amount from one account to another of the same currency, so a ledger
-- transaction sums to zero by construction: no row can be written that makes or loses money.
CREATE TABLE ledger_entries (
    id BIGINT PRIMARY KEY NOT NULL,
    transaction_id BIGINT NOT NULL REFERENCES ledger_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    from_account BIGINT NOT NULL,
    to_account BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    CHECK (from_account <> to_account),
    FOREIGN KEY (from_account, currency) REFERENCES accounts (id, currency) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (to_account, currency) REFERENCES accounts (id, currency) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ledger_entries_by_transaction ON ledger_entries (transaction_id);
CREATE INDEX ledger_entries_from ON ledger_entries (from_account, id);
CREATE INDEX ledger_entries_to ON ledger_entries (to_account, id);

CREATE TABLE payouts (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- front end / TraceID: one payout a trace
    version BIGINT NOT NULL,
    front_end TEXT NOT NULL,
    pin TEXT NOT NULL,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    trace_id BIGINT NOT NULL,            -- the cashier's TraceID
    status TEXT NOT NULL
        CHECK (status IN ('Requested', 'Authorized', 'InProgress', 'Approved', 'Rejected', 'Cancelled', 'Reversed')),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    debit_state TEXT NOT NULL CHECK (debit_state IN ('NotTaken', 'Taken', 'Released', 'GivenBack')),
    debit_amount BIGINT NOT NULL,        -- what was taken for the processor
    debit_fee BIGINT NOT NULL,           -- what was taken for us
    asked_name TEXT,                      -- the processor as the cashier called it at CreatePayout
    asked_processor TEXT,                 -- the platform's name for it
    asked_route TEXT,
    used_name TEXT,                       -- the processor that carries it out, both names
    used_processor TEXT,
    used_route TEXT,
    payment_method TEXT,
    transaction_id TEXT,                  -- the processor's id, from Approved on
    created_by TEXT,
    updated_by TEXT,
    reversal_id BIGINT,
    reversal_trace_id BIGINT,
    attempt_id BIGINT,                   -- the latest attempt at a processor
    attempt_state TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX payouts_by_front_end ON payouts (front_end, id);
CREATE INDEX payouts_by_customer ON payouts (customer_id, id);
CREATE INDEX payouts_open ON payouts (status, id) WHERE status IN ('Requested', 'Authorized', 'InProgress');

-- A payout that ended stays ended.
CREATE TRIGGER payouts_terminal BEFORE UPDATE ON payouts FOR EACH ROW
WHEN ((OLD.status IN ('Rejected', 'Cancelled', 'Reversed') AND NEW.status <> OLD.status)
  OR (OLD.status = 'Approved' AND NEW.status NOT IN ('Approved', 'Reversed')))
EXECUTE FUNCTION tillgate_refuse('a terminal payout status can not be left');

-- Tries at carrying payouts out at a processor.
CREATE TABLE payout_attempts (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- payout / number
    version BIGINT NOT NULL,
    payout_id BIGINT NOT NULL REFERENCES payouts (id) DEFERRABLE INITIALLY DEFERRED,
    number BIGINT NOT NULL,
    route TEXT NOT NULL,
    account TEXT NOT NULL,                -- the processor account that carries it out
    request_id TEXT NOT NULL UNIQUE,      -- the idempotency key at the processor, fixed for this attempt
    reference TEXT NOT NULL UNIQUE,       -- our order id at the processor
    state TEXT NOT NULL CHECK (state IN ('Planned', 'Sending', 'Succeeded', 'Refused', 'Unknown')),
    processor_reference TEXT,
    code TEXT,
    reason TEXT,
    sent_at BIGINT,
    inquiries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX payout_attempts_by_payout ON payout_attempts (payout_id, number);
CREATE INDEX payout_attempts_unsettled ON payout_attempts (state, id) WHERE state IN ('Planned', 'Sending', 'Unknown');

-- A settled attempt never moves again.
CREATE TRIGGER payout_attempts_settled BEFORE UPDATE ON payout_attempts FOR EACH ROW
WHEN (OLD.state IN ('Succeeded', 'Refused') AND NEW.state <> OLD.state)
EXECUTE FUNCTION tillgate_refuse('a settled attempt can not move');

CREATE TABLE deposits (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- front end / TraceID: one deposit a trace
    version BIGINT NOT NULL,
    front_end TEXT NOT NULL,
    pin TEXT NOT NULL,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    trace_id BIGINT NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('Pending', 'Authorized', 'Settling', 'Credited', 'Declined', 'Cancelled', 'Reversed')),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    captured BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    processor_name TEXT,                  -- as the cashier called it
    processor TEXT,                       -- the platform's name
    route TEXT,
    payment_method TEXT,
    transaction_id TEXT,
    created_by TEXT,
    run_by_us BIGINT NOT NULL,           -- 1: opened by CreateDeposit at a processor
    account TEXT,                         -- the processor account, for those
    method TEXT,
    reference TEXT UNIQUE,                -- our order id at the processor
    processor_reference TEXT,
    capture TEXT,
    language TEXT,
    token TEXT UNIQUE,                    -- names the customer's pages of this deposit; can't be guessed
    opened TEXT,                          -- where the customer pays, as the processor said it (JSON)
    attempted TEXT,                       -- a call that is under way or whose answer is not known: debit, capture, cancel
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX deposits_by_customer ON deposits (customer_id, id);
CREATE INDEX deposits_unsettled ON deposits (status, id) WHERE run_by_us = 1 AND status IN ('Pending', 'Authorized', 'Settling');

CREATE TRIGGER deposits_credited BEFORE UPDATE ON deposits FOR EACH ROW
WHEN (OLD.status = 'Credited' AND NEW.status NOT IN ('Credited', 'Reversed') OR OLD.status = 'Reversed' AND NEW.status <> 'Reversed')
EXECUTE FUNCTION tillgate_refuse('a credited deposit can only be reversed');

-- Refunds of deposits that we run. The customer is debited before the processor is asked, and gets it back when the
-- processor says no.
CREATE TABLE refunds (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- deposit / number
    version BIGINT NOT NULL,
    deposit_id BIGINT NOT NULL REFERENCES deposits (id) DEFERRABLE INITIALLY DEFERRED,
    number BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('Planned', 'Sending', 'Succeeded', 'Refused', 'Unknown')),
    processor_reference TEXT,
    code TEXT,
    reason TEXT,
    inquiries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX refunds_by_deposit ON refunds (deposit_id, number);

-- What a card payout can go to: a processor's pseudo card number, never a card number.
CREATE TABLE instruments (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- front end / PIN / issuer / token
    version BIGINT NOT NULL,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    issuer TEXT NOT NULL,
    token TEXT NOT NULL,
    brand TEXT NOT NULL,
    expiry TEXT NOT NULL,                 -- YYYYMM
    masked TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX instruments_by_customer ON instruments (customer_id, updated_at);

-- The answers given, so that a repeat gets the same one.
CREATE TABLE replies (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- front end / method / key
    version BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,            -- of the content that decides: other content under the same key is refused
    reply TEXT NOT NULL,                  -- JSON
    at BIGINT NOT NULL
);

-- Errands: what must be done outside, written in the same commit as the reason for it.
CREATE TABLE outbox (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- kind / subject: an errand is put once
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,                -- JSON
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    fence BIGINT NOT NULL,               -- grows with every claim: a worker that was paused past its lease can't write
    leased_by TEXT,
    leased_until BIGINT,
    parked_at BIGINT,                    -- given up until a person retries it
    done_at BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE done_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_parked ON outbox (id) WHERE parked_at IS NOT NULL;

-- What processors told us, each once.
CREATE TABLE notices (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- processor account / key
    version BIGINT NOT NULL,
    account TEXT NOT NULL,
    reference TEXT NOT NULL,
    summary TEXT NOT NULL,
    deliveries BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX notices_by_reference ON notices (reference, id);

-- Who did what, when and why: a hash chain for each lane.
CREATE TABLE audit (
    id BIGINT PRIMARY KEY NOT NULL,
    lane BIGINT NOT NULL REFERENCES lanes (id) DEFERRABLE INITIALLY DEFERRED,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,                   -- SHA-256 over the previous hash and this row
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    front_end TEXT NOT NULL,
    pin TEXT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    request_id TEXT NOT NULL,
    detail TEXT NOT NULL,                 -- JSON
    UNIQUE (lane, seq)
);
CREATE INDEX audit_by_subject ON audit (subject, id);

CREATE TRIGGER audit_kept BEFORE UPDATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION tillgate_refuse('audit rows are never changed');
CREATE TRIGGER audit_stays BEFORE DELETE ON audit FOR EACH STATEMENT EXECUTE FUNCTION tillgate_refuse('audit rows are never deleted');
CREATE TRIGGER entries_kept BEFORE UPDATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION tillgate_refuse('ledger entries are never changed');
CREATE TRIGGER entries_stay BEFORE DELETE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION tillgate_refuse('ledger entries are never deleted');
CREATE TRIGGER transactions_kept BEFORE UPDATE ON ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION tillgate_refuse('ledger transactions are never changed');
CREATE TRIGGER transactions_stay BEFORE DELETE ON ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION tillgate_refuse('ledger transactions are never deleted');
