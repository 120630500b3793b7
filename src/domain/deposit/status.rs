//! The statuses of a deposit and the table of steps between them.

use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DepositStatus {
    /// Attempted: checked and recorded, before the processor.
    Pending,
    /// The acquirer reserved the money, a capture is to follow.
    Authorized,
    /// The customer has done his part and we have asked the processor for the money: its word is out.
    Settling,
    Credited,
    Declined,
    Cancelled,
    /// Charged back or reversed after it was credited.
    Reversed,
}

impl DepositStatus {
    pub const ALL: [DepositStatus; 7] = {
        use DepositStatus::*;
        [Pending, Authorized, Settling, Credited, Declined, Cancelled, Reversed]
    };

    pub fn name(self) -> &'static str {
        match self {
            DepositStatus::Pending => "Pending",
            DepositStatus::Authorized => "Authorized",
            DepositStatus::Settling => "Settling",
            DepositStatus::Credited => "Credited",
            DepositStatus::Declined => "Declined",
            DepositStatus::Cancelled => "Cancelled",
            DepositStatus::Reversed => "Reversed",
        }
    }

    pub fn from_name(name: &str) -> Option<DepositStatus> {
        DepositStatus::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Money that was paid is always credited, even after the processor first said no: news may come out of order.
    pub fn may_become(self, to: DepositStatus) -> bool {
        use DepositStatus::*;
        match self {
            Pending => matches!(to, Authorized | Settling | Credited | Declined | Cancelled),
            Authorized => matches!(to, Settling | Credited | Declined | Cancelled),
            Settling => matches!(to, Pending | Authorized | Credited | Declined | Cancelled),
            Declined | Cancelled => matches!(to, Credited),
            Credited => matches!(to, Reversed),
            Reversed => false,
        }
    }
}

impl fmt::Display for DepositStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_deposits() {
        let mut table = String::new();
        for from in DepositStatus::ALL {
            let row: String = DepositStatus::ALL
                .into_iter()
                .map(|to| if from.may_become(to) { '>' } else { '!' })
                .collect();
            table.push_str(&format!("{row} {from}\n"));
        }
        println!("{table}");
        let expected = "\
!>>>>>! Pending
!!>>>>! Authorized
>>!>>>! Settling
!!!!!!> Credited
!!!>!!! Declined
!!!>!!! Cancelled
!!!!!!! Reversed
";
        assert_eq!(table, expected);
    }
}
