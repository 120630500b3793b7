ALTER TABLE refunds DROP COLUMN not_found_at;
ALTER TABLE refunds DROP COLUMN sent_at;
DROP INDEX payout_attempts_by_deposit;
ALTER TABLE payout_attempts DROP COLUMN credited_before;
ALTER TABLE payout_attempts DROP COLUMN deposit_id;
ALTER TABLE payout_attempts DROP COLUMN instrument_id;
ALTER TABLE payout_attempts DROP COLUMN not_found_at;
