//! A connection to either database, chosen by the URL's scheme and by nothing else: a PostgreSQL URL never ends up in
//! an SQLite file.

use super::error::StoreError;
use super::row::Row;
use super::statement::{Afresh, Bind, ByText, Cached, Statement};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::query_dsl::LoadQuery;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl};
use std::str::FromStr;

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file's path.
    Sqlite(String),
    /// A `postgres://` URL, which may hold a password: never printed.
    Postgres(String),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("must begin with sqlite:// or postgres://")]
    Scheme,
    #[error("names no file")]
    NoFile,
    #[error("asks for TLS, which this build can't do: rebuild with `--features pg-tls`")]
    NoTls,
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<DatabaseUrl, UrlError> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            return if path.is_empty() {
                Err(UrlError::NoFile)
            } else {
                Ok(DatabaseUrl::Sqlite(path.to_owned()))
            };
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(UrlError::Scheme);
        }
        let wants_tls = ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"];
        if !cfg!(feature = "pg-tls") && wants_tls.iter().any(|mode| text.contains(mode)) {
            return Err(UrlError::NoTls);
        }
        Ok(DatabaseUrl::Postgres(text.to_owned()))
    }
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    Read,
    Write,
}

pub enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A row of any table: the table's name and its columns as texts.
pub(super) type TextRow = (String, Vec<Option<String>>);

