-- What a deposit's processor must be told besides: the stored instrument or the series that it is a charge of (JSON).
ALTER TABLE deposits ADD COLUMN extra TEXT;
-- A payment at a processor belongs to one deposit, so that it can't be credited to two.
CREATE UNIQUE INDEX deposits_at_processor ON deposits (account, processor_reference);
