ALTER TABLE ledger_entries
    ADD FOREIGN KEY (transaction_id) REFERENCES ledger_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (from_account, currency) REFERENCES accounts (id, currency) DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (to_account, currency) REFERENCES accounts (id, currency) DEFERRABLE INITIALLY DEFERRED;
DROP TRIGGER accounts_kept ON accounts;
DROP TRIGGER accounts_stay ON accounts;
DROP TRIGGER entries_refer ON ledger_entries;
DROP FUNCTION tillgate_entries_refer();
