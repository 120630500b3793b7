-- A list of more than two names is a small table to SQLite, which it makes anew for every row that it compares: a tenth of
-- what writing a payout cost. Equations say the same. Nothing that is stored changes with them, so only the texts of the
-- schema are written, as SQLite's documentation shows it for such a change.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (status IN (''Requested'', ''Authorized'', ''InProgress'', ''Approved'', ''Rejected'', ''Cancelled'', ''Reversed''))',
    'CHECK (status = ''Requested'' OR status = ''Authorized'' OR status = ''InProgress'' OR status = ''Approved'' OR status = ''Rejected'' OR status = ''Cancelled'' OR status = ''Reversed'')')
WHERE name = 'payouts';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (debit_state IN (''NotTaken'', ''Taken'', ''Released'', ''GivenBack''))',
    'CHECK (debit_state = ''NotTaken'' OR debit_state = ''Taken'' OR debit_state = ''Released'' OR debit_state = ''GivenBack'')')
WHERE name = 'payouts';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE status IN (''Requested'', ''Authorized'', ''InProgress'')',
    'WHERE status = ''Requested'' OR status = ''Authorized'' OR status = ''InProgress''')
WHERE name = 'payouts_open';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE status IN (''Rejected'', ''Cancelled'', ''Reversed'')',
    'WHERE status = ''Rejected'' OR status = ''Cancelled'' OR status = ''Reversed''')
WHERE name = 'payouts_ended';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (state IN (''Planned'', ''Sending'', ''Succeeded'', ''Refused'', ''Unknown''))',
    'CHECK (state = ''Planned'' OR state = ''Sending'' OR state = ''Succeeded'' OR state = ''Refused'' OR state = ''Unknown'')')
WHERE name = 'payout_attempts';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE state IN (''Planned'', ''Sending'', ''Refused'', ''Unknown'')',
    'WHERE state = ''Planned'' OR state = ''Sending'' OR state = ''Refused'' OR state = ''Unknown''')
WHERE name = 'payout_attempts_by_state';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (status IN (''Pending'', ''Authorized'', ''Settling'', ''Credited'', ''Declined'', ''Cancelled'', ''Reversed''))',
    'CHECK (status = ''Pending'' OR status = ''Authorized'' OR status = ''Settling'' OR status = ''Credited'' OR status = ''Declined'' OR status = ''Cancelled'' OR status = ''Reversed'')')
WHERE name = 'deposits';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE run_by_us = 1 AND status IN (''Pending'', ''Authorized'', ''Settling'')',
    'WHERE run_by_us = 1 AND (status = ''Pending'' OR status = ''Authorized'' OR status = ''Settling'')')
WHERE name = 'deposits_unsettled';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (state IN (''Planned'', ''Sending'', ''Succeeded'', ''Refused'', ''Unknown''))',
    'CHECK (state = ''Planned'' OR state = ''Sending'' OR state = ''Succeeded'' OR state = ''Refused'' OR state = ''Unknown'')')
WHERE name = 'refunds';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE state IN (''Planned'', ''Sending'', ''Unknown'')',
    'WHERE state = ''Planned'' OR state = ''Sending'' OR state = ''Unknown''')
WHERE name = 'refunds_unsettled';
-- Whoever has the schema in memory reads it anew after this.
DROP TRIGGER payouts_terminal;
CREATE TRIGGER payouts_terminal BEFORE UPDATE ON payouts
WHEN ((OLD.status = 'Rejected' OR OLD.status = 'Cancelled' OR OLD.status = 'Reversed') AND NEW.status <> OLD.status)
  OR (OLD.status = 'Approved' AND NEW.status NOT IN ('Approved', 'Reversed'))
BEGIN
    SELECT RAISE(ABORT, 'a terminal payout status can not be left');
END;
PRAGMA writable_schema = RESET;
