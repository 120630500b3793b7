//! `tillgate paygate batch`: payouts of the route `paygate_batch` leave in files and are told in the answers' files.
//!
//! A file is made under the phase letter T, then its payouts are committed as Sending, then it is renamed to W, the
//! name under which it may be taken to the platform. A run that ended in between is finished or undone by the next.

use super::super::house::House;
use super::super::output::{self, Format};
use super::super::{Failed, Global};
use crate::clock::Clock;
use crate::config;
use crate::desk::reference_of;
use crate::domain::ids::AttemptId;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::processor_name::Route;
use crate::operations::Rules;
use crate::operations::pay_by_batch::{self, Chosen, Read, Unfit};
use crate::processors::paygate::Settings;
use crate::processors::paygate::batch_file::{self, Naming, Record};
use crate::store::attempts::{self, Attempt};
use crate::store::{Connection, StoreError, Wants, customers, payouts};
use chrono::NaiveDate;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The most payouts of one file.
const MOST: i64 = 10_000;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Put every waiting payout into a new file. They count as sent from then on, until the answer is read.
    #[command(after_help = WRITE_EXAMPLES)]
    Write(Args),
    /// Read an answer, and settle the payouts it tells of. Reading it again changes nothing.
    #[command(after_help = READ_EXAMPLES)]
    Read {
        #[command(flatten)]
        account: Account,
        /// The answer: the same file with the phase letter P.
        file: PathBuf,
    },
}

#[derive(clap::Args)]
pub struct Account {
    /// The account's name in the configuration: the part behind `paygate.`.
    #[arg(long, value_name = "NAME")]
    account: String,
}

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    account: Account,
    /// Where the file goes; the next counter of the day is found there.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// For the automatic transfer, or for the upload by hand: their file names differ.
    #[arg(long, value_enum, default_value_t = Way::Transfer, value_name = "WAY")]
    way: Way,
    /// The day's counter, where earlier files are not in the folder any more.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=999))]
    counter: Option<u16>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Way {
    Transfer,
    Upload,
}

const WRITE_EXAMPLES: &str = "\
Examples:
  tillgate paygate batch write --account paygate --folder /var/spool/paygate

Take the W… file to the platform once, and never a file of this folder that begins with T.";
const READ_EXAMPLES: &str = "\
Examples:
  tillgate paygate batch read --account paygate /var/spool/paygate/P20261125001shop.dat";

pub fn run(global: &Global, command: &Command) -> Result<(), Failed> {
    match command {
        Command::Write(args) => write(global, args),
        Command::Read { account, file } => read(global, &account.account, file),
    }
}

fn settings(global: &Global, account: &str) -> Result<Settings, Failed> {
    let mut settings = config::load(&global.config, std::env::vars())?;
    settings.paygate.remove(account).ok_or_else(|| {
        let names: Vec<&str> = settings.paygate.keys().map(String::as_str).collect();
        Failed::Usage(format!(
            "there is no account paygate.{account}; configured besides: {}",
            names.join(", ")
        ))
    })
}

/// What waits for a file: what goes in, line by line, and what can't.
#[derive(Default)]
struct Waiting {
    lines: Vec<String>,
    chosen: Vec<Chosen>,
    unfit: Vec<Unfit>,
}

fn waiting(connection: &mut Connection, account: &str, settings: &Settings) -> Result<Waiting, StoreError> {
    let mut waiting = Waiting::default();
    for attempt in attempts::planned(connection, Route::PaygateBatch.name(), account, MOST)? {
        let Some(payout) = payouts::find_now(connection, attempt.payout)? else { continue };
        // What people hold waits for the next file.
        if payout.status != PayoutStatus::InProgress || payout.is_stopped() {
            continue;
        }
        let mut unfit = |reason: String| waiting.unfit.push(Unfit { attempt: attempt.id, reason });
        if payout.bank_account.is_some() {
            unfit("the payout names a bank account, which a batch can't pay to".to_owned());
            continue;
        }
        let Some(customer) = customers::find_now(connection, &payout.front_end, &payout.pin)? else {
            continue;
        };
        let issuer = Route::PaygateBatch.instrument_issuer().unwrap_or_default();
        let Some((instrument, card)) = customers::latest_instrument_now(connection, customer.id, issuer)?
        else {
            unfit("the customer has no stored card".to_owned());
            continue;
        };
        let amount = payout.debit.amount;
        let record = Record { reference: reference_of(&attempt), amount, instrument: card };
        match batch_file::line(settings, &record) {
            Ok(line) => {
                waiting.lines.push(line);
                waiting.chosen.push(Chosen { attempt: attempt.id, amount, instrument });
            }
            Err(bad) => unfit(bad.to_string()),
        }
    }
    Ok(waiting)
}

