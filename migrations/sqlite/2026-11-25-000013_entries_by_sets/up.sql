-- PostgreSQL looks up what ledger entries refer to by sets; here a foreign key costs nothing that counts. The accounts
-- stay as they do there.
CREATE TRIGGER accounts_stay BEFORE DELETE ON accounts BEGIN SELECT RAISE(ABORT, 'accounts are never deleted'); END;