impl Connection {
    pub fn open(url: &DatabaseUrl, purpose: Purpose) -> Result<Connection, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path, purpose).map(Connection::Sqlite),
            DatabaseUrl::Postgres(url) => open_postgres(url, purpose).map(Connection::Postgres),
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Connection::Postgres(_))
    }

    pub fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(connection) => connection.batch_execute(sql)?,
            Connection::Postgres(connection) => connection.batch_execute(sql)?,
        }
        Ok(())
    }

    /// For statements over the whole database, which may take as long as they need.
    pub fn take_your_time(&mut self) -> Result<(), StoreError> {
        if self.is_postgres() { self.batch("SET statement_timeout = 0") } else { Ok(()) }
    }

    pub fn begin(&mut self) -> Result<(), StoreError> {
        // A plain BEGIN on SQLite would take the write lock late and fail at once where it could have waited.
        let sql = if self.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" };
        self.batch(sql)
    }

    /// Runs reads that all see the same moment, however busy the database is.
    pub fn snapshot<T>(
        &mut self,
        reads: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let postgres = self.is_postgres();
        self.batch(if postgres { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" })?;
        let result = reads(self);
        self.rollback()?;
        result
    }

    /// Runs reads of what another process may have committed and not flushed yet, and makes it last before it is shown.
    pub fn lasting<T>(
        &mut self,
        reads: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let result = reads(self)?;
        super::flush::make_last(self)?;
        Ok(result)
    }

    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("COMMIT")
    }

    pub fn rollback(&mut self) -> Result<(), StoreError> {
        self.batch("ROLLBACK")
    }

    /// How many rows were changed over this connection; counted on SQLite alone.
    pub(super) fn changes(&mut self) -> Result<i64, StoreError> {
        if self.is_postgres() {
            return Ok(0);
        }
        let changes = self.load::<BigInt, i64>("SELECT total_changes()", &[])?;
        changes.first().copied().ok_or(StoreError::Corrupt("SQLite counts no changes".to_owned()))
    }

    /// Takes what was said by NOTIFY since the last look, without asking the server; whether there was anything.
    pub(super) fn has_notices(&mut self) -> Result<bool, StoreError> {
        match self {
            Connection::Sqlite(_) => Ok(false),
            Connection::Postgres(connection) => {
                let mut any = false;
                for notice in connection.notifications_iter() {
                    notice?;
                    any = true;
                }
                Ok(any)
            }
        }
    }

    /// Runs one statement that works on both databases.
    pub fn execute(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<usize, StoreError> {
        self.execute_cached::<ByText>(sql, binds)
    }

    /// The same, for a text that the type `K` stands for.
    pub(super) fn execute_cached<K: Cached>(
        &mut self,
        sql: &str,
        binds: &[Bind<'_>],
    ) -> Result<usize, StoreError> {
        let statement = Statement::<(), K>::new(sql, binds);
        Ok(match self {
            Connection::Sqlite(connection) => statement.execute(connection)?,
            Connection::Postgres(connection) => statement.execute(connection)?,
        })
    }

    /// Whole rows of a table: `select::<PayoutRow>("WHERE status = ? ORDER BY id", …)`.
    pub fn select<R: Row>(&mut self, rest: &str, binds: &[Bind<'_>]) -> Result<Vec<R>, StoreError> {
        let sql = format!("{} {rest}", R::texts().select);
        R::load::<ByText>(self, &sql, binds)
    }

    /// The same for a condition that is not worth keeping prepared.
    pub(super) fn select_afresh<R: Row>(
        &mut self,
        rest: &str,
        binds: &[Bind<'_>],
    ) -> Result<Vec<R>, StoreError> {
        let sql = format!("{} {rest}", R::texts().select);
        R::load::<Afresh>(self, &sql, binds)
    }

    /// Loads the rows of one statement that works on both databases; `T` are the SQL types of its columns.
    pub fn load<T, U>(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<U>, StoreError>
    where
        for<'s> Statement<'s, T>: LoadQuery<'s, SqliteConnection, U> + LoadQuery<'s, PgConnection, U>,
    {
        self.load_cached::<ByText, T, U>(sql, binds)
    }

    /// The same for a text that is not worth keeping prepared.
    pub(super) fn load_afresh<T, U>(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<U>, StoreError>
    where
        for<'s> Statement<'s, T, Afresh>: LoadQuery<'s, SqliteConnection, U> + LoadQuery<'s, PgConnection, U>,
    {
        self.load_cached::<Afresh, T, U>(sql, binds)
    }

    /// Rows of several tables from one statement on PostgreSQL: each its table's name and its columns as texts.
    pub(super) fn load_texts(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<TextRow>, StoreError> {
        use diesel::sql_types::{Array, Nullable, Text};
        match self {
            Connection::Sqlite(_) => Err(StoreError::Corrupt("SQLite has no arrays".to_owned())),
            Connection::Postgres(connection) => {
                Ok(Statement::<(Text, Array<Nullable<Text>>)>::new(sql, binds).load(connection)?)
            }
        }
    }

    /// The same, for a text that the type `K` stands for.
    pub(super) fn load_cached<K, T, U>(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<U>, StoreError>
    where
        K: Cached,
        for<'s> Statement<'s, T, K>: LoadQuery<'s, SqliteConnection, U> + LoadQuery<'s, PgConnection, U>,
    {
        let statement = Statement::<T, K>::new(sql, binds);
        Ok(match self {
            Connection::Sqlite(connection) => statement.load::<U>(connection)?,
            Connection::Postgres(connection) => statement.load::<U>(connection)?,
        })
    }
}

/// Spares SQLite the locks around every call and every allocation, a seventh of a writer's time when measured. A
/// connection here belongs to one thread at a time, which is all that SQLite asks for.
fn spare_locks() {
    use libsqlite3_sys::{SQLITE_CONFIG_MEMSTATUS, SQLITE_CONFIG_MULTITHREAD, SQLITE_OK, sqlite3_config};
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: both options take plain integers. SQLite refuses them once a connection is open and then keeps its
        // locks, which is slower and as right.
        let set = unsafe {
            [sqlite3_config(SQLITE_CONFIG_MULTITHREAD), sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0)]
        };
        if set != [SQLITE_OK; 2] {
            tracing::debug!("SQLite was in use before: it keeps its locks");
        }
    });
}

fn open_sqlite(path: &str, purpose: Purpose) -> Result<SqliteConnection, StoreError> {
    let unreachable = |error: diesel::ConnectionError| StoreError::Unreachable(error.to_string());
    spare_locks();
    let mut connection = SqliteConnection::establish(path).map_err(unreachable)?;
    // The time-out first: every later statement may already have to wait for a writer.
    connection.batch_execute("PRAGMA busy_timeout = 5000")?;
    // A cache of 24 MB was as quick as one of 64, which SQLite looks through at every commit. Where the log is flushed
    // apart, the writer also says when it is carried over (`flush`).
    connection.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -24576; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 16000",
    )?;
    if purpose == Purpose::Read {
        connection.batch_execute("PRAGMA cache_size = -8192; PRAGMA query_only = ON")?;
    }
    Ok(connection)
}

fn open_postgres(url: &str, purpose: Purpose) -> Result<PgConnection, StoreError> {
    // The error's text may repeat the URL, and with it the password: only its kind is kept.
    let mut connection = PgConnection::establish(url).map_err(|error| {
        let text = error.to_string();
        let safe = if text.contains("password authentication") {
            "password authentication failed"
        } else {
            "no connection"
        };
        StoreError::Unreachable(safe.to_owned())
    })?;
    connection.batch_execute(
        "SET TIME ZONE 'UTC'; SET lock_timeout = '5s'; SET statement_timeout = '15s';
         SET idle_in_transaction_session_timeout = '30s'",
    )?;
    if purpose == Purpose::Write {
        // Every statement of the write path looks keys up; a plan made while the tables were empty must not scan.
        // Joins go through the sorted keys one after the other, so that every writer locks in one order.
        connection.batch_execute(
            "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
             SET max_parallel_workers_per_gather = 0; SET plan_cache_mode = force_generic_plan",
        )?;
    }
    Ok(connection)
}
