-- What people do with payouts: who stopped one, who gave which mark, who works on one, who prepared it, notes.
-- Why nothing of it starts (JSON): who holds it and why, or where it is to end while its cashier is being asked.
ALTER TABLE payouts ADD COLUMN stopped TEXT;

-- The marks of a payout. One that is taken back keeps its row without a giver; the audit trail has the history.
CREATE TABLE payout_marks (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- payout / letter
    version BIGINT NOT NULL,
    payout_id BIGINT NOT NULL REFERENCES payouts (id) DEFERRABLE INITIALLY DEFERRED,
    letter TEXT NOT NULL CHECK (letter IN ('G', 'R', 'A', 'M')),
    given_by TEXT,
    at BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX payout_marks_by_payout ON payout_marks (payout_id);

-- Who works on a payout, and until when.
CREATE TABLE payout_claims (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- payout
    version BIGINT NOT NULL,
    payout_id BIGINT NOT NULL REFERENCES payouts (id) DEFERRABLE INITIALLY DEFERRED,
    claimed_by TEXT NOT NULL,
    until_at BIGINT NOT NULL
) WITH (fillfactor = 70);

-- Everybody who had a hand in a payout before its release: above the four-eyes limit none of them releases it.
CREATE TABLE payout_preparers (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- payout / person
    version BIGINT NOT NULL,
    payout_id BIGINT NOT NULL REFERENCES payouts (id) DEFERRABLE INITIALLY DEFERRED,
    prepared_by TEXT NOT NULL,
    first_by TEXT NOT NULL,              -- what he did first: mark, edit, authorize, claim
    at BIGINT NOT NULL
);
CREATE INDEX payout_preparers_by_payout ON payout_preparers (payout_id);

CREATE TABLE payout_notes (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- payout / its own id
    version BIGINT NOT NULL,
    payout_id BIGINT NOT NULL REFERENCES payouts (id) DEFERRABLE INITIALLY DEFERRED,
    written_by TEXT NOT NULL,
    text TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX payout_notes_by_payout ON payout_notes (payout_id, id);

-- What one person proposed and another decides. Whoever confirms is never the proposer: the database says so too.
CREATE TABLE proposals (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,            -- its own id in the outside spelling
    version BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('attempt', 'refund', 'deposit', 'balance')),
    matter_id BIGINT NOT NULL,               -- attempt, refund or deposit; the customer for a balance
    front_end TEXT NOT NULL,
    pin TEXT NOT NULL,
    subject TEXT NOT NULL,                -- the payout or deposit behind it, in its outside spelling
    verdict TEXT NOT NULL CHECK (verdict IN ('paid', 'not_paid', 'adjust')),
    reference TEXT,                       -- the processor's id, when it is said to be paid
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    below_zero BIGINT NOT NULL,
    reason TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    stood TEXT NOT NULL,                  -- where the matter stood: elsewhere, the proposal is overtaken
    state TEXT NOT NULL CHECK (state IN ('Open', 'Confirmed', 'Declined', 'Withdrawn', 'Overtaken')),
    decided_by TEXT,
    decided_why TEXT,
    decided_at BIGINT,
    CHECK (state NOT IN ('Confirmed', 'Declined') OR (decided_by IS NOT NULL AND lower(decided_by) <> lower(proposed_by)))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX proposals_open ON proposals (kind, matter_id) WHERE state = 'Open' AND kind <> 'balance';
CREATE INDEX proposals_by_state ON proposals (state, id);
CREATE INDEX proposals_by_subject ON proposals (subject, id);

-- What is decided stays decided, and what was proposed is never another thing.
CREATE TRIGGER proposals_decided BEFORE UPDATE ON proposals FOR EACH ROW
WHEN (OLD.state <> 'Open' OR NEW.verdict <> OLD.verdict OR NEW.amount <> OLD.amount OR NEW.proposed_by <> OLD.proposed_by)
EXECUTE FUNCTION tillgate_refuse('a proposal is decided once and never changed');
