//! The keys of `config.toml` as they are written. What they mean together is [`super::build`]'s matter.

use crate::masked;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    pub node: Node,
    #[serde(default)]
    pub listen: Listen,
    pub database: Database,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub sandbox: Sandbox,
    #[serde(default)]
    pub cashier: Cashier,
    #[serde(default)]
    pub processors: Processors,
    /// Paygate merchant accounts by name.
    #[serde(default)]
    pub paygate: BTreeMap<String, crate::processors::paygate::Settings>,
    /// paysafecard and Cash-Ticket accounts.
    #[serde(default)]
    pub sopg: crate::processors::sopg::Settings,
    /// Accounts at REST gateways by name.
    #[serde(default)]
    pub rest_gateway: BTreeMap<String, crate::processors::rest_gateway::Settings>,
    #[serde(default)]
    pub worker: Worker,
    #[serde(default)]
    pub player: Player,
    #[serde(default)]
    pub front_ends: Vec<FrontEnd>,
    #[serde(default)]
    pub platform: Platform,
    /// People's pages.
    #[serde(default)]
    pub backoffice: crate::backoffice::Settings,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// The name of this process among those on one database.
    pub name: String,
}

impl Default for Node {
    fn default() -> Node {
        Node { name: "node-1".to_owned() }
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Cashier, health, metrics and the API pages.
    pub cashier: String,
    /// The merchant's back end; the cashier's address when empty.
    pub platform: String,
    /// People's pages; the cashier's address when empty.
    pub backoffice: String,
    /// HTTP workers; one a core when 0.
    pub workers: usize,
    /// Peers whose `X-Forwarded-For` and certificate header are believed, as networks.
    pub trusted_proxies: Vec<String>,
    /// How long a stop waits for calls that are under way.
    pub drain_seconds: u64,
}

impl Default for Listen {
    fn default() -> Listen {
        Listen {
            cashier: "127.0.0.1:8080".to_owned(),
            platform: String::new(),
            backoffice: String::new(),
            workers: 0,
            trusted_proxies: Vec::new(),
            drain_seconds: 30,
        }
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite://path` or `postgres://user@host/name`.
    #[serde(serialize_with = "masked::url")]
    pub url: String,
    /// Writers on PostgreSQL; half the cores when 0. SQLite has one.
    #[serde(default)]
    pub writers: usize,
    #[serde(default = "readers")]
    pub readers: usize,
    /// How many commands may wait for a writer before a call is told to come again.
    #[serde(default = "queue")]
    pub queue: usize,
    /// The most commands of one commit, and the most of one customer in it.
    #[serde(default = "batch_most")]
    pub batch_most: usize,
    #[serde(default = "batch_share")]
    pub batch_share: usize,
    /// Run pending migrations at start. For the sandbox; elsewhere `tillgate migrate` is a step of its own.
    #[serde(default)]
    pub migrate_on_start: bool,
    /// How long a start waits for a PostgreSQL that is away.
    #[serde(default = "wait_seconds")]
    pub wait_seconds: u64,
}

fn wait_seconds() -> u64 {
    600
}
fn readers() -> usize {
    8
}
fn queue() -> usize {
    4096
}
fn batch_most() -> usize {
    256
}
fn batch_share() -> usize {
    48
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `pretty` or `json`.
    pub format: LogFormat,
    /// `info`, `debug`, or a filter such as `tillgate=debug,actix_server=warn`.
    pub level: String,
}

#[derive(Clone, Copy, Deserialize, Serialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Pretty,
    Json,
}

impl Default for Log {
    fn default() -> Log {
        Log { format: LogFormat::Pretty, level: "info".to_owned() }
    }
}

#[derive(Clone, Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Sandbox {
    /// Demo customers, simulators, weak secrets allowed. Never with real money.
    pub enabled: bool,
    /// Customers that are added at start with an opening balance.
    pub customers: Vec<DemoCustomer>,
    /// People of the back office, with passwords that everybody knows.
    pub people: Vec<DemoPerson>,
    /// Where the processors' simulators listen.
    pub simulators: Simulators,
}

