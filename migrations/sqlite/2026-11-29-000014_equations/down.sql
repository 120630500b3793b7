-- The lists again.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (status = ''Requested'' OR status = ''Authorized'' OR status = ''InProgress'' OR status = ''Approved'' OR status = ''Rejected'' OR status = ''Cancelled'' OR status = ''Reversed'')',
    'CHECK (status IN (''Requested'', ''Authorized'', ''InProgress'', ''Approved'', ''Rejected'', ''Cancelled'', ''Reversed''))')
WHERE name = 'payouts';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (debit_state = ''NotTaken'' OR debit_state = ''Taken'' OR debit_state = ''Released'' OR debit_state = ''GivenBack'')',
    'CHECK (debit_state IN (''NotTaken'', ''Taken'', ''Released'', ''GivenBack''))')
WHERE name = 'payouts';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE status = ''Requested'' OR status = ''Authorized'' OR status = ''InProgress''',
    'WHERE status IN (''Requested'', ''Authorized'', ''InProgress'')')
WHERE name = 'payouts_open';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE status = ''Rejected'' OR status = ''Cancelled'' OR status = ''Reversed''',
    'WHERE status IN (''Rejected'', ''Cancelled'', ''Reversed'')')
WHERE name = 'payouts_ended';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (state = ''Planned'' OR state = ''Sending'' OR state = ''Succeeded'' OR state = ''Refused'' OR state = ''Unknown'')',
    'CHECK (state IN (''Planned'', ''Sending'', ''Succeeded'', ''Refused'', ''Unknown''))')
WHERE name = 'payout_attempts';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE state = ''Planned'' OR state = ''Sending'' OR state = ''Refused'' OR state = ''Unknown''',
    'WHERE state IN (''Planned'', ''Sending'', ''Refused'', ''Unknown'')')
WHERE name = 'payout_attempts_by_state';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (status = ''Pending'' OR status = ''Authorized'' OR status = ''Settling'' OR status = ''Credited'' OR status = ''Declined'' OR status = ''Cancelled'' OR status = ''Reversed'')',
    'CHECK (status IN (''Pending'', ''Authorized'', ''Settling'', ''Credited'', ''Declined'', ''Cancelled'', ''Reversed''))')
WHERE name = 'deposits';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE run_by_us = 1 AND (status = ''Pending'' OR status = ''Authorized'' OR status = ''Settling'')',
    'WHERE run_by_us = 1 AND status IN (''Pending'', ''Authorized'', ''Settling'')')
WHERE name = 'deposits_unsettled';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (state = ''Planned'' OR state = ''Sending'' OR state = ''Succeeded'' OR state = ''Refused'' OR state = ''Unknown'')',
    'CHECK (state IN (''Planned'', ''Sending'', ''Succeeded'', ''Refused'', ''Unknown''))')
WHERE name = 'refunds';
UPDATE sqlite_schema SET sql = replace(sql,
    'WHERE state = ''Planned'' OR state = ''Sending'' OR state = ''Unknown''',
    'WHERE state IN (''Planned'', ''Sending'', ''Unknown'')')
WHERE name = 'refunds_unsettled';
-- Whoever has the schema in memory reads it anew after this.
DROP TRIGGER payouts_terminal;
CREATE TRIGGER payouts_terminal BEFORE UPDATE ON payouts
WHEN (OLD.status IN ('Rejected', 'Cancelled', 'Reversed') AND NEW.status <> OLD.status)
  OR (OLD.status = 'Approved' AND NEW.status NOT IN ('Approved', 'Reversed'))
BEGIN
    SELECT RAISE(ABORT, 'a terminal payout status can not be left');
END;
PRAGMA writable_schema = RESET;
