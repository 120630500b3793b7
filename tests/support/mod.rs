//! What tests of every room stand on: fresh, migrated databases of both kinds.

pub mod postgres;
pub mod python;
pub mod story;

use tillgate::store::{DatabaseUrl, migrations};

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
