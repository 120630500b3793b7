//! What the cashier asks for next, by chance, and what the model says of it.

use super::{Command, Expected, Run};
use crate::simulation::chance::Chance;
use crate::simulation::house::{CUSTOMERS, Wish, eur, pin};
use crate::simulation::model::{Means, Update, Verdict};
use tillgate::domain::debit::DebitState;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::refusal::RefusalCode;
use tillgate::operations::{
    adjust_balance, create_payout, process_deposit, reverse_deposit, reverse_payout, update_payout,
};

impl Run {
    /// The next command, and what the model makes of it.
    pub(super) fn command(&mut self) -> Option<Command> {
        match self.chance.below(100) {
            0..9 => Some(self.adjust()),
            9..50 => Some(self.create()),
            50..82 => self.update(),
            82..88 => self.reverse(),
            88..97 => Some(self.deposit()),
            _ => self.reverse_deposit(),
        }
    }

    fn expect(&self, house: usize, customer: usize, verdict: Verdict) -> Expected {
        let sums = self.model.sums[house];
        Expected {
            verdict,
            balance: self.model.balances[house][customer],
            transit: sums.transit,
            fees: sums.fees,
            payout: None,
            same: None,
            creates: None,
        }
    }

    pub(super) fn somebody(&mut self) -> (usize, usize) {
        (self.chance.below(self.model.houses.len()), self.chance.below(CUSTOMERS))
    }

    pub(super) fn next_trace(&mut self) -> i64 {
        self.traces += 1;
        self.traces
    }

    fn adjust(&mut self) -> Command {
        let (house, customer, wish) = if self.chance.percent(20) && !self.adjustments.is_empty() {
            self.chance.one_of(&self.adjustments).clone()
        } else {
            let (house, customer) = self.somebody();
            let minor = self.chance.between(-3_500, 3_500) * 2 + 1;
            let key = format!("a{}", self.next_trace());
            let reason = "simulated".to_owned();
            let wish = adjust_balance::Wish {
                pin: pin(customer),
                amount: eur(minor),
                reason,
                key,
                below_zero: false,
            };
            self.adjustments.push((house, customer, wish.clone()));
            (house, customer, wish)
        };
        let verdict = self.model.adjust(house, customer, wish.amount.minor(), &wish.key);
        let mut expected = self.expect(house, customer, verdict);
        expected.same = (verdict == Verdict::Done).then(|| wish.key.clone());
        Command { house, customer, wish: Wish::Adjust(wish), expected }
    }

    fn create(&mut self) -> Command {
        let (house, customer, wish, means) = if self.chance.percent(25) && !self.creates.is_empty() {
            let (house, customer, mut wish, means) = self.chance.one_of(&self.creates).clone();
            if self.chance.percent(20) {
                wish.amount = eur(wish.amount.minor() + 1);
            }
            (house, customer, wish, means)
        } else {
            let (house, customer) = self.somebody();
            let means =
                *self.chance.one_of(&[Means::Cashier, Means::Automatic, Means::Automatic, Means::Confirmed]);
            let wish = create_payout::Wish {
                pin: pin(customer),
                trace_id: self.next_trace(),
                amount: eur(self.chance.between(1, 4_000)),
                fee: eur(if self.chance.percent(50) { 0 } else { self.chance.between(1, 150) }),
                processor: Some(self.house.mapped(means)),
                payment_method: None,
                bank_account: None,
                created_by: None,
            };
            self.creates.push((house, customer, wish.clone(), means));
            (house, customer, wish, means)
        };
        let before = self.model.payouts.len();
        let sum = (wish.amount.minor(), wish.fee.minor());
        let verdict = self.model.create((house, customer), wish.trace_id, sum, means);
        let mut expected = self.expect(house, customer, verdict);
        let new = self.model.payouts.len() > before;
        expected.creates = new.then_some(before);
        expected.payout = new.then(|| self.state_of(before));
        let conflict = verdict == Verdict::Refused(RefusalCode::Conflict);
        expected.same = (!conflict).then(|| format!("c{house}/{}", wish.trace_id));
        Command { house, customer, wish: Wish::Create(wish), expected }
    }

    pub(super) fn state_of(&self, index: usize) -> (PayoutStatus, DebitState, Option<AttemptState>) {
        let payout = &self.model.payouts[index];
        (payout.status, payout.debit, payout.attempt)
    }

