//! `tillgate user`: people of the back office. Passwords are typed or come from a file, never from the command line.

use super::house::House;
use super::output::{self, Format};
use super::{Failed, Global, secret_file};
use crate::backoffice::passwords;
use crate::domain::people::{Grant, Grants, Person};
use crate::operations::people::{Denied, add_person, second_factor, set_disabled, set_grants, set_password};
use crate::operations::{Caller, OperationError};
use crate::store::people::{self, Account, second_factors};
use crate::store::{Tx, Wants};
use console::Term;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Let somebody into the back office.
    #[command(after_help = ADD_EXAMPLES)]
    Add(Add),
    /// Set somebody's password anew, or have the second factor set up anew. All sessions end.
    #[command(after_help = PASSWD_EXAMPLES)]
    Passwd(Passwd),
    /// Show somebody's roles, or replace them.
    #[command(after_help = ROLES_EXAMPLES)]
    Roles(Roles),
    /// Shut somebody out at once, or let in again. Nobody is ever deleted: the audit trail names people.
    #[command(after_help = DISABLE_EXAMPLES)]
    Disable(Disable),
    /// Everybody, with roles, second factor and state.
    #[command(after_help = LIST_EXAMPLES)]
    List,
}

const ADD_EXAMPLES: &str = "\
Examples:
  tillgate user add olga --full-name 'Olga Petrova' --role 'operator=MyPhoneCards EUR' --role 'viewer=*'
  tillgate user add anton --full-name 'Anton Weber' --role 'approver=*' --password-file /run/secrets/anton
  pass show tillgate/vera | tillgate user add vera --full-name 'Vera Lang' --role 'viewer=*' --password-file -

Roles: viewer, support, operator, approver, finance, admin, auditor; each for one front end, or * for all.
Without --password-file the password is asked for, twice, and not shown.";
const PASSWD_EXAMPLES: &str = "\
Examples:
  tillgate user passwd olga
  tillgate user passwd olga --password-file /run/secrets/olga
  tillgate user passwd olga --reset-second-factor

A reset leaves the password as it is; the next sign-in sets a new second factor up.";
const ROLES_EXAMPLES: &str = "\
Examples:
  tillgate user roles olga
  tillgate user roles olga --set 'operator=*' --set 'support=MyPhoneCards GBP'
  tillgate user roles olga --none

New roles count from the next page on, also in sessions that are open.";
const DISABLE_EXAMPLES: &str = "\
Examples:
  tillgate user disable olga
  tillgate user disable olga --undo";
const LIST_EXAMPLES: &str = "\
Examples:
  tillgate user list
  tillgate user list --format json";

#[derive(clap::Args)]
pub struct Add {
    /// What is typed at the sign-in: a to z, 0 to 9, dot, dash, underscore.
    name: String,
    /// What colleagues read.
    #[arg(long, value_name = "NAME")]
    full_name: String,
    /// A role and its front end, such as 'viewer=*'. As often as needed.
    #[arg(long = "role", value_name = "ROLE=FRONT END", required = true)]
    roles: Vec<String>,
    #[command(flatten)]
    password: Password,
}

