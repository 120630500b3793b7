//! The columns of the list: what each is called, what it shows on a page and what in a file.

use crate::backoffice::call::Asked;
use crate::backoffice::fields::Fields;
use crate::backoffice::files::Value;
use crate::backoffice::parts::when::age;
use crate::backoffice::parts::{Badge, Cell};
use crate::domain::payout::Payout;
use crate::store::lists::payouts::Line;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Id,
    Created,
    FrontEnd,
    Pin,
    Amount,
    Fee,
    Status,
    Debit,
    Processor,
    Attempt,
    Age,
    Trace,
    Transaction,
    Method,
    Updated,
    CreatedBy,
    UpdatedBy,
}

impl Column {
    pub const ALL: [Column; 17] = {
        use Column::*;
        [
            Id,
            Created,
            FrontEnd,
            Pin,
            Amount,
            Fee,
            Status,
            Debit,
            Processor,
            Attempt,
            Age,
            Trace,
            Transaction,
            Method,
            Updated,
            CreatedBy,
            UpdatedBy,
        ]
    };

    /// What is shown where nothing was chosen.
    const USUAL: [Column; 10] = {
        use Column::*;
        [Id, Created, FrontEnd, Pin, Amount, Fee, Status, Debit, Processor, Attempt]
    };

    pub fn name(self) -> &'static str {
        match self {
            Column::Id => "id",
            Column::Created => "created",
            Column::FrontEnd => "front_end",
            Column::Pin => "pin",
            Column::Amount => "amount",
            Column::Fee => "fee",
            Column::Status => "status",
            Column::Debit => "debit",
            Column::Processor => "processor",
            Column::Attempt => "attempt",
            Column::Age => "age",
            Column::Trace => "trace",
            Column::Transaction => "transaction",
            Column::Method => "method",
            Column::Updated => "updated",
            Column::CreatedBy => "created_by",
            Column::UpdatedBy => "updated_by",
        }
    }

    /// The key of its name in the words.
    pub fn label(self) -> &'static str {
        match self {
            Column::Id => "payouts.id",
            Column::Created => "payouts.created",
            Column::FrontEnd => "front_end",
            Column::Pin => "payouts.pin",
            Column::Amount => "payouts.amount",
            Column::Fee => "payouts.fee",
            Column::Status => "payouts.status",
            Column::Debit => "payouts.debit",
            Column::Processor => "payouts.processor",
            Column::Attempt => "payouts.attempt",
            Column::Age => "payouts.age",
            Column::Trace => "payouts.trace",
            Column::Transaction => "payouts.transaction",
            Column::Method => "payouts.method",
            Column::Updated => "payouts.updated",
            Column::CreatedBy => "payouts.created_by",
            Column::UpdatedBy => "payouts.updated_by",
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, Column::Amount | Column::Fee | Column::Age)
    }

    /// The columns that an address asks for, in their order.
    pub fn chosen(query: &Fields) -> Vec<Column> {
        let chosen: Vec<&str> = query.all("cols").collect();
        if chosen.is_empty() {
            return Column::USUAL.to_vec();
        }
        // Without the id nothing could be opened.
        let wanted = |column: &Column| *column == Column::Id || chosen.contains(&column.name());
        Column::ALL.into_iter().filter(wanted).collect()
    }

    pub fn cell(self, line: &Line, asked: &Asked) -> Cell {
        let payout = &line.payout;
        let words = asked.words;
        match self {
            Column::Id => Cell::link(format!("/office/payouts/{}", payout.id), payout.id.to_string()),
            Column::Created => Cell::When(asked.when(line.created_at.timestamp_micros())),
            Column::FrontEnd => Cell::text(&payout.front_end),
            Column::Pin => Cell::text(&payout.pin),
            Column::Amount => Cell::Number(asked.money(payout.amount)),
            Column::Fee => Cell::Number(asked.money(payout.fee)),
            Column::Status => status(payout, asked),
            Column::Debit => Cell::Badge(Badge::debit(payout.debit.state, words)),
            Column::Processor => Cell::text(payout.processor_name()),
            Column::Attempt => {
                payout.attempt.map_or(Cell::Empty, |state| Cell::Badge(Badge::attempt(state, words)))
            }
            Column::Age => {
                Cell::Number(age((asked.now - line.created_at).num_microseconds().unwrap_or_default()))
            }
            Column::Trace => Cell::Code(payout.trace_id.to_string()),
            Column::Transaction => Cell::maybe(payout.transaction_id.clone()),
            Column::Method => Cell::maybe(payout.payment_method.clone()),
            Column::Updated => Cell::When(asked.when(line.updated_at.timestamp_micros())),
            Column::CreatedBy => Cell::maybe(payout.created_by.clone()),
            Column::UpdatedBy => Cell::maybe(payout.updated_by.clone()),
        }
    }

    pub fn value(self, line: &Line, asked_at: chrono::DateTime<chrono::Utc>) -> Value {
        let payout = &line.payout;
        match self {
            Column::Id => Value::Text(payout.id.to_string()),
            Column::Created => Value::Time(line.created_at),
            Column::FrontEnd => Value::Text(payout.front_end.clone()),
            Column::Pin => Value::Text(payout.pin.clone()),
            Column::Amount => Value::Amount(payout.amount),
            Column::Fee => Value::Amount(payout.fee),
            Column::Status => Value::Text(payout.status.name().to_owned()),
            Column::Debit => Value::Text(payout.debit.state.name().to_owned()),
            Column::Processor => Value::Text(payout.processor_name().to_owned()),
            Column::Attempt => Value::maybe(payout.attempt.map(|state| state.name())),
            Column::Age => {
                let hours = (asked_at - line.created_at).num_hours();
                Value::Text(format!("{hours} h"))
            }
            Column::Trace => Value::Text(payout.trace_id.to_string()),
            Column::Transaction => Value::maybe(payout.transaction_id.as_deref()),
            Column::Method => Value::maybe(payout.payment_method.as_deref()),
            Column::Updated => Value::Time(line.updated_at),
            Column::CreatedBy => Value::maybe(payout.created_by.as_deref()),
            Column::UpdatedBy => Value::maybe(payout.updated_by.as_deref()),
        }
    }
}

/// A payout that is held shows it beside its status.
fn status(payout: &Payout, asked: &Asked) -> Cell {
    let badge = Cell::Badge(Badge::payout(payout.status, asked.words));
    match &payout.hold {
        None => badge,
        Some(_) => Cell::Several(vec![badge, Cell::Badge(Badge::held(asked.words))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_their_order_and_the_id_stays() {
        let chosen = Column::chosen(&Fields::read(b"cols=fee&cols=pin&cols=nonsense"));
        assert_eq!(chosen, [Column::Id, Column::Pin, Column::Fee]);
        assert_eq!(Column::chosen(&Fields::default()), Column::USUAL);
    }
}
