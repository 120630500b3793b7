//! The migrations of both databases, embedded. `migrate` is an explicit step; `serve` only looks whether any is due.

use super::connection::{Connection, DatabaseUrl, Purpose};
use super::error::StoreError;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Names of the migrations that have not run yet, oldest first.
pub fn pending(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    use diesel::migration::Migration;
    let names = match connection {
        Connection::Sqlite(connection) => {
            let pending = connection.pending_migrations(SQLITE).map_err(failed)?;
            pending.iter().map(|migration| migration.name().to_string()).collect()
        }
        Connection::Postgres(connection) => {
            let pending = connection.pending_migrations(POSTGRES).map_err(failed)?;
            pending.iter().map(|migration| migration.name().to_string()).collect()
        }
    };
    Ok(names)
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
