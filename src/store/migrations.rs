//! The migrations of both databases, embedded. `migrate` is an explicit step; `serve` only looks whether any is due.

use super::connection::{Connection, DatabaseUrl, Purpose};
use super::error::StoreError;
use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Names of the migrations that have not run yet, oldest first. It only looks, so a read-only connection will do; the
/// harness would first make its table.
pub fn pending(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let (known, made) = match connection {
        Connection::Sqlite(_) => (
            known::<Sqlite>(&SQLITE)?,
            "SELECT name FROM sqlite_master WHERE name = '__diesel_schema_migrations'",
        ),
        Connection::Postgres(_) => (
            known::<Pg>(&POSTGRES)?,
            "SELECT t::text FROM to_regclass('__diesel_schema_migrations') t WHERE t IS NOT NULL",
        ),
    };
    let made = !connection.load::<Text, String>(made, &[])?.is_empty();
    let ran = if made {
        connection.load::<Text, String>("SELECT version FROM __diesel_schema_migrations", &[])?
    } else {
        Vec::new()
    };
    Ok(known.into_iter().filter(|(version, _)| !ran.contains(version)).map(|(_, name)| name).collect())
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
        // The harness takes no lock of its own. DDL waits for this session's key.
        connection
            .batch("SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(7411001)")?;
    }
    let versions = match &mut connection {
        Connection::Sqlite(connection) => names(connection.run_pending_migrations(SQLITE).map_err(failed)?),
        Connection::Postgres(connection) => {
            names(connection.run_pending_migrations(POSTGRES).map_err(failed)?)
        }
    };
    Ok(versions)
}

fn names(versions: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Unreachable(format!("migrations: {error}"))
}
