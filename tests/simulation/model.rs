//! What ought to happen, written a second time and as plainly as it goes: integers, no store, no ledger. It knows the
//! rules of the specification and nothing of the code under test but its names.

use std::collections::{HashMap, HashSet};
use tillgate::domain::debit::{DebitEvent, DebitState};
use tillgate::domain::front_end::FeeMode;
use tillgate::domain::ids::PayoutId;
use tillgate::domain::outcome::Outcome;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::refusal::RefusalCode;

/// What a call ought to be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Done,
    Refused(RefusalCode),
    NotYet,
}

use RefusalCode::*;
use Verdict::{Done, NotYet, Refused};

/// Who carries a payout out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Means {
    /// The cashier itself.
    Cashier,
    /// The bank, and its yes approves the payout.
    Automatic,
    /// The bank, and the cashier approves.
    Confirmed,
}

/// One front end's rules.
#[derive(Clone, Copy, Debug)]
pub struct House {
    pub event: DebitEvent,
    pub fees: FeeMode,
    pub advisory: bool,
    pub early: bool,
}

#[derive(Clone, Debug)]
pub struct Payout {
    pub id: Option<PayoutId>,
    pub house: usize,
    pub customer: usize,
    pub trace: i64,
    pub status: PayoutStatus,
    pub amount: i64,
    pub fee: i64,
    pub debit: DebitState,
    pub taken: (i64, i64),
    pub asked: Means,
    pub used: Option<Means>,
    pub attempt: Option<AttemptState>,
    /// When it was last sent, and when the bank first did not know it since then; seconds.
    pub sent_at: i64,
    pub absent_since: Option<i64>,
    pub reversal: Option<Option<i64>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    pub transit: i64,
    pub fees: i64,
}

pub struct Model {
    pub houses: Vec<House>,
    pub balances: Vec<Vec<i64>>,
    pub sums: Vec<Sums>,
    pub payouts: Vec<Payout>,
    by_trace: HashMap<(usize, i64), (i64, i64, usize, Verdict)>,
    deposits: HashMap<(usize, i64), Deposit>,
    adjusted: HashSet<String>,
    /// The amount and fee of the update that led to a status last: the same call is answered the same for ever.
    taken: HashMap<(usize, PayoutStatus), Worded>,
}

/// Amount and fee as an update words them, if it does.
type Worded = (Option<i64>, Option<i64>);

#[derive(Clone, Copy, Debug)]
struct Deposit {
    customer: usize,
    minor: i64,
    reversed: bool,
}

/// An update as the cashier words it.
#[derive(Clone, Copy, Debug)]
pub struct Update {
    pub to: PayoutStatus,
    pub amount: Option<i64>,
    pub fee: Option<i64>,
    pub means: Option<Means>,
    pub by_customer: bool,
}

/// How far a status has come; nothing for those that end a payout.
fn rank(status: PayoutStatus) -> Option<i32> {
    match status {
        PayoutStatus::Requested => Some(0),
        PayoutStatus::Authorized => Some(1),
        PayoutStatus::InProgress => Some(2),
        PayoutStatus::Approved => Some(3),
        PayoutStatus::Rejected | PayoutStatus::Cancelled | PayoutStatus::Reversed => None,
    }
}

fn event_rank(event: DebitEvent) -> i32 {
    match event {
        DebitEvent::Requested => 0,
        DebitEvent::Authorized => 1,
        DebitEvent::InProgress => 2,
    }
}

impl House {
    /// What the customer is charged for amount and fee; nothing when the fee eats the amount.
    fn charge(&self, amount: i64, fee: i64) -> Option<(i64, i64)> {
        match self.fees {
            FeeMode::OnTop => Some((amount, fee)),
            FeeMode::Ignore => Some((amount, 0)),
            FeeMode::Included => (amount > fee).then_some((amount - fee, fee)),
        }
    }
}

impl Payout {
    fn routed(&self) -> bool {
        self.used.unwrap_or(self.asked) != Means::Cashier
    }

    fn holds(&self) -> bool {
        matches!(self.attempt, Some(AttemptState::Sending | AttemptState::Unknown))
    }
}

impl Model {
    pub fn new(houses: Vec<House>, customers: usize) -> Model {
        Model {
            balances: houses.iter().map(|_| vec![0; customers]).collect(),
            sums: houses.iter().map(|_| Sums::default()).collect(),
            houses,
            payouts: Vec::new(),
            by_trace: HashMap::new(),
            deposits: HashMap::new(),
            adjusted: HashSet::new(),
            taken: HashMap::new(),
        }
    }

    pub fn adjust(&mut self, house: usize, customer: usize, minor: i64, key: &str) -> Verdict {
        if self.adjusted.contains(key) {
            return Done;
        }
        if minor < 0 && self.balances[house][customer] < -minor {
            return Refused(InsufficientFunds);
        }
        self.adjusted.insert(key.to_owned());
        self.balances[house][customer] += minor;
        Done
    }

