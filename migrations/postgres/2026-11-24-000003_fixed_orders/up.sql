-- What an attempt's order was fixed to when it was first sent, and since when its processor does not know it.
ALTER TABLE payout_attempts ADD COLUMN not_found_at BIGINT;
ALTER TABLE payout_attempts ADD COLUMN instrument_id BIGINT;
ALTER TABLE payout_attempts ADD COLUMN deposit_id BIGINT;
ALTER TABLE payout_attempts ADD COLUMN credited_before BIGINT;
CREATE INDEX payout_attempts_by_deposit ON payout_attempts (deposit_id) WHERE deposit_id IS NOT NULL;
ALTER TABLE refunds ADD COLUMN sent_at BIGINT;
ALTER TABLE refunds ADD COLUMN not_found_at BIGINT;
