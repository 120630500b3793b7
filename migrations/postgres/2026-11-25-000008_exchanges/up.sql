-- What went over the wire for payouts and deposits, masked, for people who look into it. Kept for some days, and never
-- read by anything that moves money. The id carries the time, so what is old is deleted by id.
CREATE TABLE exchanges (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,            -- its own id
    version BIGINT NOT NULL,
    subject TEXT NOT NULL,                -- the payout or deposit, in its outside spelling
    attempt TEXT,                         -- the attempt of a payout
    account TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
    action TEXT NOT NULL,
    address TEXT NOT NULL,                -- without user, query and fragment
    sent TEXT NOT NULL,
    status BIGINT,                       -- of HTTP, where there was an answer
    received TEXT,
    failure TEXT,                         -- why there was none
    at BIGINT NOT NULL,
    took_us BIGINT NOT NULL
);
CREATE INDEX exchanges_by_subject ON exchanges (subject, id);