fn write(global: &Global, args: &Args) -> Result<(), Failed> {
    let Args { account: Account { account }, folder, way, counter } = args;
    let settings = settings(global, account)?;
    let house = House::of(global)?;
    let naming = match way {
        Way::Transfer => Naming::Transfer,
        Way::Upload => Naming::Upload,
    };
    // Held to the end: another run would take the file that this one is making for one that was left behind.
    let _alone = alone_in(folder)?;
    let finished = finish_interrupted(&house, &settings, folder)?;
    let waiting = house.read(|connection| waiting(connection, account, &settings))?;
    let (payouts, refused) = (waiting.chosen.len(), waiting.unfit.len());
    let mut written = None;
    if payouts > 0 {
        let today = Clock::system().now().date_naive();
        let counter = counter.map_or_else(|| next_counter(folder, today, &settings, naming), Ok)?;
        let name =
            |phase| folder.join(batch_file::name(phase, today, counter, &settings.merchant_id, naming));
        let (making, ready) = (name('T'), name('W'));
        if ready.exists() || name('P').exists() {
            return Err(Failed::Usage(format!(
                "{} is there already; choose another --counter",
                ready.display()
            )));
        }
        make(&making, &batch_file::write(&settings, today, &waiting.lines))
            .map_err(|error| trouble(&making, &error))?;
        written = Some((making, ready));
    }
    if payouts > 0 || refused > 0 {
        let caller = house.caller();
        let turn = format!("batch/{account}");
        let Waiting { chosen, unfit, .. } = waiting;
        let sent = house.write(|store| async move {
            let sent = store.transact(&turn, Wants::nothing(), move |tx| {
                pay_by_batch::send(tx, &chosen, &unfit, &caller)
            });
            sent.await.map_err(Failed::from)
        });
        if let (Err(Failed::Check(_)), Some((making, _))) = (&sent, &written) {
            // Nothing of it was committed; were it not removed, the next run would find so.
            let _ = std::fs::remove_file(making);
        }
        sent?;
    }
    let file = match &written {
        None => None,
        Some((making, ready)) => {
            rename(making, ready).map_err(|error| trouble(making, &error))?;
            Some(ready.display().to_string())
        }
    };
    match global.format {
        Format::Json => output::json(
            &json!({ "file": file, "payouts": payouts, "refused": refused, "finished": finished }),
        ),
        Format::Text => {
            for name in &finished {
                output::line(&format!("{name}: finished, an earlier run was interrupted."))?;
            }
            if refused > 0 {
                output::line(&format!("{refused} payout(s) can't go into a file and are refused."))?;
            }
            output::line(&match file {
                Some(file) => format!("{file}: {payouts} payout(s)."),
                None => "No payout waits.".to_owned(),
            })
        }
    }
}

/// The folder's lock; it goes with the process that holds it.
fn alone_in(folder: &Path) -> Result<std::fs::File, Failed> {
    let path = folder.join(".tillgate-batch.lock");
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|error| trouble(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(Failed::Check(format!("another run writes a batch file in {}", folder.display())))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(trouble(&path, &error)),
    }
}

/// A file that an earlier run left under T: renamed if its payouts are committed, removed if none is.
fn finish_interrupted(house: &House, settings: &Settings, folder: &Path) -> Result<Vec<String>, Failed> {
    let mut finished = Vec::new();
    for name in names(folder)?.into_iter().filter(|name| name.starts_with('T') && name.ends_with(".dat")) {
        let making = folder.join(&name);
        let text = std::fs::read_to_string(&making).map_err(|error| trouble(&making, &error))?;
        let found = batch_file::references(settings, &text).map_err(|error| error.to_string());
        let states = match found {
            Ok(references) => house.read(|connection| states(connection, &references))?,
            // It was not written to its end, so nothing of it was committed.
            Err(_) => vec![Some(AttemptState::Planned)],
        };
        let planned = |state: &Option<AttemptState>| {
            matches!(state, Some(AttemptState::Planned | AttemptState::Refused))
        };
        let committed = |state: &Option<AttemptState>| *state == Some(AttemptState::Sending);
        if states.iter().all(committed) {
            let ready = folder.join(format!("W{}", &name[1..]));
            rename(&making, &ready).map_err(|error| trouble(&making, &error))?;
            finished.push(ready.display().to_string());
        } else if states.iter().all(planned) {
            std::fs::remove_file(&making).map_err(|error| trouble(&making, &error))?;
        } else {
            return Err(Failed::Check(format!(
                "{} does not fit the books: a person must look at its payouts before another file is made",
                making.display()
            )));
        }
    }
    Ok(finished)
}

fn states(
    connection: &mut Connection,
    references: &[String],
) -> Result<Vec<Option<AttemptState>>, StoreError> {
    let state = |reference: &String| match AttemptId::of_bare(reference) {
        None => Ok(None),
        Some(id) => Ok(attempts::find_now(connection, id)?.map(|attempt: Attempt| attempt.state)),
    };
    references.iter().map(state).collect()
}