    pub fn create(
        &mut self,
        (house, customer): (usize, usize),
        trace: i64,
        (amount, fee): (i64, i64),
        means: Means,
    ) -> Verdict {
        if let Some((held, held_fee, owner, verdict)) = self.by_trace.get(&(house, trace)) {
            let same = (*held, *held_fee, *owner) == (amount, fee, customer);
            return if same { *verdict } else { Refused(Conflict) };
        }
        let verdict = self.open((house, customer), trace, (amount, fee), means);
        self.by_trace.insert((house, trace), (amount, fee, customer, verdict));
        verdict
    }

    fn open(
        &mut self,
        (house, customer): (usize, usize),
        trace: i64,
        (amount, fee): (i64, i64),
        means: Means,
    ) -> Verdict {
        let rules = self.houses[house];
        let Some((net, charged)) = rules.charge(amount, fee) else { return Refused(BadField) };
        let takes = rules.event == DebitEvent::Requested;
        if (takes || rules.advisory) && self.balances[house][customer] < net + charged {
            return Refused(InsufficientFunds);
        }
        let payout = Payout {
            id: None,
            house,
            customer,
            trace,
            status: PayoutStatus::Requested,
            amount,
            fee,
            debit: DebitState::NotTaken,
            taken: (0, 0),
            asked: means,
            used: None,
            attempt: None,
            sent_at: 0,
            absent_since: None,
            reversal: None,
        };
        self.payouts.push(payout);
        if takes {
            self.take(self.payouts.len() - 1, (net, charged));
        }
        Done
    }

    fn take(&mut self, index: usize, (net, fee): (i64, i64)) {
        let payout = &mut self.payouts[index];
        payout.debit = DebitState::Taken;
        payout.taken = (net, fee);
        self.balances[payout.house][payout.customer] -= net + fee;
        self.sums[payout.house].transit += net;
        self.sums[payout.house].fees += fee;
    }

    fn give(&mut self, index: usize, from_transit: bool, state: DebitState) {
        let payout = &mut self.payouts[index];
        let (net, fee) = payout.taken;
        payout.debit = state;
        self.balances[payout.house][payout.customer] += net + fee;
        self.sums[payout.house].fees -= fee;
        if from_transit {
            self.sums[payout.house].transit -= net;
        }
    }

    pub fn update(&mut self, index: usize, update: Update) -> Verdict {
        let before = self.payouts[index].clone();
        let verdict = self.decide(index, update);
        let (key, worded) = ((index, update.to), (update.amount, update.fee));
        let after = &self.payouts[index];
        let moved = (before.status, before.amount, before.fee) != (after.status, after.amount, after.fee);
        match verdict {
            Done if moved => {
                self.taken.insert(key, worded);
                Done
            }
            Refused(_) if self.taken.get(&key) == Some(&worded) => Done,
            verdict => verdict,
        }
    }

    fn decide(&mut self, index: usize, update: Update) -> Verdict {
        let payout = self.payouts[index].clone();
        let rules = self.houses[payout.house];
        let differs = update.amount.is_some_and(|amount| amount != payout.amount)
            || update.fee.is_some_and(|fee| fee != payout.fee);
        let editable = payout.status == PayoutStatus::Requested && payout.debit == DebitState::NotTaken;
        let (to, ends) = (update.to, matches!(update.to, PayoutStatus::Rejected | PayoutStatus::Cancelled));
        if to == PayoutStatus::Reversed {
            return Refused(IllegalStep);
        }
        let unchanged = if differs { Refused(AmountFixed) } else { Done };
        if to == payout.status && !(editable && differs) {
            return unchanged;
        }
        match (rank(payout.status), rank(to)) {
            (None, _) => return Refused(IllegalStep),
            (Some(3), None) => return Refused(IllegalStep),
            (Some(held), Some(news)) if news < held => return unchanged,
            _ => {}
        }
        if ends && (payout.holds() || payout.attempt == Some(AttemptState::Succeeded)) {
            return Refused(IllegalStep);
        }
        if to == PayoutStatus::Approved {
            match payout.attempt {
                Some(AttemptState::Planned | AttemptState::Sending | AttemptState::Unknown) => return NotYet,
                Some(AttemptState::Refused) => return Refused(IllegalStep),
                None if payout.routed() => return Refused(IllegalStep),
                Some(AttemptState::Succeeded) | None => {}
            }
        }
        if to == PayoutStatus::Cancelled && update.by_customer {
            let approved = payout.status == PayoutStatus::Authorized && rules.event == DebitEvent::Authorized;
            if payout.status == PayoutStatus::InProgress || approved {
                return Refused(IllegalStep);
            }
        }
        if differs && !editable {
            return Refused(AmountFixed);
        }
        let amount = update.amount.unwrap_or(payout.amount);
        let fee = update.fee.unwrap_or(payout.fee);
        let reached = rank(to).is_some_and(|rank| rank >= event_rank(rules.event));
        if payout.debit == DebitState::NotTaken && reached {
            let Some((net, charged)) = rules.charge(amount, fee) else { return Refused(BadField) };
            // Money that has left is booked, whether it was there or not.
            let late = to == PayoutStatus::Approved;
            if !late && self.balances[payout.house][payout.customer] < net + charged {
                return Refused(InsufficientFunds);
            }
            self.take(index, (net, charged));
        }
        if to == PayoutStatus::Approved {
            self.sums[payout.house].transit -= self.payouts[index].taken.0;
        }
        if ends && payout.debit == DebitState::Taken {
            self.give(index, true, DebitState::Released);
        }
        let kept = &mut self.payouts[index];
        (kept.amount, kept.fee, kept.status) = (amount, fee, to);
        if payout.attempt.is_none() {
            kept.used = update.means.or(kept.used);
        }
        if to == PayoutStatus::InProgress && kept.routed() {
            kept.attempt = Some(AttemptState::Planned);
        }
        if ends && payout.attempt == Some(AttemptState::Planned) {
            kept.attempt = Some(AttemptState::Refused);
        }
        Done
    }

