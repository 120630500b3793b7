ALTER TABLE payouts DROP COLUMN bank_account;
