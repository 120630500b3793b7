//! A processor whose calls are written down: it only says whose they are, and leaves the rest to the processor itself.

use super::exchange::{Book, Whose, within};
use super::*;

/// An account's processor with the book its exchanges go into.
pub(super) struct Recorded<P: ?Sized> {
    pub account: Arc<str>,
    pub book: Book,
    pub processor: Arc<P>,
}

impl<P: ?Sized> Recorded<P> {
    fn of_payout(&self, order: &PayoutOrder) -> Whose {
        self.whose(order.payout.to_string(), Some(order.attempt.to_string()))
    }

    fn of_deposit(&self, order: &DepositOrder) -> Whose {
        self.whose(order.deposit.to_string(), None)
    }

    fn whose(&self, subject: String, attempt: Option<String>) -> Whose {
        Whose { book: self.book.clone(), account: self.account.clone(), subject, attempt }
    }
}

#[async_trait]
impl PayoutProcessor for Recorded<dyn PayoutProcessor> {
    fn reference_prefix(&self) -> String {
        self.processor.reference_prefix()
    }

    async fn send(&self, order: &PayoutOrder) -> Outcome {
        within(self.of_payout(order), self.processor.send(order)).await
    }

    async fn inquire(&self, order: &PayoutOrder) -> Outcome {
        within(self.of_payout(order), self.processor.inquire(order)).await
    }

    fn health(&self) -> Option<Health> {
        self.processor.health()
    }
}

#[async_trait]
impl DepositProcessor for Recorded<dyn DepositProcessor> {
    fn reference_prefix(&self) -> String {
        self.processor.reference_prefix()
    }

    fn completes_in_two_steps(&self) -> bool {
        self.processor.completes_in_two_steps()
    }

    fn takes_cards(&self) -> bool {
        self.processor.takes_cards()
    }

    fn makes_invoices(&self) -> bool {
        self.processor.makes_invoices()
    }

    fn particulars(&self) -> &'static [&'static str] {
        self.processor.particulars()
    }

    fn names_charges(&self) -> bool {
        self.processor.names_charges()
    }

    async fn bank_answered(&self, order: &DepositOrder, answer: &SecretString) -> DepositOutcome {
        within(self.of_deposit(order), self.processor.bank_answered(order, answer)).await
    }

    async fn waits_for_the_bank(&self, order: &DepositOrder) -> bool {
        within(self.of_deposit(order), self.processor.waits_for_the_bank(order)).await
    }

    fn charges(&self) -> Option<&'static str> {
        self.processor.charges()
    }

    async fn open(&self, order: &DepositOrder) -> Opened {
        within(self.of_deposit(order), self.processor.open(order)).await
    }

    async fn open_with_card(&self, order: &DepositOrder, card: &TypedCard) -> (Opened, Option<Instrument>) {
        within(self.of_deposit(order), self.processor.open_with_card(order, card)).await
    }

    async fn settle(&self, order: &DepositOrder) -> DepositOutcome {
        within(self.of_deposit(order), self.processor.settle(order)).await
    }

    fn lingers(&self) -> std::time::Duration {
        self.processor.lingers()
    }

    fn opening_lingers(&self) -> std::time::Duration {
        self.processor.opening_lingers()
    }

    async fn capture(&self, order: &DepositOrder, amount: Money, last: bool) -> DepositOutcome {
        within(self.of_deposit(order), self.processor.capture(order, amount, last)).await
    }

    async fn cancel(&self, order: &DepositOrder) -> DepositOutcome {
        within(self.of_deposit(order), self.processor.cancel(order)).await
    }

    async fn give_up(&self, order: &DepositOrder) -> GivenUp {
        within(self.of_deposit(order), self.processor.give_up(order)).await
    }

    async fn refund(&self, order: &DepositOrder, amount: Money, refund: &str) -> Outcome {
        within(self.of_deposit(order), self.processor.refund(order, amount, refund)).await
    }

    async fn inquire_refund(&self, order: &DepositOrder, amount: Money, refund: &str) -> Outcome {
        within(self.of_deposit(order), self.processor.inquire_refund(order, amount, refund)).await
    }
}

#[cfg(test)]
mod tests {
    /// A method that is forgotten here would fall back to the trait's own word instead of the processor's.
    #[test]
    fn every_method_of_a_processor_is_passed_on() {
        let names = |text: &'static str| {
            let functions =
                text.lines().filter_map(|line| line.trim().trim_start_matches("async ").strip_prefix("fn "));
            functions.filter_map(|rest| rest.split('(').next()).collect::<Vec<_>>()
        };
        let (own, _) = include_str!("recorded.rs").split_once("#[cfg(test)]").expect("tests");
        let passed_on = names(own);
        let all = include_str!("mod.rs");
        for (kind, more) in [("pub trait PayoutProcessor", 4), ("pub trait DepositProcessor", 16)] {
            let (_, body) = all.split_once(kind).expect("the trait");
            let (body, _) = body.split_once("\n}\n").expect("its end");
            let asked = names(body);
            assert!(asked.len() >= more, "{kind}: {asked:?}");
            for name in asked {
                assert!(passed_on.contains(&name), "{kind}: `{name}` is not passed on");
            }
        }
    }
}
