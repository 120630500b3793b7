//! What tests of every room stand on: fresh, migrated databases of both kinds.

pub mod asked;
pub mod express;
pub mod ports;
pub mod postgres;
pub mod python;
pub mod story;

use diesel::sql_types::Text;
use std::path::Path;
use tillgate::store::{DatabaseUrl, Purpose, migrations};

/// A fresh, migrated database that lasts as long as the value.
pub struct Scratch {
    pub url: DatabaseUrl,
    _kept: Kept,
}

/// What goes away with a scratch database.
enum Kept {
    Folder { _folder: tempfile::TempDir },
    Database { _database: postgres::Database },
}

/// A client for stories. Each request has a connection of its own: one that is kept may be closed by the server while a
/// busy machine lets it idle, and what is just being sent on it is lost.
pub fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0)
}

/// A fresh SQLite file.
pub fn sqlite() -> Scratch {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = DatabaseUrl::Sqlite(folder.path().join("tillgate.db").display().to_string());
    migrations::run(&url).expect("migrated");
    Scratch { url, _kept: Kept::Folder { _folder: folder } }
}

/// A fresh PostgreSQL database; `None`, and loudly so, where there is no server to be had.
pub fn postgres() -> Option<Scratch> {
    let database = postgres::Database::fresh()?;
    Some(Scratch { url: database.url(), _kept: Kept::Database { _database: database } })
}

/// A fresh database of every kind that is at hand: a story is told once on each.
pub fn databases() -> Vec<Scratch> {
    std::iter::once(sqlite()).chain(postgres()).collect()
}

/// Runs a test on a fresh database of every kind.
pub async fn on_both<F, R>(test: F)
where
    F: Fn(DatabaseUrl) -> R,
    R: Future<Output = ()>,
{
    for scratch in databases() {
        match &scratch.url {
            DatabaseUrl::Sqlite(_) => println!("on SQLite"),
            DatabaseUrl::Postgres(_) => println!("on PostgreSQL"),
        }
        test(scratch.url.clone()).await;
    }
}

/// Everything that a database keeps: the bytes of SQLite's files; every row of PostgreSQL's, but for what is
/// a number there: SQLite keeps those in binary, and any clock's time may look like a card.
pub fn stored(url: &DatabaseUrl) -> Vec<u8> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let file = Path::new(path);
            let name = file.file_name().expect("a file").to_string_lossy().into_owned();
            let entries = std::fs::read_dir(file.parent().expect("a folder")).expect("the folder").flatten();
            let files = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&name));
            files.flat_map(|entry| std::fs::read(entry.path()).expect("readable")).collect()
        }
        DatabaseUrl::Postgres(_) => {
            let mut line = asked::aside(url, Purpose::Read);
            let sql = "SELECT table_name::text, string_agg(quote_ident(column_name), ', ')
                FROM information_schema.columns
                WHERE table_schema = 'public' AND data_type <> 'bigint' GROUP BY table_name";
            let tables = line.load::<(Text, Text), (String, String)>(sql, &[]).expect("the tables");
            assert!(tables.len() > 10, "{tables:?}");
            let mut all = String::new();
            for (table, columns) in tables {
                let sql = format!("SELECT row_to_json(t)::text FROM (SELECT {columns} FROM \"{table}\") t");
                all.push_str(&line.load::<Text, String>(&sql, &[]).expect("its rows").join("\n"));
            }
            all.into_bytes()
        }
    }
}
