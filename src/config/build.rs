//! From settings to the things that run, with every problem named by its key.

use super::settings::{self, Settings};
use crate::backoffice::{self, Seal};
use crate::cashier::credentials::Credentials;
use crate::cashier::directory::{Door, FrontEnds, Unit, default_letters};
use crate::cashier::wire::{Casing, canonical};
use crate::clock::Entropy;
use crate::domain::debit::DebitEvent;
use crate::domain::front_end::{FeeMode, FrontEnd, Limits};
use crate::domain::money::{Currency, Money};
use crate::domain::payout::status::PayoutStatus;
use crate::domain::people::{ALL_FRONT_ENDS, Grant};
use crate::domain::processor_name::{Processor, ProcessorMap, Route, UnknownName};
use crate::messenger;
use crate::operations::Rules;
use crate::platform::keys::{Key, Keys};
use crate::store::{BatchLimits, DatabaseUrl, Options};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

pub use crate::cashier::directory::Directory;

/// Something wrong with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub key: String,
    pub reason: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.reason)
    }
}

/// Everything that the settings describe.
pub struct Built {
    pub store: Options,
    pub front_ends: FrontEnds,
    pub keys: Keys,
    pub trusted_proxies: Vec<IpNet>,
    /// The cashiers that are told of what people of ours end.
    pub cashiers: HashMap<String, messenger::Client>,
    pub office: OfficeParts,
}

/// What the back office needs of the settings.
pub struct OfficeParts {
    pub rules: backoffice::Rules,
    pub seal: Option<Seal>,
}

/// The shortest secret that is accepted outside the sandbox.
const SHORTEST_SECRET: usize = 16;

pub fn build(settings: &Settings, entropy: &Entropy) -> Result<Built, Vec<Problem>> {
    let mut problems = Problems::default();
    let store = store(settings, &mut problems);
    let processors = processors(settings, &mut problems).map(Arc::new);
    let mut doors = Vec::new();
    for (index, front_end) in settings.front_ends.iter().enumerate() {
        let at = format!("front_ends[{index}]");
        if settings.front_ends[..index].iter().any(|earlier| earlier.name == front_end.name) {
            problems.add(format!("{at}.name"), "is there twice");
        }
        if let Some(processors) = &processors {
            doors.extend(door(front_end, &at, processors.clone(), settings.sandbox.enabled, &mut problems));
        }
    }
    if settings.front_ends.is_empty() {
        problems.add("front_ends", "there is none");
    }
    let keys = keys(settings, &mut problems);
    let trusted_proxies = networks(&settings.listen.trusted_proxies, "listen.trusted_proxies", &mut problems);
    for (key, address) in [
        ("listen.cashier", &settings.listen.cashier),
        ("listen.platform", &settings.listen.platform),
        ("listen.backoffice", &settings.listen.backoffice),
    ] {
        let optional = key != "listen.cashier" && address.is_empty();
        if !optional && address.parse::<std::net::SocketAddr>().is_err() {
            problems.add(key, "is not an address such as 127.0.0.1:8080");
        }
    }
    if !matches!(settings.cashier.authentication_failed_status, 200 | 401) {
        problems.add("cashier.authentication_failed_status", "must be 200 or 401");
    }
    let cashiers = cashiers(settings, &mut problems);
    let office = office(settings, &mut problems);
    let nobody = Credentials::nobodys(SecretString::from(entropy.hex(32)));
    match (store, problems.0.is_empty()) {
        (Some(store), true) => Ok(Built {
            store,
            front_ends: FrontEnds::new(doors, nobody),
            keys,
            trusted_proxies,
            cashiers,
            office,
        }),
        _ => Err(problems.0),
    }
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, key: impl Into<String>, reason: impl ToString) {
        self.0.push(Problem { key: key.into(), reason: reason.to_string() });
    }

    /// The value, or its problem under a key.
    fn keep<T, E: ToString>(&mut self, key: impl Into<String>, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(key, error.to_string())).ok()
    }
}

