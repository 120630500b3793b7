//! Many payouts at once, written by the database itself: what lists are tried on. Their ledger is not written, so a
//! database filled like this is not sound; it is for reading.

use chrono::{DateTime, TimeZone, Utc};
use tillgate::store::{Connection, DatabaseUrl, Purpose};

pub const RARE_FRONT_END: &str = "Rare GBP";
pub const RARE_PROCESSOR: &str = "RareCo";

/// The first payout's moment; every further one is made some seconds later.
pub fn began() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).single().expect("a time")
}

/// Fills a migrated database with so many payouts, `seconds` apart, of a few common front ends and a rare one, most of
/// them approved long ago, the last ones open.
pub fn fill(url: &DatabaseUrl, payouts: i64, seconds: i64) {
    let mut line = Connection::open(url, Purpose::Write).expect("a line");
    line.take_your_time().expect("time");
    line.begin().expect("begun");
    for sql in statements(payouts, seconds) {
        line.batch(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
    line.commit().expect("committed");
    if line.is_postgres() {
        for table in ["customers", "payouts", "payout_attempts"] {
            line.batch(&format!("VACUUM ANALYZE {table}")).expect("counted");
        }
    }
}

fn statements(payouts: i64, seconds: i64) -> [String; 3] {
    let began_ms = began().timestamp_millis();
    let customers = 500.min(payouts);
    // So rare that there are some tens of them, however many rows there are.
    let rare = (payouts / 20).clamp(97, 20_011);
    let numbers = |most: i64| {
        format!(
            "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {most})"
        )
    };
    let reversed = rare.min(997);
    // A number for each payout that looks like chance and is the same everywhere.
    let drawn = format!("{} , d(i, h) AS (SELECT i, (i * 7919) % 100003 FROM n)", numbers(payouts));
    let front_end =
        format!("CASE WHEN h % {rare} = 4 THEN '{RARE_FRONT_END}' ELSE 'Front ' || CAST(i % 4 AS TEXT) END");
    let status = format!(
        "CASE WHEN i > {payouts} - {} THEN
             CASE i % 3 WHEN 0 THEN 'Requested' WHEN 1 THEN 'Authorized' ELSE 'InProgress' END
         WHEN h % {rare} = 7 THEN 'InProgress' WHEN h % {reversed} = 1 THEN 'Reversed' WHEN h % 101 = 2 THEN 'Rejected'
         WHEN h % 211 = 3 THEN 'Cancelled' ELSE 'Approved' END",
        (payouts / 1000).max(30)
    );
    let unknown = format!("h % {rare} = 7");
    let attempt = format!(
        "CASE WHEN status = 'InProgress' THEN
             CASE WHEN {unknown} THEN 'Unknown' WHEN i % 2 = 0 THEN 'Sending' ELSE 'Planned' END
         WHEN status = 'Approved' AND i % 2 = 0 THEN 'Succeeded'
         WHEN status = 'Rejected' AND i % 2 = 0 THEN 'Refused' END"
    );
    let id = format!("({began_ms} - 1704067200000 + i * {seconds} * 1000) * 4194304 + 4096");
    let at = format!("({began_ms} + i * {seconds} * 1000) * 1000");
    let rows = format!(
        "{drawn}, s AS (SELECT i, h, {front_end} AS front_end, {status} AS status FROM d),
         a AS (SELECT i, h, front_end, status, {attempt} AS attempt FROM s)"
    );
    let customer = format!(
        "CASE WHEN front_end = '{RARE_FRONT_END}' THEN {customers} + 1 ELSE (i / 4 * 4) % {customers} / 4 * 4 + i % 4 + 1 END"
    );
    [
        format!(
            "{} INSERT INTO customers (id, name, version, front_end, pin, currency, blocked, created_at, updated_at)
             SELECT i, front_end || '/pin' || CAST(i AS TEXT), 0, front_end, 'pin' || CAST(i AS TEXT), 'EUR', 0, 0, 0
             FROM (SELECT i, CASE WHEN i = {customers} + 1 THEN '{RARE_FRONT_END}'
                 ELSE 'Front ' || CAST((i - 1) % 4 AS TEXT) END AS front_end FROM n) c",
            numbers(customers + 4)
        ),
        format!(
            "{rows} INSERT INTO payouts (id, name, version, front_end, pin, customer_id, trace_id, status, currency,
                 amount, fee, debit_state, debit_amount, debit_fee, asked_name, asked_processor, asked_route, used_name,
                 used_processor, used_route, transaction_id, attempt_id, attempt_state, created_at, updated_at)
             SELECT {id}, front_end || '/' || CAST(i AS TEXT), 0, front_end, 'pin' || CAST({customer} AS TEXT),
                 {customer}, i, status, 'EUR', CASE WHEN h % {rare} = 11 THEN 10000000 ELSE 100 + h % 50000 END, 0,
                 CASE WHEN status = 'Approved' THEN 'Taken' WHEN status = 'Reversed' THEN 'GivenBack'
                     WHEN status IN ('Rejected', 'Cancelled') AND i % 2 = 0 THEN 'Released'
                     WHEN status NOT IN ('Rejected', 'Cancelled') AND i % 2 = 0 THEN 'Taken' ELSE 'NotTaken' END,
                 0, 0, processor, processor, route, CASE WHEN i % 5 = 0 THEN processor END,
                 CASE WHEN i % 5 = 0 THEN processor END, CASE WHEN i % 5 = 0 THEN route END,
                 CASE WHEN status IN ('Approved', 'Reversed') THEN 'T' || CAST(i AS TEXT) END,
                 CASE WHEN attempt IS NOT NULL THEN {id} + 1 END, attempt, {at}, {at} + i % 7 * 1000000
             FROM (SELECT a.*, CASE WHEN h % {rare} = 5 THEN '{RARE_PROCESSOR}' ELSE 'Processor ' || CAST(i % 3 AS TEXT) END
                 AS processor, 'cashier' AS route FROM a) p"
        ),
        format!(
            "{rows} INSERT INTO payout_attempts (id, name, version, payout_id, number, route, account, request_id,
                 reference, state, processor_reference, inquiries, created_at, updated_at)
             SELECT {id} + 1, CAST(i AS TEXT) || '/1', 0, {id}, 1, 'paygate_creditex', 'main', 'R' || CAST(i AS TEXT),
                 'A' || CAST(i AS TEXT), attempt, CASE WHEN attempt = 'Succeeded' THEN 'X' || CAST(i AS TEXT) END, 0,
                 {at}, {at}
             FROM a WHERE attempt IS NOT NULL"
        ),
    ]
}
