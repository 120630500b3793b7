DROP TABLE proposals;
DROP TABLE payout_notes;
DROP TABLE payout_preparers;
DROP TABLE payout_claims;
DROP TABLE payout_marks;
ALTER TABLE payouts DROP COLUMN stopped;
