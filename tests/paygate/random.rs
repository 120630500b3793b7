//! Hundreds of payouts with random faults, carried out as the worker does: ask before anything is sent again.

use super::support::Story;
use tillgate::domain::outcome::Outcome;
use tillgate::processors::PayoutProcessor;
use tillgate::processors::paygate::simulator::{Fault, Filling, Merchant, Moved, Random};

#[tokio::test]
async fn whatever_goes_wrong_nothing_is_paid_twice_and_nothing_paid_looks_failed() {
    let mut settled = [0, 0];
    for seed in 1..=3 {
        let story = Story::with(Merchant::default(), "");
        story.simulator.randomize(Random {
            seed,
            per_thousand: 400,
            calls: vec![
                Fault::DropBefore,
                Fault::DropAfter,
                Fault::HalfAnswer,
                Fault::ShortData,
                Fault::Page { status: 502, processed: true },
                Fault::Page { status: 503, processed: false },
                Fault::Padding(Filling::Pkcs),
                Fault::WrongMac,
                Fault::ForeignOrder,
                Fault::OpenForever,
                Fault::OpenSilently,
                Fault::Refuse("22060305".to_owned()),
                Fault::BookedBut("22720040".to_owned()),
            ],
            notices: vec![],
        });
        for number in 0..80 {
            let order = story.payout(number, 1_000 + number);
            let mut outcome = story.paygate.send(&order).await;
            // Bounded, because a random inquiry can go wrong as well.
            for _ in 0..60 {
                outcome = match outcome {
                    Outcome::Paid { .. } | Outcome::Declined { .. } => break,
                    Outcome::NotFound | Outcome::NotSent { .. } => story.paygate.send(&order).await,
                    Outcome::Unknown { .. } => story.paygate.inquire(&order).await,
                    Outcome::Open { .. } => {
                        story.simulator.decide(&order.reference, number % 2 == 0);
                        story.paygate.inquire(&order).await
                    }
                };
            }
            let paid = story.simulator.sum(&order.reference, Moved::Payout);
            match outcome {
                Outcome::Paid { .. } => {
                    assert_eq!(paid, order.amount.minor(), "seed {seed}, payout {number}");
                    settled[0] += 1;
                }
                Outcome::Declined { .. } => {
                    assert_eq!(paid, 0, "seed {seed}, payout {number}");
                    settled[1] += 1;
                }
                other => panic!("seed {seed}, payout {number} was never settled: {other:?}"),
            }
        }
    }
    assert!(settled[0] > 100 && settled[1] > 5, "{settled:?}");
}
