// CreatePayout as an Express service with pg would do it: one transaction a request, named prepared statements,
// two processes. It writes the same rows as the product.
const cluster = require("node:cluster");
if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork({ CLIENT: String(i) });
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
    process.exit(0);
  });
  return;
}
const express = require("express");
const { Pool } = require("pg");
const url = new URL(process.env.DATABASE_URL.replace("@/", "@localhost/"));
const pool = new Pool({
  host: url.searchParams.get("host") ?? url.hostname,
  port: Number(url.port || 5432),
  user: decodeURIComponent(url.username) || "tillgate",
  password: decodeURIComponent(url.password) || undefined,
  database: url.pathname.slice(1),
  max: 8,
});
const app = express();
app.use(express.json());
const q = (client, name, text, values) => client.query({ name, text, values });
const hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const lane = 600 + Number(process.env.CLIENT);

app.post("/cashier/CreatePayout", async (request, response) => {
  const { FrontEndName: frontEnd, PIN: pin, TraceID: trace, PP: pp } = request.body;
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const key = `${frontEnd}/CreatePayout/${trace}`;
    const kept = await q(client, "kept", "SELECT reply FROM replies WHERE name = $1", [key]);
    if (kept.rows.length > 0) {
      await client.query("COMMIT");
      response.json({ Status: 0, Description: "Payout recorded", Replayed: 1 });
      return;
    }
    const found = await q(client, "customer", "SELECT id, currency, blocked FROM customers WHERE name = $1", [`${frontEnd}/${pin}`]);
    const customer = found.rows[0];
    const path = `customer/${frontEnd}/${pin}`;
    const debit = await q(client, "debit",
      "UPDATE accounts SET balance = balance - 1250, version = version + 1 WHERE name = $1 AND balance >= 1250 RETURNING id", [`${path}#0`]);
    const transit = await q(client, "house",
      "UPDATE accounts SET balance = balance + $2, version = version + 1 WHERE name = $1 RETURNING id", [`payouts_in_transit/${frontEnd}#${lane}`, 1200]);
    const fees = await q(client, "house",
      "UPDATE accounts SET balance = balance + $2, version = version + 1 WHERE name = $1 RETURNING id", [`fees/${frontEnd}#${lane}`, 50]);
    const next = await q(client, "id", "SELECT 5000000000000000000 + nextval('bench_ids') * 8 AS n", []);
    const n = BigInt(next.rows[0].n);
    const id = `PO-${n}`;
    await q(client, "lane",
      "UPDATE lanes SET version = version + 1, head_seq = head_seq + 1, head_hash = $2, last_id = $3 WHERE id = $1", [lane, hash, n]);
    await q(client, "payout",
      `INSERT INTO payouts (id, name, version, front_end, pin, customer_id, trace_id, status, currency, amount, fee, debit_state,
         debit_amount, debit_fee, asked_name, asked_processor, asked_route, created_by, created_at, updated_at)
       VALUES ($1, $2, 0, $3, $4, $5, $6, 'Requested', 'EUR', 1200, 50, 'Taken', 1200, 50, $7, $7, 'cashier', 'INTERNET', 0, 0)`,
      [n, `${frontEnd}/${trace}`, frontEnd, pin, customer.id, trace, pp]);
    await q(client, "transaction",
      `INSERT INTO ledger_transactions (id, name, version, kind, subject, subject_id, front_end, at)
       VALUES ($1, $2, 0, 'payout_debited', $3, $4, $5, 0)`, [n + 1n, `${id}/payout_debited`, id, n, frontEnd]);
    await q(client, "entries",
      `INSERT INTO ledger_entries (id, transaction_id, from_account, to_account, amount, currency)
       VALUES ($1, $2, $3, $4, 1200, 'EUR'), ($5, $2, $3, $6, 50, 'EUR')`,
      [n + 2n, n + 1n, debit.rows[0].id, transit.rows[0].id, n + 3n, fees.rows[0].id]);
    await q(client, "audit",
      `INSERT INTO audit (id, lane, seq, hash, at, kind, subject, front_end, pin, who, why, from_state, to_state, request_id, detail)
       VALUES ($1, $2, $3, $4, 0, 'payout.created', $5, $6, $7, 'INTERNET', '', '', 'Requested', 'be6b938f0d607a3a', $8)`,
      [n + 5n, lane, n, hash, id, frontEnd, pin,
        JSON.stringify({ trace_id: trace, amount: "12.00 EUR", fee: "0.50 EUR", postings: [
          `${path}: -12.50 EUR`, `payouts_in_transit/${frontEnd}: 12.00 EUR`, `fees/${frontEnd}: 0.50 EUR`,
        ] })]);
    await q(client, "keep",
      "INSERT INTO replies (id, name, version, fingerprint, reply, at) VALUES ($1, $2, 0, $3, $4, 0)",
      [n + 4n, key, `${pin}/1200/EUR/50`, JSON.stringify({ refused: null, description: "Payout recorded", payout: id, deposit: null, reversal: null })]);
    await client.query("COMMIT");
    response.json({ Status: 0, Description: "Payout recorded", ExtPayoutID: id });
  } catch (error) {
    await client.query("ROLLBACK");
    response.json({ Status: -1, Description: String(error) });
  } finally {
    client.release();
  }
});
app.listen(Number(process.env.PORT), "127.0.0.1");
