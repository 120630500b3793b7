//! When a payout's money is taken, kept and given back.

use super::payout::status::PayoutStatus;

/// The front end's setting "payout debited upon event". The cashier holds the same setting.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DebitEvent {
    Requested,
    Authorized,
    InProgress,
}

impl DebitEvent {
    pub const ALL: [DebitEvent; 3] = [DebitEvent::Requested, DebitEvent::Authorized, DebitEvent::InProgress];

    pub fn name(self) -> &'static str {
        match self {
            DebitEvent::Requested => "Requested",
            DebitEvent::Authorized => "Authorized",
            DebitEvent::InProgress => "InProgress",
        }
    }
}

/// What has happened to the customer's money so far.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DebitState {
    NotTaken,
    Taken,
    Released,
    GivenBack,
}

impl DebitState {
    pub fn name(self) -> &'static str {
        match self {
            DebitState::NotTaken => "NotTaken",
            DebitState::Taken => "Taken",
            DebitState::Released => "Released",
            DebitState::GivenBack => "GivenBack",
        }
    }
}

/// What a payout's arrival at a status does to the customer's money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Nothing moves.
    Keep,
    /// Check the funds, then debit.
    Take,
    /// The money has left and was never taken: debit without a check, even below zero, and raise the alarm.
    TakeLate,
    /// It was taken before; from transit it goes to the processor.
    Settle,
    /// Give back exactly what was taken.
    Release,
    /// Give back what had left: amount and fee.
    GiveBack,
}

/// The whole table. `taken` is what the ledger says, not what the setting would have done: a setting may change while
/// payouts are under way.
pub fn effect(event: DebitEvent, taken: bool, to: PayoutStatus) -> Effect {
    use PayoutStatus::*;
    let reached = match event {
        DebitEvent::Requested => matches!(to, Requested | Authorized | InProgress),
        DebitEvent::Authorized => matches!(to, Authorized | InProgress),
        DebitEvent::InProgress => matches!(to, InProgress),
    };
    match (to, taken) {
        (Requested | Authorized | InProgress, false) if reached => Effect::Take,
        (Requested | Authorized | InProgress, _) => Effect::Keep,
        (Approved, false) => Effect::TakeLate,
        (Approved, true) => Effect::Settle,
        (Rejected | Cancelled, false) => Effect::Keep,
        (Rejected | Cancelled, true) => Effect::Release,
        (Reversed, true) => Effect::GiveBack,
        // Nothing was taken, so nothing can be given back.
        (Reversed, false) => Effect::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_debits() {
        let mut table = String::new();
        for event in DebitEvent::ALL {
            for taken in [false, true] {
                let row: Vec<String> = PayoutStatus::ALL
                    .into_iter()
                    .map(|to| format!("{:<8}", format!("{:?}", effect(event, taken, to))))
                    .collect();
                let taken = if taken { "taken" } else { "open" };
                table.push_str(format!("{:<10} {taken:<5} {}", event.name(), row.join(" ")).trim_end());
                table.push('\n');
            }
        }
        println!("{table}");
        // Columns: Requested Authorized InProgress Approved Rejected Cancelled Reversed.
        let expected = "\
Requested  open  Take     Take     Take     TakeLate Keep     Keep     Keep
Requested  taken Keep     Keep     Keep     Settle   Release  Release  GiveBack
Authorized open  Keep     Take     Take     TakeLate Keep     Keep     Keep
Authorized taken Keep     Keep     Keep     Settle   Release  Release  GiveBack
InProgress open  Keep     Keep     Take     TakeLate Keep     Keep     Keep
InProgress taken Keep     Keep     Keep     Settle   Release  Release  GiveBack
";
        assert_eq!(table, expected);
    }
}
