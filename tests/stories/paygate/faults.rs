//! Every way in which a call can go wrong, and what must be true afterwards.

use super::{House, Opened};
use crate::support::story::Customer;
use chrono::Duration;
use tillgate::processors::paygate::simulator::{Fault, Moved, Script};

pub fn every_fault() -> Vec<Fault> {
    vec![
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::HangBefore,
        Fault::HangAfter,
        Fault::ProcessLate,
        Fault::HalfAnswer,
        Fault::ShortData,
        Fault::Page { status: 502, processed: true },
        Fault::Page { status: 502, processed: false },
        Fault::Status(500),
        Fault::WrongMac,
        Fault::ForeignMerchant,
        Fault::ForeignOrder,
        Fault::Clear,
        Fault::Contradiction,
        Fault::OpenForever,
        Fault::OpenSilently,
        Fault::Refuse(REFUSED.to_owned()),
        Fault::BookedBut(REFUSED.to_owned()),
    ]
}

/// Refused by the authorisation system.
const REFUSED: &str = "22060305";

/// The platform has taken it in, and decides when it is told to.
pub fn left_open(fault: &Fault) -> bool {
    matches!(fault, Fault::OpenForever | Fault::OpenSilently)
}

/// The next call to an endpoint goes wrong, whatever its order.
pub fn goes_wrong(house: &House, endpoint: &str, fault: &Fault) {
    house.simulator().script(once(endpoint, None, fault));
}

/// The next call about an order goes wrong.
pub fn goes_wrong_about(house: &House, endpoint: &str, opened: &Opened, fault: &Fault) {
    house.simulator().script(once(endpoint, Some(opened.reference.clone()), fault));
}

fn once(endpoint: &str, trans_id: Option<String>, fault: &Fault) -> Script {
    Script {
        endpoint: Some(endpoint.to_owned()),
        trans_id,
        times: 1,
        call: Some(fault.clone()),
        notice: None,
    }
}

/// What was captured is credited, and nothing else; nothing that was captured is shown as failed. Gives the status.
pub async fn as_the_platform_booked(
    house: &House,
    customer: &Customer,
    made: &Opened,
    what: &impl std::fmt::Debug,
) -> String {
    for _ in 0..4 {
        house.after(Duration::minutes(61)).await;
    }
    let captured = house.moved(&made.reference, Moved::Capture);
    let deposit = house.deposit(customer, made).await;
    assert_eq!(deposit["DepositStatus"] == "Credited", captured > 0, "{what:?}: {captured} {deposit}");
    assert!(captured <= 200, "{what:?}: taken twice");
    deposit["DepositStatus"].as_str().expect("a status").to_owned()
}
