//! The cashier asks for a payout: opened once for each TraceID, debited if the front end debits at Requested.

use super::answer::Once;
use super::{Answer, Call, Caller, OperationError, Rules, active_customer, post, refusable, told};
use crate::domain::bank_account::BankAccount;
use crate::domain::debit::DebitEvent;
use crate::domain::deed::Deed;
use crate::domain::ids::PayoutId;
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::domain::payout::{Payout, Wanted};
use crate::domain::processor_name::Mapped;
use crate::domain::refusal::RefusalCode;
use crate::store::{Tx, Wants, audit, ledger, payouts};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    pub trace_id: i64,
    pub amount: Money,
    pub fee: Money,
    pub processor: Option<Mapped>,
    pub payment_method: Option<String>,
    pub bank_account: Option<BankAccount>,
    pub created_by: Option<String>,
}

impl Wish {
    fn once(&self, rules: &Rules) -> Once {
        let currency = self.amount.currency();
        let amount = self.amount.minor().to_string();
        let fee = self.fee.minor().to_string();
        let account = self.bank_account.as_ref().map(BankAccount::content);
        let mut content = vec![self.pin.as_str(), &amount, currency.code(), &fee];
        content.extend(account.as_deref());
        Once::new(&rules.front_end.name, "CreatePayout", "TraceID", &self.trace_id.to_string(), &content)
    }

    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end;
        let wants = Wants::nothing()
            .new_reply(self.once(rules).reply_name())
            .customer(&front_end.name, &self.pin)
            .account(Account::customer(&front_end.name, &self.pin, front_end.currency));
        if front_end.debit_event != DebitEvent::Requested {
            return wants;
        }
        wants
            .account(Account::payouts_in_transit(&front_end.name, front_end.currency))
            .account(Account::fees(&front_end.name, front_end.currency))
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let once = wish.once(rules);
    let subject = wish.trace_id.to_string();
    let call = Call { method: "CreatePayout", subject: &subject, pin: &wish.pin };
    let answer = refusable(tx, rules, caller, &call, |tx| match once.find(tx)? {
        Some(kept) => Ok(kept),
        None => create(tx, wish, rules, caller),
    })?;
    // Other content under a used TraceID is refused and leaves the first answer where it is. A customer who does not
    // exist has no answers: when the platform adds him, the same call may succeed.
    let decided = !matches!(answer.refused, Some(RefusalCode::Conflict | RefusalCode::CustomerNotFound));
    if decided && !answer.replayed {
        once.keep(tx, &answer)?;
    }
    Ok(answer)
}

fn create(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let customer = active_customer(tx, rules, &wish.pin)?;
    let front_end = &rules.front_end;
    let account = Account::customer(&front_end.name, &wish.pin, front_end.currency);
    let available = ledger::balance(tx, &account)?;

    let wanted = Wanted {
        id: PayoutId(tx.new_id()?),
        pin: wish.pin.clone(),
        trace_id: wish.trace_id,
        amount: wish.amount,
        fee: wish.fee,
        processor: wish.processor.clone(),
        payment_method: wish.payment_method.clone(),
        bank_account: wish.bank_account.clone(),
        created_by: wish.created_by.clone(),
    };
    let change = Payout::create(wanted, front_end, available)?;

    payouts::insert(tx, &change.payout, customer.id)?;
    post(tx, &change.transactions)?;
    let fact = audit::Fact {
        front_end: front_end.name.clone(),
        pin: wish.pin.clone(),
        who: caller.on_record(wish.created_by.as_deref()),
        to: change.payout.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::PayoutCreated, change.payout.id)
    };
    let fact = fact
        .with("trace_id", wish.trace_id)
        .with("amount", wish.amount.to_string())
        .with("fee", wish.fee.to_string())
        .with("postings", told(&change.transactions));
    audit::record(tx, fact)?;
    Ok(Answer {
        payout: Some(change.payout.id),
        alerts: change.alerts.iter().map(|alert| alert.name()).collect(),
        ..Answer::done("Payout recorded")
    })
}