fn cashiers(settings: &Settings, problems: &mut Problems) -> HashMap<String, messenger::Client> {
    // Clients need a crypto provider; one that is there already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut clients = HashMap::new();
    for (index, front_end) in settings.front_ends.iter().enumerate() {
        let Some(cashier) = &front_end.reject_payout else { continue };
        match messenger::Client::new(cashier) {
            Ok(client) => {
                clients.insert(front_end.name.clone(), client);
            }
            Err(wrong) => {
                for problem in wrong {
                    problems
                        .add(format!("front_ends[{index}].reject_payout.{}", problem.key), problem.reason);
                }
            }
        }
    }
    clients
}

fn store(settings: &Settings, problems: &mut Problems) -> Option<Options> {
    let database = &settings.database;
    let url: Option<DatabaseUrl> = problems.keep("database.url", database.url.parse());
    let counts = [
        ("database.readers", database.readers),
        ("database.queue", database.queue),
        ("database.batch_most", database.batch_most),
        ("database.batch_share", database.batch_share),
    ];
    for (key, count) in counts {
        if count == 0 {
            problems.add(key, "must be at least 1");
        }
    }
    if settings.node.name.trim().is_empty() {
        problems.add("node.name", "must not be empty");
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Some(Options {
        url: url?,
        node: settings.node.name.clone(),
        writers: if database.writers == 0 { (cores / 2).max(1) } else { database.writers },
        readers: database.readers,
        queue: database.queue,
        batch: BatchLimits { most: database.batch_most, share: database.batch_share },
    })
}

fn processors(settings: &Settings, problems: &mut Problems) -> Option<ProcessorMap> {
    let mut lines = Vec::new();
    for (name, mapping) in &settings.processors.map {
        let key = format!("processors.map.\"{name}\"");
        let Some(route) = Route::ALL.into_iter().find(|route| route.name() == mapping.route) else {
            problems.add(format!("{key}.route"), "is not a route");
            continue;
        };
        if mapping.processor.trim().is_empty() {
            problems.add(format!("{key}.processor"), "must not be empty");
        }
        let processor = Processor {
            name: mapping.processor.clone(),
            route,
            account: mapping.account.clone(),
            method: mapping.method.clone(),
            approve_when_paid: mapping.confirm == settings::Confirm::Automatic,
        };
        lines.push((name.clone(), processor));
    }
    let unknown = match settings.processors.unknown {
        settings::Unknown::Refuse => UnknownName::Refuse,
        settings::Unknown::Park => UnknownName::Park,
        settings::Unknown::Pass => UnknownName::Pass,
    };
    problems.keep("processors.map", ProcessorMap::new(lines, unknown, settings.processors.longest_name))
}

fn door(
    front_end: &settings::FrontEnd,
    at: &str,
    processors: Arc<ProcessorMap>,
    sandbox: bool,
    problems: &mut Problems,
) -> Option<Door> {
    if front_end.name.trim().is_empty() || front_end.name.chars().count() > 256 {
        problems.add(format!("{at}.name"), "must have 1 to 256 characters");
    }
    let Some(currency) = Currency::find(&front_end.currency) else {
        problems.add(format!("{at}.currency"), "is not an ISO 4217 currency");
        return None;
    };
    let rules = FrontEnd {
        name: front_end.name.clone(),
        site: front_end.site.clone(),
        site_id: front_end.site_id,
        currency,
        debit_event: match front_end.debit_event {
            settings::DebitEvent::Requested => DebitEvent::Requested,
            settings::DebitEvent::Authorized => DebitEvent::Authorized,
            settings::DebitEvent::InProgress => DebitEvent::InProgress,
        },
        fee_mode: match front_end.fee_mode {
            settings::FeeMode::OnTop => FeeMode::OnTop,
            settings::FeeMode::Included => FeeMode::Included,
            settings::FeeMode::Ignore => FeeMode::Ignore,
        },
        edits_allowed: front_end.edits_allowed,
        advisory_funds_check: front_end.advisory_funds_check,
        reverse_in_progress: front_end.reverse_in_progress,
        deposit_lock: front_end.deposit_lock,
        customer_actors: front_end.customer_actors.clone(),
        payout_limits: limits(&front_end.payout_limits, &format!("{at}.payout_limits"), currency, problems),
        deposit_limits: limits(
            &front_end.deposit_limits,
            &format!("{at}.deposit_limits"),
            currency,
            problems,
        ),
        asks_cashier_to_end: front_end.reject_payout.is_some(),
        approvals: super::approvals::build(&front_end.approvals, &format!("{at}.approvals"), currency)
            .unwrap_or_else(|wrong| {
                problems.0.extend(wrong);
                Default::default()
            }),
    };
    let mut letters = default_letters();
    for (status, letter) in &front_end.status_letters {
        let key = format!("{at}.status_letters.{status}");
        match PayoutStatus::from_word(status) {
            None => problems.add(key, "is not a payout status"),
            Some(_) if letter.chars().count() != 1 => problems.add(key, "must be one character"),
            Some(status) => {
                letters.retain(|_, known| *known != status);
                letters.insert(letter.to_uppercase(), status);
            }
        }
    }
    if letters.len() != default_letters().len() {
        problems.add(format!("{at}.status_letters"), "two statuses have the same letter");
    }
    let extensions: Vec<String> = front_end.extensions.iter().map(|name| canonical(name)).collect();
    for (name, extension) in front_end.extensions.iter().zip(&extensions) {
        if crate::cashier::catalog::method(extension).is_none_or(|method| !method.extension) {
            problems.add(format!("{at}.extensions"), format!("{name} is not an extension method"));
        }
    }
    let credentials = credentials(&front_end.auth, &format!("{at}.auth"), sandbox, problems);
    Some(Door {
        rules: Rules { front_end: Arc::new(rules), processors },
        credentials,
        casing: match front_end.reply_casing {
            settings::ReplyCasing::Pascal => Casing::Pascal,
            settings::ReplyCasing::Lower => Casing::Lower,
        },
        unit: match front_end.amount_unit {
            settings::AmountUnit::Major => Unit::Major,
            settings::AmountUnit::Minor => Unit::Minor,
        },
        letters,
        extensions,
    })
}

fn limits(range: &settings::AmountRange, at: &str, currency: Currency, problems: &mut Problems) -> Limits {
    let mut read = |key: &str, text: &Option<String>| {
        let text = text.as_deref()?;
        problems.keep(format!("{at}.{key}"), Money::parse_major(text, currency)).map(Money::minor)
    };
    let (least, most) = (read("least", &range.least), read("most", &range.most));
    if least.zip(most).is_some_and(|(least, most)| least > most) {
        problems.add(at, "least is more than most");
    }
    Limits { least, most }
}

fn credentials(auth: &settings::Auth, at: &str, sandbox: bool, problems: &mut Problems) -> Credentials {
    let mut secret_of = |key: &str, value: &Option<SecretString>, file: &Option<std::path::PathBuf>| {
        secret(value, file.as_deref(), &format!("{at}.{key}"), sandbox, problems)
    };
    let pass_code = secret_of("pass_code", &auth.pass_code, &auth.pass_code_file);
    let password = secret_of("basic_password", &auth.basic_password, &auth.basic_password_file);
    let signature = secret_of("signature_secret", &auth.signature_secret, &auth.signature_secret_file);
    let basic = match (&auth.basic_user, password) {
        (Some(user), Some(password)) => Some((user.clone(), password)),
        (None, None) => None,
        _ => {
            problems.add(format!("{at}.basic_user"), "basic_user and basic_password go together");
            None
        }
    };
    for (index, certificate) in auth.certificates.iter().enumerate() {
        let hex = certificate.replace(':', "");
        if hex.len() != 64 || hex::decode(&hex).is_err() {
            problems.add(format!("{at}.certificates[{index}]"), "is not a SHA-256 fingerprint in hex");
        }
    }
    let credentials = Credentials {
        pass_code,
        basic,
        signature,
        networks: networks(&auth.networks, &format!("{at}.networks"), problems),
        certificates: auth.certificates.iter().map(|hex| hex.replace(':', "").to_lowercase()).collect(),
    };
    if credentials.is_empty() {
        problems.add(at, "needs at least one of pass_code, basic, signature, networks, certificates");
    }
    credentials
}

/// A secret from the settings or from its file.
fn secret(
    value: &Option<SecretString>,
    file: Option<&Path>,
    key: &str,
    sandbox: bool,
    problems: &mut Problems,
) -> Option<SecretString> {
    let secret = match (value, file) {
        (None, None) => return None,
        (Some(_), Some(_)) => {
            problems.add(key, "is given both directly and as a file");
            return None;
        }
        (Some(value), None) => value.clone(),
        (None, Some(file)) => {
            let text = problems.keep(format!("{key}_file"), std::fs::read_to_string(file))?;
            SecretString::from(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    };
    let length = secret.expose_secret().chars().count();
    if !sandbox && length < SHORTEST_SECRET {
        problems.add(key, format!("is shorter than {SHORTEST_SECRET} characters"));
    }
    if length == 0 {
        problems.add(key, "must not be empty");
    }
    Some(secret)
}

fn office(settings: &Settings, problems: &mut Problems) -> OfficeParts {
    let office = &settings.backoffice;
    let counts = [
        ("backoffice.idle_minutes", office.idle_minutes),
        ("backoffice.absolute_hours", office.absolute_hours),
        ("backoffice.failures", office.failures.into()),
        ("backoffice.pause_minutes", office.pause_minutes),
    ];
    for (key, count) in counts {
        if count == 0 {
            problems.add(key, "must be at least 1");
        }
    }
    let key = secret(
        &office.sealing_key,
        office.sealing_key_file.as_deref(),
        "backoffice.sealing_key",
        settings.sandbox.enabled,
        problems,
    );
    let known = |name: &str| settings.front_ends.iter().any(|front_end| front_end.name == name);
    for (index, person) in settings.sandbox.people.iter().enumerate() {
        for role in &person.roles {
            match Grant::parse(role) {
                Err(error) => problems.add(format!("sandbox.people[{index}].roles"), error),
                Ok(grant) if grant.front_end != ALL_FRONT_ENDS && !known(&grant.front_end) => problems.add(
                    format!("sandbox.people[{index}].roles"),
                    format!("{} is not a front end", grant.front_end),
                ),
                Ok(_) => {}
            }
        }
    }
    OfficeParts {
        rules: backoffice::Rules::of(office, settings.sandbox.enabled),
        seal: key.as_ref().and_then(Seal::new),
    }
}

fn networks(texts: &[String], key: &str, problems: &mut Problems) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
        match parsed {
            Ok(network) => networks.push(network),
            Err(_) => problems.add(format!("{key}[{index}]"), "is not an address or a network"),
        }
    }
    networks
}

fn keys(settings: &Settings, problems: &mut Problems) -> Keys {
    let mut keys: HashMap<String, Key> = HashMap::new();
    for (index, key) in settings.platform.keys.iter().enumerate() {
        let at = format!("platform.keys[{index}]");
        let secret = secret(
            &key.key,
            key.key_file.as_deref(),
            &format!("{at}.key"),
            settings.sandbox.enabled,
            problems,
        );
        let Some(secret) = secret else {
            problems.add(format!("{at}.key"), "is missing");
            continue;
        };
        for name in key.front_ends.iter().filter(|name| *name != "*") {
            if !settings.front_ends.iter().any(|front_end| front_end.name == *name) {
                problems.add(format!("{at}.front_ends"), format!("{name} is not a front end"));
            }
        }
        let built = Key { name: key.name.clone(), secret, front_ends: key.front_ends.clone() };
        if keys.insert(key.name.clone(), built).is_some() {
            problems.add(format!("{at}.name"), "is there twice");
        }
    }
    Keys::new(keys.into_values())
}