#[derive(clap::Args)]
pub struct Password {
    /// Where the password stands; - for the standard input. Asked for when not given.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(clap::Args)]
pub struct Passwd {
    name: String,
    #[command(flatten)]
    password: Password,
    /// Forget the second factor instead: the device is lost.
    #[arg(long, conflicts_with = "password_file")]
    reset_second_factor: bool,
}

#[derive(clap::Args)]
pub struct Roles {
    name: String,
    /// The roles in the place of all those before, as often as needed.
    #[arg(long = "set", value_name = "ROLE=FRONT END")]
    roles: Vec<String>,
    /// No role at all.
    #[arg(long, conflicts_with = "roles")]
    none: bool,
}

#[derive(clap::Args)]
pub struct Disable {
    name: String,
    /// Let in again.
    #[arg(long)]
    undo: bool,
}

pub fn run(global: &Global, command: Command) -> Result<(), Failed> {
    let house = House::of(global)?;
    match command {
        Command::Add(args) => add(global, &house, &args),
        Command::Passwd(args) => passwd(global, &house, &args),
        Command::Roles(args) => roles(global, &house, &args),
        Command::Disable(args) => disable(global, &house, &args),
        Command::List => list(global, &house),
    }
}

fn add(global: &Global, house: &House, args: &Add) -> Result<(), Failed> {
    let person = Person {
        id: 0,
        name: args.name.clone(),
        full_name: args.full_name.trim().to_owned(),
        grants: grants(house, &args.roles)?,
        disabled: false,
        demo: false,
        language: String::new(),
        zone: String::new(),
    };
    if person.full_name.is_empty() || person.full_name.chars().count() > 100 {
        return Err(Failed::Usage("--full-name must have 1 to 100 characters".to_owned()));
    }
    let password = new_password(&args.password, &args.name)?;
    let wish = add_person::Wish { person, password };
    write(house, move |tx, by| Ok(add_person::run(tx, &wish, by)?.map(drop)))?;
    done(global, &args.name, "may sign in now")
}

fn passwd(global: &Global, house: &House, args: &Passwd) -> Result<(), Failed> {
    let name = args.name.clone();
    if args.reset_second_factor {
        write(house, move |tx, by| second_factor::reset(tx, &name, by))?;
        return done(global, &args.name, "sets a new second factor up at the next sign-in");
    }
    let password = new_password(&args.password, &args.name)?;
    let wish = set_password::Wish { name, password, instead_of: None, but_session: None };
    write(house, move |tx, by| set_password::run(tx, &wish, by))?;
    done(global, &args.name, "has a new password; all sessions are ended")
}

fn roles(global: &Global, house: &House, args: &Roles) -> Result<(), Failed> {
    if args.roles.is_empty() && !args.none {
        let account = find(house, &args.name)?;
        return show(global, &[account]);
    }
    let wish = set_grants::Wish { name: args.name.clone(), grants: grants(house, &args.roles)? };
    write(house, move |tx, by| set_grants::run(tx, &wish, by))?;
    done(global, &args.name, "has these roles from the next page on")
}

fn disable(global: &Global, house: &House, args: &Disable) -> Result<(), Failed> {
    let wish = set_disabled::Wish { name: args.name.clone(), disabled: !args.undo };
    write(house, move |tx, by| set_disabled::run(tx, &wish, by))?;
    done(
        global,
        &args.name,
        if args.undo { "may sign in again" } else { "is shut out; all sessions are ended" },
    )
}

fn list(global: &Global, house: &House) -> Result<(), Failed> {
    let (everybody, with_factor) =
        house.read(|connection| Ok((people::list(connection)?, second_factors::confirmed(connection)?)))?;
    let has = |account: &Account| with_factor.contains(&account.person.id);
    let everybody: Vec<WithFactor> =
        everybody.into_iter().map(|account| (account.clone(), has(&account))).collect();
    show(global, &everybody)
}

type WithFactor = (Account, bool);

fn find(house: &House, name: &str) -> Result<WithFactor, Failed> {
    let found = house.read(|connection| {
        let Some(account) = people::find_now(connection, name)? else { return Ok(None) };
        let factor = second_factors::find_now(connection, account.person.id)?;
        Ok(Some((account, factor.is_some_and(|factor| factor.confirmed))))
    })?;
    found.ok_or_else(|| Failed::Check(format!("{name}: {}", Denied::NoSuchPerson)))
}

fn show(global: &Global, everybody: &[WithFactor]) -> Result<(), Failed> {
    let grants =
        |account: &Account| account.person.grants.iter().map(ToString::to_string).collect::<Vec<_>>();
    let state = |account: &Account| match (account.person.disabled, account.person.demo) {
        (true, _) => "disabled",
        (false, true) => "demo",
        (false, false) => "active",
    };
    match global.format {
        Format::Text => output::table(
            ["NAME", "FULL NAME", "ROLES", "SECOND FACTOR", "STATE"],
            everybody.iter().map(|(account, factor)| {
                [
                    account.person.name.clone(),
                    account.person.full_name.clone(),
                    grants(account).join(", "),
                    if *factor { "yes" } else { "no" }.to_owned(),
                    state(account).to_owned(),
                ]
            }),
        ),
        Format::Json => {
            let told = everybody.iter().map(|(account, factor)| {
                json!({
                    "name": account.person.name,
                    "full_name": account.person.full_name,
                    "roles": grants(account),
                    "second_factor": factor,
                    "state": state(account),
                })
            });
            output::json(&Value::Array(told.collect()))
        }
    }
}

/// Roles as they were written; front ends must be there, since a misspelt one would grant nothing.
fn grants(house: &House, texts: &[String]) -> Result<Grants, Failed> {
    let mut grants = Vec::with_capacity(texts.len());
    for text in texts {
        let grant = Grant::parse(text).map_err(|error| Failed::Usage(error.to_string()))?;
        if grant.front_end != crate::domain::people::ALL_FRONT_ENDS {
            house.rules(&grant.front_end)?;
        }
        grants.push(grant);
    }
    Ok(Grants::new(grants))
}

fn new_password(given: &Password, name: &str) -> Result<String, Failed> {
    let password = match &given.password_file {
        Some(file) => secret_file::text_key(file)?,
        None => typed()?,
    };
    let refused = |error: passwords::PasswordError| Failed::Usage(format!("the password {error}"));
    passwords::check(password.expose_secret(), name).map_err(refused)?;
    passwords::hash(&password).map_err(refused)
}

/// Asks twice, on the terminal, without showing what is typed.
fn typed() -> Result<SecretString, Failed> {
    let terminal = Term::stderr();
    if !terminal.is_term() {
        return Err(Failed::Usage(
            "there is no terminal to ask for the password on; say --password-file FILE, or - for the standard input"
                .to_owned(),
        ));
    }
    let ask = |prompt: &str| {
        let asked = terminal.write_str(prompt).and_then(|()| terminal.read_secure_line());
        asked
            .map(SecretString::from)
            .map_err(|error| Failed::Usage(format!("nothing could be read: {error}")))
    };
    let (once, again) = (ask("Password: ")?, ask("Once more: ")?);
    if once.expose_secret() != again.expose_secret() {
        return Err(Failed::Usage("the password was typed differently the second time".to_owned()));
    }
    Ok(once)
}

fn write<F>(house: &House, mut operation: F) -> Result<(), Failed>
where
    F: FnMut(&mut Tx<'_>, &Caller) -> Result<Result<(), Denied>, OperationError> + Send + 'static,
{
    let caller = house.caller();
    let done = house.write(|store| async move {
        Ok(store.transact("people", Wants::nothing(), move |tx| operation(tx, &caller)).await?)
    })?;
    done.map_err(|denied| Failed::Check(denied.to_string()))
}

fn done(global: &Global, name: &str, what: &str) -> Result<(), Failed> {
    match global.format {
        Format::Text => output::line(&format!("{name} {what}.")),
        Format::Json => output::json(&json!({ "name": name, "result": what })),
    }
}
