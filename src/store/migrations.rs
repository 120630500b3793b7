//! The migrations of both databases, embedded. `migrate` is an explicit step; `serve` only looks whether any is due.

use super::connection::{Connection, DatabaseUrl, Purpose};
use super::error::StoreError;
use super::statement::Bind;
use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Names of the migrations that have not run yet, oldest first. It only looks, so a read-only connection will do; the
/// harness would first make its table.
pub fn pending(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let known = known_to(connection)?;
    let made = match connection {
        Connection::Sqlite(_) => "SELECT name FROM sqlite_master WHERE name = '__diesel_schema_migrations'",
        Connection::Postgres(_) => {
            "SELECT t::text FROM to_regclass('__diesel_schema_migrations') t WHERE t IS NOT NULL"
        }
    };
    let made = !connection.load::<Text, String>(made, &[])?.is_empty();
    let ran = if made {
        connection.load::<Text, String>("SELECT version FROM __diesel_schema_migrations", &[])?
    } else {
        Vec::new()
    };
    Ok(known.into_iter().filter(|(version, _)| !ran.contains(version)).map(|(_, name)| name).collect())
}

fn known_to(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    match connection {
        Connection::Sqlite(_) => known::<Sqlite>(&SQLITE),
        Connection::Postgres(_) => known::<Pg>(&POSTGRES),
    }
}

/// Version and name of every migration that is embedded.
fn known<DB: Backend>(embedded: &EmbeddedMigrations) -> Result<Vec<(String, String)>, StoreError> {
    let migrations = MigrationSource::<DB>::migrations(embedded).map_err(failed)?;
    let both = migrations
        .iter()
        .map(|migration| (migration.name().version().to_string(), migration.name().to_string()));
    let mut known: Vec<(String, String)> = both.collect();
    known.sort();
    Ok(known)
}

/// Runs what is pending and names it. Two that migrate at once take turns.
pub fn run(url: &DatabaseUrl) -> Result<Vec<String>, StoreError> {
    let mut connection = Connection::open(url, Purpose::Write)?;
    if connection.is_postgres() {
        take_turns(&mut connection)?;
    }
    let at_work = pending(&mut connection)?.len() < known_to(&connection)?.len();
    let mut ran = Vec::new();
    while let Some(name) = pending(&mut connection)?.first() {
        if at_work {
            index_ahead(&mut connection, name)?;
        }
        let version = match &mut connection {
            Connection::Sqlite(connection) => connection.run_next_migration(SQLITE),
            Connection::Postgres(connection) => connection.run_next_migration(POSTGRES),
        };
        ran.push(version.map_err(failed)?.to_string());
    }
    Ok(ran)
}

/// The harness takes no lock of its own. Whoever waits for the key asks again and again, and not in one statement: that
/// would be a transaction, and an index that is built without a lock waits for all of them.
fn take_turns(connection: &mut Connection) -> Result<(), StoreError> {
    connection.batch("SET statement_timeout = 0; SET lock_timeout = 0")?;
    let sql = "SELECT pg_try_advisory_lock(7411001)::int::bigint";
    while connection.load::<BigInt, i64>(sql, &[])? != [1] {
        std::thread::sleep(TURN);
    }
    Ok(())
}

/// How often a migration that waits for another looks whether it is over.
const TURN: std::time::Duration = std::time::Duration::from_millis(100);

/// Migrations on PostgreSQL that build indexes on tables which may be large, with their texts.
const LARGE: [(&str, &str); 1] =
    [("2026-11-25-000006_lists", include_str!("../../migrations/postgres/2026-11-25-000006_lists/up.sql"))];

/// Builds the indexes of a migration before it runs, one by one and without keeping writers out, which can't be done in
/// a transaction as the migration is. It then finds them there.
fn index_ahead(connection: &mut Connection, migration: &str) -> Result<(), StoreError> {
    let Some((_, text)) = LARGE.iter().find(|(name, _)| connection.is_postgres() && *name == migration)
    else {
        return Ok(());
    };
    for statement in text.split(';') {
        let Some(at) = statement.find(CREATE) else { continue };
        let index = &statement[at + CREATE.len()..];
        let name = index.split_whitespace().next().unwrap_or_default();
        // What a build that was broken off left is not valid, and no use to anybody.
        let broken = "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE c.relname = ? AND NOT i.indisvalid";
        if !connection.load::<Text, String>(broken, &[Bind::Text(name)])?.is_empty() {
            connection.batch(&format!("DROP INDEX CONCURRENTLY {name}"))?;
        }
        connection.batch(&format!("CREATE INDEX CONCURRENTLY IF NOT EXISTS {index}"))?;
    }
    Ok(())
}

const CREATE: &str = "CREATE INDEX IF NOT EXISTS ";

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Unreachable(format!("migrations: {error}"))
}
