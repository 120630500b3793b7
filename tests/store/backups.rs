//! A backup taken while commands run is whole, and what it can't know is named: payouts that may have been paid since.

use super::house::House;
use crate::support::{self, Scratch, postgres};
use diesel::sql_types::BigInt;
use std::process::Command;
use tillgate::domain::ids::PayoutId;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::store::{Connection, DatabaseUrl, Purpose, Wants, attempts, check, migrations};

/// A payout whose attempt was being sent when the backup was taken.
async fn sending(house: &House) -> PayoutId {
    house.customer("Bigdaddy", 10_000).await;
    house.pays("Bigdaddy", 1, 100).await;
    let id = house.pays("Bigdaddy", 2, 200).await.payout.expect("a payout");
    let sent = house.store.transact("Bigdaddy", Wants::nothing().payout(id), move |tx| {
        let mut attempt = attempts::plan(tx, id, "paygate_creditex", "main", "key".to_owned())?;
        attempt.state = AttemptState::Sending;
        Ok(attempts::advance(tx, &attempt)?)
    });
    sent.await.expect("sending");
    id
}

/// The restored books are sound, hold what was there at the backup and nothing later, and name what to inquire.
async fn holds_the_moment_of_the_backup(url: &DatabaseUrl, id: PayoutId) {
    let restored = House::open(url, "one");
    restored.store.is_ready().await.expect("no migration is due");
    restored.is_sound().await;
    let checked = restored.store.read(check::run).await.expect("checked");
    assert_eq!(checked.to_inquire, [id.to_string()]);
    assert_eq!(restored.balance("Bigdaddy").await, 10_000 - 300);
    // A repeat of what the backup holds is answered as it was; what came later is unknown and done anew.
    assert!(restored.pays("Bigdaddy", 1, 100).await.replayed);
    assert!(!restored.pays("Bigdaddy", 3, 300).await.replayed);
    restored.closes_sound().await;
}

#[tokio::test]
async fn vacuum_into_makes_a_whole_copy_of_sqlite() {
    let scratch = support::sqlite();
    let house = House::open(&scratch.url, "one");
    let id = sending(&house).await;
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("backup.db").display().to_string();
    let mut line = Connection::open(&scratch.url, Purpose::Write).expect("a line");
    line.batch(&format!("VACUUM INTO '{copy}'")).expect("copied");
    house.pays("Bigdaddy", 3, 300).await;
    holds_the_moment_of_the_backup(&DatabaseUrl::Sqlite(copy), id).await;
    house.closes_sound().await;
}

#[tokio::test]
async fn pg_dump_makes_a_whole_copy_of_postgresql() {
    let (Some(scratch), Some(empty)) = (support::postgres(), postgres::Database::empty()) else { return };
    let house = House::open(&scratch.url, "one");
    let id = sending(&house).await;
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("backup.dump");
    let run = |command: &mut Command| {
        let done = command.output().expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run(program("pg_dump").args(["--format=custom", "--file"]).arg(&dump).arg(text(&scratch)));
    house.pays("Bigdaddy", 3, 300).await;
    let DatabaseUrl::Postgres(into) = empty.url() else { panic!("PostgreSQL") };
    run(program("pg_restore").args(["--exit-on-error", "--dbname", &into]).arg(&dump));
    holds_the_moment_of_the_backup(&empty.url(), id).await;
    house.closes_sound().await;
}

fn program(name: &str) -> Command {
    Command::new(postgres::programs().map_or(name.into(), |bin| bin.join(name)))
}

fn text(scratch: &Scratch) -> &str {
    match &scratch.url {
        DatabaseUrl::Sqlite(path) => path,
        DatabaseUrl::Postgres(url) => url,
    }
}

#[tokio::test]
async fn a_database_without_its_migrations_is_not_ready() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = DatabaseUrl::Sqlite(folder.path().join("new.db").display().to_string());
    let empty = postgres::Database::empty();
    for url in std::iter::once(file).chain(empty.iter().map(postgres::Database::url)) {
        let mut line = Connection::open(&url, Purpose::Read).expect("a line");
        let due = migrations::pending(&mut line).expect("pending");
        assert!(!due.is_empty());
        let house = House::open(&url, "one");
        assert!(house.store.is_ready().await.is_err());
        assert_eq!(migrations::run(&url).expect("migrated").len(), due.len());
        assert_eq!(migrations::pending(&mut line).expect("pending"), Vec::<String>::new());
        assert_eq!(migrations::run(&url).expect("nothing is due"), Vec::<String>::new());
        house.store.is_ready().await.expect("ready");
        house.store.close();
    }
}