    pub fn reverse(&mut self, index: usize, trace: Option<i64>) -> Verdict {
        let payout = self.payouts[index].clone();
        if let Some(held) = payout.reversal {
            let same = trace.is_none() || held.is_none() || held == trace;
            return if same { Done } else { Refused(AlreadyReversed) };
        }
        let early = payout.status == PayoutStatus::InProgress && self.houses[payout.house].early;
        let left = early || payout.status == PayoutStatus::Approved;
        let paid = early && payout.attempt == Some(AttemptState::Succeeded);
        if !left || payout.holds() || payout.debit != DebitState::Taken || paid {
            return Refused(IllegalStep);
        }
        self.give(index, early, DebitState::GivenBack);
        let kept = &mut self.payouts[index];
        kept.status = PayoutStatus::Reversed;
        kept.reversal = Some(trace);
        if early && payout.attempt == Some(AttemptState::Planned) {
            kept.attempt = Some(AttemptState::Refused);
        }
        Done
    }

    pub fn deposit(&mut self, (house, customer): (usize, usize), trace: i64, minor: i64) -> Verdict {
        if let Some(held) = self.deposits.get(&(house, trace)) {
            let same = held.customer == customer && held.minor == minor;
            return if same { Done } else { Refused(Conflict) };
        }
        self.deposits.insert((house, trace), Deposit { customer, minor, reversed: false });
        self.balances[house][customer] += minor;
        Done
    }

    pub fn reverse_deposit(&mut self, (house, customer): (usize, usize), trace: i64) -> Verdict {
        let Some(held) = self.deposits.get_mut(&(house, trace)) else { return Refused(NotFound) };
        if held.reversed {
            // The first answer again, if it is the first call again.
            return if held.customer == customer { Done } else { Refused(Conflict) };
        }
        if held.customer != customer {
            return Refused(NotFound);
        }
        held.reversed = true;
        self.balances[house][customer] -= held.minor;
        Done
    }

    /// The bank was asked. A breach of the attempt table is told in words.
    pub fn called(
        &mut self,
        index: usize,
        sends: bool,
        answered: Option<&Outcome>,
        now: i64,
    ) -> Result<(), String> {
        use AttemptState::*;
        let payout = &mut self.payouts[index];
        let before = payout.attempt;
        match (sends, before) {
            (true, Some(Planned)) if payout.status == PayoutStatus::InProgress => {}
            (false, Some(Sending | Unknown)) => {}
            _ => {
                let what = if sends { "sent" } else { "inquired" };
                return Err(format!(
                    "{what} while the attempt was {before:?} and the payout {}",
                    payout.status
                ));
            }
        }
        // Sending is committed before the call and becomes Unknown before it is asked about.
        payout.attempt = Some(if sends { Sending } else { Unknown });
        if sends {
            (payout.sent_at, payout.absent_since) = (now, None);
        }
        let Some(outcome) = answered else { return Ok(()) };
        // "Not known" counts when it was heard before and ten minutes have passed since it was sent.
        let heard_before = payout.absent_since.is_some_and(|since| since < now);
        let believed = heard_before && now - payout.sent_at >= 600;
        match outcome {
            Outcome::NotFound => payout.absent_since = payout.absent_since.or(Some(now)),
            Outcome::Paid { .. } | Outcome::Declined { .. } | Outcome::Open { .. } => {
                payout.absent_since = None
            }
            Outcome::NotSent { .. } | Outcome::Unknown { .. } => {}
        }
        payout.attempt = Some(match outcome {
            Outcome::Paid { .. } => Succeeded,
            Outcome::Declined { .. } => Refused,
            Outcome::NotSent { .. } if sends => Planned,
            Outcome::NotFound if !sends && believed => Planned,
            Outcome::NotSent { .. } | Outcome::NotFound => Unknown,
            Outcome::Open { .. } | Outcome::Unknown { .. } => Unknown,
        });
        let means = payout.used.unwrap_or(payout.asked);
        if payout.attempt == Some(Succeeded) && means == Means::Automatic {
            payout.status = PayoutStatus::Approved;
            self.taken.insert((index, PayoutStatus::Approved), (None, None));
            let (house, net) = (payout.house, payout.taken.0);
            self.sums[house].transit -= net;
        }
        Ok(())
    }
}