/// One more than the highest of the day, whatever became of the files.
fn next_counter(folder: &Path, date: NaiveDate, settings: &Settings, naming: Naming) -> Result<u16, Failed> {
    let names = names(folder)?;
    let taken = |counter: &u16| {
        ["T", "W", "P"].iter().any(|phase| {
            let phase = phase.chars().next().unwrap_or('W');
            names.contains(&batch_file::name(phase, date, *counter, &settings.merchant_id, naming))
        })
    };
    match (1..=999).rev().find(taken) {
        None => Ok(1),
        Some(999) => Err(Failed::Check("the day's 999 files are used up".to_owned())),
        Some(highest) => Ok(highest + 1),
    }
}

fn names(folder: &Path) -> Result<Vec<String>, Failed> {
    let entries = std::fs::read_dir(folder).map_err(|error| trouble(folder, &error))?;
    Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

/// Writes a new file down to the disk: it must be there when its payouts are committed.
fn make(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    sync_folder(path)
}

fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::rename(from, to)?;
    sync_folder(to)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn trouble(path: &Path, error: &std::io::Error) -> Failed {
    Failed::Down(format!("{}: {error}", path.display()))
}

fn read(global: &Global, account: &str, file: &Path) -> Result<(), Failed> {
    let settings = settings(global, account)?;
    let text = std::fs::read_to_string(file).map_err(|error| trouble(file, &error))?;
    let told = batch_file::read(&settings, &text);
    let told =
        told.map_err(|error| Failed::Check(format!("{}: {error}; nothing was done", file.display())))?;
    let house = House::of(global)?;
    // What each payout's front end says of payouts that are paid.
    let rules = house.read(|connection| {
        let rules = told.iter().map(|told| approving(connection, &house, &told.reference));
        rules.collect::<Result<Vec<_>, _>>()
    })?;
    let (caller, turn) = (house.caller(), format!("batch/{account}"));
    let results = house.write(|store| async move {
        let mut results = Vec::with_capacity(told.len());
        // One by one: what was settled before something goes wrong stays settled, and the file is read again.
        for (told, rules) in told.into_iter().zip(rules) {
            let Some(id) = AttemptId::of_bare(&told.reference) else {
                let said = "the TransID is none of ours".to_owned();
                results.push((told.line, told.reference, Read::Contradicts(said)));
                continue;
            };
            let (outcome, amount, caller) = (told.outcome, told.amount, caller.clone());
            let read = store.transact(&turn, Wants::nothing(), move |tx| {
                pay_by_batch::read(tx, id, amount, &outcome, rules.as_ref(), &caller)
            });
            results.push((told.line, told.reference, read.await?));
        }
        Ok(results)
    })?;
    tell(global, &results)
}

/// The rules by which a paid payout approves itself, where the processor map says so.
fn approving(
    connection: &mut Connection,
    house: &House,
    reference: &str,
) -> Result<Option<Rules>, StoreError> {
    let Some(id) = AttemptId::of_bare(reference) else { return Ok(None) };
    let Some(attempt) = attempts::find_now(connection, id)? else { return Ok(None) };
    let Some(payout) = payouts::find_now(connection, attempt.payout)? else { return Ok(None) };
    let Some(door) = house.front_ends.find(&payout.front_end) else { return Ok(None) };
    let name = payout.used.as_ref().or(payout.asked.as_ref()).map(|named| named.cashier.as_str());
    let mapped = name.and_then(|name| door.rules.processors.look_up(name).ok());
    Ok(mapped.filter(|mapped| mapped.processor.approve_when_paid).map(|_| door.rules.clone()))
}

fn tell(global: &Global, results: &[(usize, String, Read)]) -> Result<(), Failed> {
    let word = |read: &Read| match read {
        Read::Moved(state) => state.name().to_owned(),
        Read::Same(state) => format!("{} (as before)", state.name()),
        Read::Contradicts(why) => format!("NOT APPLIED: {why}"),
    };
    match global.format {
        Format::Text => {
            let rows = results
                .iter()
                .map(|(line, reference, read)| [line.to_string(), reference.clone(), word(read)]);
            output::table(["LINE", "TRANSID", "RESULT"], rows)?;
        }
        Format::Json => {
            let rows = results.iter().map(|(line, reference, read)| {
                let (state, contradicts) = match read {
                    Read::Moved(state) | Read::Same(state) => (Some(state.name()), None),
                    Read::Contradicts(why) => (None, Some(why)),
                };
                json!({ "line": line, "reference": reference, "state": state, "not_applied": contradicts })
            });
            output::json(&rows.collect())?;
        }
    }
    match results.iter().filter(|(_, _, read)| matches!(read, Read::Contradicts(_))).count() {
        0 => Ok(()),
        odd => Err(Failed::Check(format!(
            "{odd} record(s) contradict the books and were not applied; a person must look"
        ))),
    }
}
