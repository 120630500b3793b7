-- The bank account or wallet that a payout goes to, as JSON, where the cashier named one at CreatePayout.
ALTER TABLE payouts ADD COLUMN bank_account TEXT;
