//! Faults to order: which call is to fail, and how.

use serde::{Deserialize, Serialize};

/// A fault of the n-th matching call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// An operation's name; any operation without it.
    #[serde(default)]
    pub operation: Option<String>,
    /// So many matching calls pass unharmed before it.
    #[serde(default)]
    pub skip: u32,
    /// So many calls it strikes.
    #[serde(default = "once")]
    pub times: u32,
    pub kind: Kind,
}

fn once() -> u32 {
    1
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The connection is closed before anything is done.
    ResetBefore,
    /// Everything is done, and the connection is closed without an answer.
    ResetAfter,
    /// No answer until the caller gives up; nothing is done.
    HoldBefore,
    /// Everything is done, then no answer until the caller gives up.
    HoldAfter,
    /// A page with this status; nothing is done.
    PageBefore(u16),
    /// Everything is done, then a page with this status.
    PageAfter(u16),
    /// These codes; nothing is done.
    CodesBefore {
        result: i64,
        error: i32,
    },
    /// Everything is done, then these codes.
    CodesAfter {
        result: i64,
        error: i32,
    },
    FaultServer,
    FaultClient,
    /// The right answer, but its XML ends in the middle.
    Truncated,
    /// The right answer, but the connection ends in its middle.
    HalfSent,
    /// The right answer, with another state letter in it.
    State(String),
    ExtraElements,
    OtherPrefixes,
}

impl Fault {
    pub fn new(operation: &str, kind: Kind) -> Fault {
        Fault { operation: Some(operation.to_owned()), skip: 0, times: 1, kind }
    }

    pub fn skipping(self, skip: u32) -> Fault {
        Fault { skip, ..self }
    }

    pub fn times(self, times: u32) -> Fault {
        Fault { times, ..self }
    }
}

/// Takes the fault that this call meets, if any; faults are used up in the order they were set.
pub fn strike(faults: &mut Vec<Fault>, operation: &str) -> Option<Kind> {
    let matches = |fault: &Fault| fault.operation.as_deref().is_none_or(|wanted| wanted == operation);
    let place = faults.iter().position(matches)?;
    let fault = &mut faults[place];
    if fault.skip > 0 {
        fault.skip -= 1;
        return None;
    }
    let kind = fault.kind.clone();
    fault.times = fault.times.saturating_sub(1);
    if fault.times == 0 {
        faults.remove(place);
    }
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_the_calls_it_was_set_for() {
        let mut faults = vec![Fault::new("executeDebit", Kind::ResetAfter).skipping(1).times(2)];
        let struck: Vec<bool> = ["executeDebit", "getMid", "executeDebit", "executeDebit", "executeDebit"]
            .iter()
            .map(|operation| strike(&mut faults, operation).is_some())
            .collect();
        assert_eq!(struck, [false, false, true, true, false]);
        assert!(faults.is_empty());
    }
}