/// A release that expands the schema may migrate while nodes of the release before still work.
#[tokio::test]
async fn an_old_node_works_on_beside_an_expanded_schema() {
    support::on_both(|url| async move {
        let old = House::open(&url, "old");
        old.customer("Bigdaddy", 10_000).await;
        old.pays("Bigdaddy", 1, 100).await;
        let mut migrating = Connection::open(&url, Purpose::Write).expect("a line");
        for table in ["customers", "accounts", "payouts", "replies", "audit", "ledger_entries"] {
            migrating.batch(&format!("ALTER TABLE {table} ADD COLUMN news TEXT")).expect("expanded");
        }
        let sql = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')";
        migrating.batch(sql).expect("noted");
        old.store.is_ready().await.expect("what it needs is there");
        let new = House::open(&url, "new");
        let id = old.pays("Bigdaddy", 2, 200).await.payout.expect("a payout");
        assert!(new.pays("Bigdaddy", 2, 200).await.replayed);
        let cancelled = tillgate::domain::payout::status::PayoutStatus::Cancelled;
        new.updates("Bigdaddy", id, cancelled).await.expect("cancelled");
        old.updates("Bigdaddy", id, cancelled).await.expect("a repeat");
        assert_eq!(old.balance("Bigdaddy").await, 10_000 - 100);
        for house in [old, new] {
            house.closes_sound().await;
        }
    })
    .await;
}

/// Writers go on while the indexes of a large table are built, even while the build waits for somebody's transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_builds_its_indexes_without_keeping_writers_out() {
    let Some(scratch) = support::postgres() else { return };
    let house = House::open(&scratch.url, "one");
    house.customer("Bigdaddy", 10_000).await;
    let mut line = Connection::open(&scratch.url, Purpose::Write).expect("a line");
    line.batch(include_str!("../../migrations/postgres/2026-11-25-000006_lists/down.sql")).expect("reverted");
    line.batch("DELETE FROM __diesel_schema_migrations WHERE version = '20261125000006'").expect("forgotten");
    assert_eq!(migrations::pending(&mut line).expect("pending"), ["2026-11-25-000006_lists"]);

    line.batch("BEGIN; LOCK TABLE payouts IN ROW EXCLUSIVE MODE").expect("somebody writes");
    let url = scratch.url.clone();
    let migrating = tokio::task::spawn_blocking(move || migrations::run(&url));
    let mut looking = Connection::open(&scratch.url, Purpose::Read).expect("a line");
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%payouts_by_processor%'";
    while looking.load::<BigInt, i64>(sql, &[]).expect("a count") != [1] {
        assert!(!migrating.is_finished(), "it waits for who writes");
        tokio::task::yield_now().await;
    }
    // A build that locks the table would stand before this one in the queue.
    house.pays("Bigdaddy", 1, 100).await;
    line.batch("COMMIT").expect("done");
    assert_eq!(migrating.await.expect("no panic").expect("migrated"), ["20261125000006"]);
    assert_eq!(migrations::pending(&mut line).expect("pending"), Vec::<String>::new());
    let valid = "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relname = 'payouts_by_processor' AND i.indisvalid";
    assert_eq!(line.load::<BigInt, i64>(valid, &[]).expect("a count"), [1]);
    house.closes_sound().await;
}
