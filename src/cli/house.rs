//! What a command needs of the house: the settings, the front ends, and the database, read or written.

use super::{Failed, Global};
use crate::cashier::directory::FrontEnds;
use crate::clock::{Clock, Entropy};
use crate::config::{self, Built, LogFormat};
use crate::operations::{Answer, Caller, OperationError, Rules};
use crate::store::{
    BatchLimits, Connection, DatabaseUrl, Options, Purpose, Store, StoreError, Tx, Wants, customers,
    migrations,
};
use crate::telemetry;
use std::path::Path;

/// The lane of whatever the command line writes.
const NODE: &str = "cli";

pub struct House {
    pub front_ends: FrontEnds,
    pub entropy: Entropy,
    options: Options,
}

impl House {
    /// Reads the configuration. The database is not touched before it is needed.
    pub fn of(global: &Global) -> Result<House, Failed> {
        let settings = config::load(&global.config, std::env::vars())?;
        // A command's own output is what counts; of the rest only what went wrong is of interest.
        let log = config::Log { format: LogFormat::Pretty, level: "warn".to_owned() };
        telemetry::start_logging(&log).map_err(Failed::Config)?;
        let entropy = Entropy::system();
        let Built { store, front_ends, .. } =
            config::build(&settings, &entropy).map_err(|problems| Failed::problems(&problems))?;
        // A server may be at work beside us and must not see what is not on the disk: each command has its own flush.
        let batch = BatchLimits { most: 1, share: 1 };
        let options = Options { node: NODE.to_owned(), writers: 1, readers: 1, batch, ..store };
        Ok(House { front_ends, entropy, options })
    }

    pub fn url(&self) -> &DatabaseUrl {
        &self.options.url
    }

    /// The rules of a front end by its name.
    pub fn rules(&self, front_end: &str) -> Result<Rules, Failed> {
        let door = self.front_ends.find(front_end).ok_or_else(|| {
            let mut names: Vec<&str> =
                self.front_ends.all().map(|door| door.rules.front_end.name.as_str()).collect();
            names.sort_unstable();
            Failed::Usage(format!(
                "there is no front end `{front_end}`; configured are: {}",
                names.join(", ")
            ))
        })?;
        Ok(door.rules.clone())
    }

    /// Who is at the keyboard, as the audit trail keeps it.
    pub fn caller(&self) -> Caller {
        let user = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        let user: String = user.unwrap_or_default().chars().filter(|c| !c.is_control()).take(50).collect();
        let who = if user.is_empty() { "cli".to_owned() } else { format!("cli/{user}") };
        Caller { who, request_id: self.entropy.hex(8) }
    }

    /// Reads from the database.
    pub fn read<T>(&self, query: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, Failed> {
        self.migrated()?;
        let mut connection = Connection::open(self.url(), Purpose::Read)?;
        connection.take_your_time()?;
        Ok(connection.lasting(query)?)
    }

    /// Opens the store, lets `work` write to it, and closes it.
    pub fn write<T, F: Future<Output = Result<T, Failed>>>(
        &self,
        work: impl FnOnce(Store) -> F,
    ) -> Result<T, Failed> {
        self.migrated()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failed::Down(format!("no runtime: {error}")))?;
        let store = Store::open(self.options.clone(), Clock::system())?;
        let result = runtime.block_on(work(store.clone()));
        store.close();
        result
    }

    /// A database that is not there is not made by looking at it, and one that is not up to date is not used.
    fn migrated(&self) -> Result<(), Failed> {
        exists(self.url())?;
        let mut connection = Connection::open(self.url(), Purpose::Write)?;
        match migrations::pending(&mut connection)?.first() {
            None => Ok(()),
            Some(name) => Err(Failed::Down(format!(
                "the database is not up to date, migration {name} has not run; run `tillgate migrate`"
            ))),
        }
    }
}

/// An SQLite file must be there already: opening it would make an empty one.
pub fn exists(url: &DatabaseUrl) -> Result<(), Failed> {
    match url {
        DatabaseUrl::Sqlite(path) if !Path::new(path).exists() => Err(Failed::Down(format!(
            "there is no database file {path} (`database.url`); run `tillgate migrate` to make it"
        ))),
        DatabaseUrl::Sqlite(_) | DatabaseUrl::Postgres(_) => Ok(()),
    }
}

/// Runs an operation as the turn of one customer. A refusal is an answer.
pub async fn transact<F>(
    store: &Store,
    rules: &Rules,
    caller: &Caller,
    pin: &str,
    wants: Wants,
    mut operation: F,
) -> Result<Answer, Failed>
where
    F: FnMut(&mut Tx<'_>, &Rules, &Caller) -> Result<Answer, OperationError> + Send + 'static,
{
    let turn = customers::name(&rules.front_end.name, pin);
    let (rules, caller) = (rules.clone(), caller.clone());
    let answer = store.transact(&turn, wants, move |tx| operation(tx, &rules, &caller)).await?;
    match answer.refused {
        Some(_) => Err(Failed::Check(format!("refused: {}", answer.description))),
        None => Ok(answer),
    }
}
