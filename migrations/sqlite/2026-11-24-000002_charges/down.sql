DROP INDEX deposits_at_processor;
ALTER TABLE deposits DROP COLUMN extra;