/// Loopback addresses of the simulators; an empty one is not started. Accounts whose address is `sandbox` go there.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Simulators {
    pub paygate: String,
    pub sopg: String,
    pub rest_gateway: String,
}

impl Default for Simulators {
    fn default() -> Simulators {
        let any = || "127.0.0.1:0".to_owned();
        Simulators { paygate: any(), sopg: any(), rest_gateway: any() }
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DemoCustomer {
    pub front_end: String,
    pub pin: String,
    pub balance: String,
    #[serde(default)]
    pub first_name: Option<String>,
    #[serde(default)]
    pub last_name: Option<String>,
    #[serde(default)]
    pub country: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DemoPerson {
    pub name: String,
    pub full_name: String,
    /// Printed at the start and on the sign-in page: no secret.
    pub password: String,
    /// Such as `viewer=*`.
    pub roles: Vec<String>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cashier {
    /// The XML namespace of replies and of the WSDL.
    pub namespace: String,
    /// How long a request body may take to arrive.
    pub body_timeout_seconds: u64,
    /// HTTP status of a failed authentication: 200 as the protocol wants it, or 401.
    pub authentication_failed_status: u16,
}

impl Default for Cashier {
    fn default() -> Cashier {
        Cashier {
            namespace: crate::cashier::wire::DEFAULT_NAMESPACE.to_owned(),
            body_timeout_seconds: 10,
            authentication_failed_status: 200,
        }
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Processors {
    /// What to do with a name that is not in the map: `refuse`, `park` or `pass`.
    pub unknown: Unknown,
    /// The longest processor name a cashier may send.
    pub longest_name: usize,
    /// Cashier's name, family or `*` → the platform's processor.
    pub map: BTreeMap<String, Mapping>,
}

impl Default for Processors {
    fn default() -> Processors {
        Processors { unknown: Unknown::Refuse, longest_name: 25, map: BTreeMap::new() }
    }
}

/// What carries errands out: payouts, inquiries, refunds, deposits to be settled.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Worker {
    pub enabled: bool,
    /// Errands carried out at a time.
    pub concurrent: usize,
    /// How often the outbox is looked at when nothing woke us.
    pub poll_ms: u64,
    /// How long an errand is ours when we say no more; renewed while it is carried out.
    pub lease_seconds: u64,
    /// A deposit whose customer never finished is given up after this time.
    pub abandon_minutes: u64,
    /// A processor that doesn't know an order is believed from this time after it was sent on; longer than any call.
    pub not_found_grace_seconds: u64,
    /// So long are exchanges with processors kept, masked; 0: they are not.
    pub keep_exchanges_days: u32,
    /// So long are sessions of the back office kept after their end.
    pub keep_sessions_days: u32,
}

impl Default for Worker {
    fn default() -> Worker {
        Worker {
            enabled: true,
            concurrent: 32,
            poll_ms: 200,
            lease_seconds: 30,
            abandon_minutes: 120,
            not_found_grace_seconds: 600,
            keep_exchanges_days: 90,
            keep_sessions_days: 30,
        }
    }
}

/// The customer's pages, and where processors call us.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Player {
    /// The address under which browsers and processors reach us; the cashier's listener when empty.
    pub public_url: String,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    Refuse,
    Park,
    Pass,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The platform's name, which the ledger account bears.
    pub processor: String,
    #[serde(default = "cashier_route")]
    pub route: String,
    /// The processor account that carries payouts and deposits out.
    #[serde(default)]
    pub account: Option<String>,
    /// The payment method inside the processor, for deposits that we run.
    #[serde(default)]
    pub method: Option<String>,
    /// Who approves a payout that the processor has paid: the cashier, or we at once.
    #[serde(default)]
    pub confirm: Confirm,
}

#[derive(Clone, Copy, Deserialize, Serialize, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    #[default]
    Cashier,
    Automatic,
}

fn cashier_route() -> String {
    "cashier".to_owned()
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FrontEnd {
    pub name: String,
    #[serde(default)]
    pub site: String,
    #[serde(default)]
    pub site_id: Option<i64>,
    pub currency: String,
    #[serde(default = "in_progress")]
    pub debit_event: DebitEvent,
    #[serde(default = "on_top")]
    pub fee_mode: FeeMode,
    #[serde(default = "yes")]
    pub edits_allowed: bool,
    #[serde(default = "yes")]
    pub advisory_funds_check: bool,
    #[serde(default)]
    pub reverse_in_progress: bool,
    #[serde(default)]
    pub deposit_lock: bool,
    #[serde(default = "customer_actors")]
    pub customer_actors: Vec<String>,
    #[serde(default)]
    pub payout_limits: AmountRange,
    #[serde(default)]
    pub deposit_limits: AmountRange,
    /// Whether amounts on the wire are `120.00` or `12000`.
    #[serde(default = "major")]
    pub amount_unit: AmountUnit,
    /// `Status`/`Description` or `status`/`description` in replies.
    #[serde(default = "pascal")]
    pub reply_casing: ReplyCasing,
    /// Letters of the payout statuses in UpdatePayout.
    #[serde(default)]
    pub status_letters: BTreeMap<String, String>,
    /// Methods beyond the documented ones that this front end may call.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// What people must have given before money is released.
    #[serde(default)]
    pub approvals: Approvals,
    /// The cashier's RejectPayout, where it has one.
    #[serde(default)]
    pub reject_payout: Option<crate::messenger::Settings>,
    pub auth: Auth,
}

/// What a front end asks of its people before money is released. Amounts in major units of its currency.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Approvals {
    /// Which of the marks G, R, A, M must be given.
    pub marks: Vec<String>,
    /// Above this amount nobody who prepared a payout releases it.
    pub four_eyes_above: Option<String>,
    /// The most that a role releases or gives back at a time.
    pub limits: BTreeMap<String, String>,
    /// How long "being worked on by" holds.
    pub claim_minutes: u32,
}

impl Default for Approvals {
    fn default() -> Approvals {
        Approvals { marks: Vec::new(), four_eyes_above: None, limits: BTreeMap::new(), claim_minutes: 15 }
    }
}

fn in_progress() -> DebitEvent {
    DebitEvent::InProgress
}
fn on_top() -> FeeMode {
    FeeMode::OnTop
}
fn yes() -> bool {
    true
}
fn customer_actors() -> Vec<String> {
    vec!["INTERNET".to_owned()]
}
fn major() -> AmountUnit {
    AmountUnit::Major
}
fn pascal() -> ReplyCasing {
    ReplyCasing::Pascal
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DebitEvent {
    Requested,
    Authorized,
    InProgress,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeMode {
    OnTop,
    Included,
    Ignore,
}

#[derive(Clone, Copy, Deserialize, Serialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum AmountUnit {
    Major,
    Minor,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyCasing {
    Pascal,
    Lower,
}

/// Limits in major units of the front end's currency.
#[derive(Clone, Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct AmountRange {
    pub least: Option<String>,
    pub most: Option<String>,
}

/// How a cashier proves who it is. Every means that is configured here is demanded.
#[derive(Clone, Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    #[serde(serialize_with = "masked::secret")]
    pub pass_code: Option<SecretString>,
    pub pass_code_file: Option<PathBuf>,
    pub basic_user: Option<String>,
    #[serde(serialize_with = "masked::secret")]
    pub basic_password: Option<SecretString>,
    pub basic_password_file: Option<PathBuf>,
    /// Demand the v1.0 signature, made with this secret.
    #[serde(serialize_with = "masked::secret")]
    pub signature_secret: Option<SecretString>,
    pub signature_secret_file: Option<PathBuf>,
    /// Addresses and networks the cashier may call from.
    pub networks: Vec<String>,
    /// SHA-256 fingerprints (hex) of client certificates, as a trusted proxy reports them.
    pub certificates: Vec<String>,
}

#[derive(Clone, Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Platform {
    pub keys: Vec<PlatformKey>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformKey {
    pub name: String,
    #[serde(default, serialize_with = "masked::secret")]
    pub key: Option<SecretString>,
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// Front ends it may act on; `*` for all.
    pub front_ends: Vec<String>,
}
