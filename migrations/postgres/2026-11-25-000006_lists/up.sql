-- What lists of people need and commands do not. Each index says what it costs the writer.
-- On a database that is at work, `tillgate migrate` has built them beforehand without a lock (`store/migrations.rs`).

-- A payout by the processor it goes by: one entry when it is created, at the end of that processor's run, and one more
-- when another processor is used.
CREATE INDEX IF NOT EXISTS payouts_by_processor ON payouts (COALESCE(used_processor, asked_processor), id);
-- The few that ended otherwise than paid: one entry at the end of a payout, none for one that is approved.
CREATE INDEX IF NOT EXISTS payouts_ended ON payouts (status, id) WHERE status IN ('Rejected', 'Cancelled', 'Reversed');
-- A payout by its processor's id: one entry at its approval.
CREATE INDEX IF NOT EXISTS payouts_by_transaction ON payouts (transaction_id) WHERE transaction_id IS NOT NULL;

-- The attempts that did not succeed, in the order of their payouts; in the place of the index of the unsettled ones,
-- so it costs one entry more for a refused attempt and none for the others.
DROP INDEX payout_attempts_unsettled;
CREATE INDEX IF NOT EXISTS payout_attempts_by_state ON payout_attempts (state, payout_id) WHERE state IN ('Planned', 'Sending', 'Refused', 'Unknown');
-- An attempt by its processor's id: one entry when the processor has answered.
CREATE INDEX IF NOT EXISTS payout_attempts_by_processor_reference ON payout_attempts (processor_reference) WHERE processor_reference IS NOT NULL;

-- One entry for each deposit, at the end of its front end's run; one when it is recorded with the processor's id.
CREATE INDEX IF NOT EXISTS deposits_by_front_end ON deposits (front_end, id);
CREATE INDEX IF NOT EXISTS deposits_by_transaction ON deposits (transaction_id) WHERE transaction_id IS NOT NULL;
-- Refunds whose outcome is not known: few at any time.
CREATE INDEX IF NOT EXISTS refunds_unsettled ON refunds (state, id) WHERE state IN ('Planned', 'Sending', 'Unknown');
-- A customer by his address, in small letters.
CREATE INDEX IF NOT EXISTS customers_by_email ON customers (lower(email)) WHERE email IS NOT NULL;
-- The accounts of a kind, for the ledger's pages: one entry when an account is first used.
CREATE INDEX IF NOT EXISTS accounts_by_kind ON accounts (kind, id);