    /// A payout whose id the cashier knows, mostly a young one.
    fn known_payout(&mut self) -> Option<usize> {
        let all = self.model.payouts.len();
        if all == 0 {
            return None;
        }
        let back = if self.chance.percent(85) { all.min(250) } else { all };
        let index = all - 1 - self.chance.below(back);
        self.model.payouts[index].id.map(|_| index)
    }

    fn update(&mut self) -> Option<Command> {
        use PayoutStatus::*;
        const TO: [PayoutStatus; 12] = [
            Requested, Authorized, Authorized, Authorized, InProgress, InProgress, InProgress, Approved,
            Approved, Rejected, Cancelled, Reversed,
        ];
        let index = self.known_payout()?;
        let payout = self.model.payouts[index].clone();
        let to = *self.chance.one_of(&TO);
        let other = |chance: &mut Chance, held: i64| match chance.below(10) {
            0 => Some(held),
            1 => Some((held + chance.between(-40, 40)).max(1)),
            _ => None,
        };
        let amount = other(&mut self.chance, payout.amount);
        let fee = other(&mut self.chance, payout.fee);
        let all = [Means::Cashier, Means::Automatic, Means::Confirmed];
        let means = self.chance.percent(15).then(|| *self.chance.one_of(&all));
        let by_customer = self.chance.percent(20);
        let verdict = self.model.update(index, Update { to, amount, fee, means, by_customer });
        let mut expected = self.expect(payout.house, payout.customer, verdict);
        expected.payout = Some(self.state_of(index));
        let wish = update_payout::Wish {
            payout: payout.id?,
            pin: pin(payout.customer),
            trace_id: Some(payout.trace),
            to,
            amount: amount.map(eur),
            fee: fee.map(eur),
            processor: means.map(|means| self.house.mapped(means)),
            transaction_id: None,
            updated_by: by_customer.then(|| "INTERNET".to_owned()),
            attempt_key: format!("{:016x}", self.chance.next()),
        };
        Some(Command { house: payout.house, customer: payout.customer, wish: Wish::Update(wish), expected })
    }

    fn reverse(&mut self) -> Option<Command> {
        let index = self.known_payout()?;
        let payout = self.model.payouts[index].clone();
        let trace = self.chance.percent(70).then(|| self.chance.between(1, 3));
        let verdict = self.model.reverse(index, trace);
        let mut expected = self.expect(payout.house, payout.customer, verdict);
        expected.payout = Some(self.state_of(index));
        expected.same = (verdict == Verdict::Done).then(|| format!("v{index}"));
        let wish = reverse_payout::Wish {
            payout: payout.id?,
            pin: pin(payout.customer),
            trace_id: trace,
            ref_trace_id: None,
            amount: None,
            fee: None,
            updated_by: None,
        };
        Some(Command { house: payout.house, customer: payout.customer, wish: Wish::Reverse(wish), expected })
    }

    fn deposit(&mut self) -> Command {
        let (house, customer, trace, minor) = if self.chance.percent(25) && !self.deposits.is_empty() {
            let (house, customer, trace, minor) = *self.chance.one_of(&self.deposits);
            (house, customer, trace, minor + i64::from(self.chance.percent(20)))
        } else {
            let (house, customer) = self.somebody();
            let new = (house, customer, self.next_trace(), self.chance.between(1, 4_500));
            self.deposits.push(new);
            new
        };
        let verdict = self.model.deposit((house, customer), trace, minor);
        let mut expected = self.expect(house, customer, verdict);
        expected.same = (verdict == Verdict::Done).then(|| format!("d{house}/{trace}"));
        let wish = process_deposit::Wish {
            pin: pin(customer),
            trace_id: trace,
            amount: eur(minor),
            fee: None,
            processor: Some(self.house.mapped(Means::Cashier)),
            payment_method: None,
            transaction_id: None,
            created_by: None,
        };
        Command { house, customer, wish: Wish::Deposit(wish), expected }
    }

    fn reverse_deposit(&mut self) -> Option<Command> {
        if self.deposits.is_empty() {
            return None;
        }
        let (house, mut customer, trace, _) = *self.chance.one_of(&self.deposits);
        if self.chance.percent(10) {
            customer = self.chance.below(CUSTOMERS);
        }
        let verdict = self.model.reverse_deposit((house, customer), trace);
        let mut expected = self.expect(house, customer, verdict);
        expected.same = (verdict == Verdict::Done).then(|| format!("r{house}/{trace}"));
        let wish = reverse_deposit::Wish { pin: pin(customer), trace_id: trace, updated_by: None };
        Some(Command { house, customer, wish: Wish::ReverseDeposit(wish), expected })
    }
}
