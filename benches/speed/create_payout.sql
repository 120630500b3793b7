\set c random(1, :customers)
WITH k AS (SELECT 5000000000000000000 + nextval('bench_ids') * 8 AS n),
 c AS (SELECT * FROM bench_customers WHERE number = :c),
 h AS (SELECT * FROM bench_house WHERE client = :client_id),
 d AS (UPDATE accounts a SET balance = a.balance - 1250, version = a.version + 1 FROM c WHERE a.id = c.account_id AND a.balance >= 1250 RETURNING a.id),
 t AS (UPDATE accounts a SET balance = a.balance + 1200, version = a.version + 1 FROM h, d WHERE a.id = h.transit_id RETURNING a.id),
 f AS (UPDATE accounts a SET balance = a.balance + 50, version = a.version + 1 FROM h, d WHERE a.id = h.fees_id RETURNING a.id),
 n AS (UPDATE lanes l SET version = l.version + 1, head_seq = l.head_seq + 1, head_hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', last_id = k.n FROM h, k, d WHERE l.id = h.lane),
 p AS (INSERT INTO payouts (id, name, version, front_end, pin, customer_id, trace_id, status, currency, amount, fee, debit_state, debit_amount, debit_fee, asked_name, asked_processor, asked_route, created_by, created_at, updated_at)
   SELECT k.n, 'Bench EUR/' || k.n, 0, 'Bench EUR', c.pin, c.customer_id, k.n, 'Requested', 'EUR', 1200, 50, 'Taken', 1200, 50, 'CFT', 'CFT', 'cashier', 'INTERNET', 0, 0 FROM k, c, d RETURNING id),
 l AS (INSERT INTO ledger_transactions (id, name, version, kind, subject, subject_id, front_end, at)
   SELECT p.id + 1, 'PO-' || p.id || '/payout_debited', 0, 'payout_debited', 'PO-' || p.id, p.id, 'Bench EUR', 0 FROM p RETURNING id),
 e AS (INSERT INTO ledger_entries (id, transaction_id, from_account, to_account, amount, currency)
   SELECT l.id + 1, l.id, d.id, t.id, 1200, 'EUR' FROM l, d, t UNION ALL SELECT l.id + 2, l.id, d.id, f.id, 50, 'EUR' FROM l, d, f),
 r AS (INSERT INTO replies (id, name, version, fingerprint, reply, at)
   SELECT p.id + 4, 'Bench EUR/CreatePayout/' || p.id, 0, c.pin || '/1200/EUR/50', '{"refused": null,"description":"Payout recorded","payout":"PO-0AMSP9BAG0400","deposit": null,"reversal": null}', 0 FROM p, c),
 a AS (INSERT INTO audit (id, lane, seq, hash, at, kind, subject, front_end, pin, who, why, from_state, to_state, request_id, detail)
   SELECT p.id + 5, h.lane, p.id, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0, 'payout.created', 'PO-' || p.id, 'Bench EUR', c.pin, 'INTERNET', '', '', 'Requested', 'be6b938f0d607a3a', '{"trace_id": 1,"amount":"12.00 EUR","fee":"0.50 EUR","postings":["customer/Bench EUR/bench0001: -12.50 EUR","payouts_in_transit/Bench EUR: 12.00 EUR","fees/Bench EUR: 0.50 EUR"]}' FROM p, c, h)
SELECT id FROM p;
