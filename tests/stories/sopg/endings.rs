//! Deposits that end without money: nothing is debited, nothing stays reserved, and nobody is credited.

use super::bench::*;
use crate::support::databases;
use serde_json::json;
use tillgate::processors::sopg::simulator::{Kind, Letter, Switches};

/// All that was put on cards and not spent is free again.
fn nothing_is_reserved(bench: &Bench) {
    let reserved: i64 = bench.gateway.look(|book| book.cards.values().map(|card| card.reserved).sum());
    assert_eq!(reserved, 0);
}

#[tokio::test]
async fn a_customer_who_cancels_or_never_pays_is_not_credited() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        for till in TILLS {
            let cancelled = bench.opens(till).await;
            let back = bench.presses_cancel(&cancelled).await;
            assert!(bench.visits(&back).await.contains("id=\"wait\""));
            bench.works().await;
            bench.has_nothing(&cancelled, "Declined", "cancelled at the panel").await;
            assert!(!bench.visits(&back).await.contains("id=\"wait\""));

            let idle = bench.opens(till).await;
            bench.passes(29 * 60);
            bench.works().await;
            bench.has_nothing(&idle, "Pending", "29 minutes").await;
            bench.passes(61);
            bench.works().await;
            bench.has_nothing(&idle, "Declined", "30 minutes").await;
            // News after the end change nothing.
            let url = format!("{}/notify/{}", bench.story.base, till.pp.to_lowercase().replace('-', "_"));
            let body = format!("mtid={}&eventType=ASSIGN_CARDS&serialNumbers=1%3B5.00", idle.mtid);
            assert_eq!(bench.browser.post(url).body(body).send().await.expect("an answer").status(), 200);
            bench.passes(60);
            bench.works().await;
            bench.has_nothing(&idle, "Declined", "a late notification").await;
        }
        nothing_is_reserved(&bench);
        bench.ends().await;
    }
}

#[tokio::test]
async fn a_window_of_59_seconds_is_enough_and_61_are_too_many() {
    for scratch in databases() {
        let bench = Bench::with(scratch, with_a_minute).await;
        bench.tells_nobody();
        for (seconds, expected) in [(59, "Credited"), (61, "Declined")] {
            let paying = bench.opens(EUROS).await;
            let back = bench.pays(&paying).await;
            // The gateway can't be reached all the while.
            bench.passes(seconds);
            bench.visits(&back).await;
            assert_eq!(bench.settles(&paying).await, expected, "{seconds} s");
        }
        // What was asked for too late, too: written down, and then refused.
        let paying = bench.opens(EUROS).await;
        let back = bench.pays(&paying).await;
        bench.fails("executeDebit", Kind::ResetBefore, 12);
        bench.visits(&back).await;
        bench.works().await;
        assert_eq!(bench.status(&paying).await, "Settling");
        bench.passes(61);
        assert_eq!(bench.settles(&paying).await, "Declined");
        bench.has_nothing(&paying, "Declined", "the debit never arrived").await;
        nothing_is_reserved(&bench);
        bench.ends().await;
    }
}

#[tokio::test]
async fn another_amount_than_ours_is_never_debited() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let paying = bench.opens(EUROS).await;
        bench.pays(&paying).await;
        bench.gateway.look(|book| book.lower("psc_demo_shop_test", &paying.mtid, 499));
        bench.gateway.deliver_due().await;
        bench.works().await;
        bench.has_nothing(&paying, "Pending", "lowered").await;
        assert_eq!(bench.gateway.calls("executeDebit"), 0);
        bench.passes(601);
        assert_eq!(bench.settles(&paying).await, "Declined");
        nothing_is_reserved(&bench);
        bench.ends().await;
    }
}

#[tokio::test]
async fn a_debit_that_is_refused_ends_with_its_window_and_no_sooner() {
    for scratch in databases() {
        let bench = Bench::with(scratch, with_a_minute).await;
        let paying = bench.opens(EUROS).await;
        bench.pays(&paying).await;
        bench.fails("executeDebit", Kind::CodesBefore { result: 1, error: 3001 }, 99);
        bench.gateway.deliver_due().await;
        bench.works().await;
        assert_eq!(bench.status(&paying).await, "Settling");
        bench.passes(20);
        bench.works().await;
        assert_eq!(bench.status(&paying).await, "Settling", "the money may still be fetched");
        bench.passes(41);
        bench.works().await;
        bench.has_nothing(&paying, "Declined", "the window is over").await;
        nothing_is_reserved(&bench);
        bench.ends().await;
    }
}

#[tokio::test]
async fn a_state_that_nobody_explains_is_never_shown_as_an_end() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let paying = bench.opens(EUROS).await;
        bench.gateway.force(&paying.mtid, Letter::I);
        assert_eq!(bench.settles(&paying).await, "Pending");
        bench.passes(3 * 3600);
        bench.works().await;
        bench.has_nothing(&paying, "Pending", "needs a person").await;
        // Closed there without us: nobody is credited with that.
        let other = bench.opens(EUROS).await;
        bench.gateway.force(&other.mtid, Letter::O);
        assert_eq!(bench.settles(&other).await, "Pending");
        bench.has_nothing(&other, "Pending", "closed there").await;
        bench.ends().await;
    }
}

#[tokio::test]
async fn an_abandoned_disposition_that_never_expires_is_closed_by_the_sweep() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        bench.gateway.switch(Switches { never_expires: true, ..Switches::default() });
        let paying = bench.opens(EUROS).await;
        bench.passes(119 * 60);
        bench.works().await;
        bench.has_nothing(&paying, "Pending", "not yet").await;
        bench.passes(11 * 60);
        bench.works().await;
        bench.has_nothing(&paying, "Cancelled", "given up").await;
        // Asked about daily from then on, for a week: who pays late without a word gets his money back.
        let quiet = bench.opens(EUROS).await;
        bench.passes(130 * 60);
        bench.works().await;
        bench.has_nothing(&quiet, "Cancelled", "given up as well").await;
        bench.passes(24 * 3600);
        bench.works().await;
        bench.tells_nobody();
        bench.pays(&quiet).await;
        let asked = bench.gateway.calls("getSerialNumbers");
        bench.passes(12 * 3600);
        bench.works().await;
        assert_eq!(bench.gateway.calls("getSerialNumbers"), asked, "not before the day is over");
        bench.passes(12 * 3600);
        bench.works().await;
        bench.has_nothing(&quiet, "Cancelled", "paid a day later").await;
        assert_eq!(bench.letter(&quiet), "O");
        nothing_is_reserved(&bench);
        for _ in 0..7 {
            bench.passes(24 * 3600);
            bench.works().await;
        }
        let asked = bench.gateway.calls("getSerialNumbers");
        bench.passes(48 * 3600);
        bench.works().await;
        assert_eq!(bench.gateway.calls("getSerialNumbers"), asked, "no longer than a week");
        bench.gateway.plan_notices(Default::default());
        // He pays all the same: what he put down is released at once, not debited.
        let back = bench.pays(&paying).await;
        bench.gateway.deliver_due().await;
        bench.visits(&back).await;
        bench.works().await;
        bench.has_nothing(&paying, "Cancelled", "paid after the end").await;
        assert_eq!(bench.letter(&paying), "O");
        nothing_is_reserved(&bench);
        bench.ends().await;
    }
}

#[tokio::test]
async fn a_cancelled_deposit_is_released_whenever_its_customer_pays() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        for till in TILLS {
            for paid_first in [false, true] {
                for lost in [None, Some(Kind::ResetBefore), Some(Kind::ResetAfter)] {
                    let what = format!("{till:?} {paid_first} {lost:?}");
                    let paying = bench.opens(till).await;
                    bench.tells_nobody();
                    if paid_first {
                        bench.pays(&paying).await;
                    }
                    if let Some(kind) = &lost {
                        let operation = if paid_first { "executeDebit" } else { "getSerialNumbers" };
                        bench.fails(operation, kind.clone(), 1);
                    }
                    let reply = bench.call(&paying, "CancelDeposit", json!({})).await;
                    assert_eq!(reply["Status"], 0, "{what}: {reply}");
                    bench.has_nothing(&paying, "Cancelled", &what).await;
                    let again = bench.call(&paying, "CancelDeposit", json!({})).await;
                    assert_eq!((&again["Status"], &again["Replayed"]), (&json!(0), &json!(1)), "{what}");
                    if !paid_first {
                        bench.gateway.plan_notices(Default::default());
                        bench.pays(&paying).await;
                        bench.gateway.deliver_due().await;
                        bench.works().await;
                        bench.has_nothing(&paying, "Cancelled", &what).await;
                    }
                    assert_eq!(bench.letter(&paying), "O", "{what}");
                    nothing_is_reserved(&bench);
                }
            }
        }
        bench.ends().await;
    }
}

/// Cancelling and settling may not both happen: whichever was written down first does.
#[tokio::test]
async fn a_cancellation_waits_for_a_debit_whose_answer_got_lost() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let paying = bench.opens(EUROS).await;
        bench.pays(&paying).await;
        bench.fails("executeDebit", Kind::ResetAfter, 1);
        let ask = tillgate::processors::sopg::simulator::Fault::new("getSerialNumbers", Kind::ResetBefore);
        bench.gateway.fault(ask.skipping(2).times(3));
        bench.gateway.deliver_due().await;
        bench.works().await;
        assert_eq!(bench.status(&paying).await, "Settling");
        assert_eq!(bench.call(&paying, "CancelDeposit", json!({})).await["Status"], -1);
        assert_eq!(bench.settles(&paying).await, "Credited");
        bench.is_credited_once(&paying, "not cancelled").await;
        assert!(bench.call(&paying, "CancelDeposit", json!({})).await["Status"].as_i64() > Some(0));

        // The caller of a cancellation vanishes without an answer: the sweep brings it to its end.
        let paying = bench.opens(EUROS).await;
        bench.tells_nobody();
        bench.pays(&paying).await;
        bench.fails("getSerialNumbers", Kind::ResetBefore, 4);
        assert_eq!(bench.call(&paying, "CancelDeposit", json!({})).await["Status"], -1);
        assert_eq!(bench.settles(&paying).await, "Cancelled");
        bench.has_nothing(&paying, "Cancelled", "by the sweep").await;
        bench.ends().await;
    }
}

#[tokio::test]
async fn what_the_account_does_not_take_is_refused_before_anything_is_opened() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            for (name, limits) in [
                ("paysafecard", "EUR = { least = '1.00', most = '99.50' }\nGBP = { most = '80.00' }"),
                ("cash_ticket", "EUR = { most = '50.00' }"),
            ] {
                let account = settings.sopg.accounts.get_mut(name).expect("the account");
                account.currencies = toml::from_str(limits).expect("limits");
            }
        })
        .await;
        let customer = bench.customer(EUROS).await;
        let british = bench.customer(TILLS[1]).await;
        for (till, fields, expected) in [
            (
                EUROS,
                json!({ "Amount": "99.51" }),
                "Amount 99.51 EUR is above 99.50 EUR, the most that paysafecard takes here",
            ),
            (
                EUROS,
                json!({ "Amount": "0.99" }),
                "Amount 0.99 EUR is below 1.00 EUR, the least that paysafecard takes here",
            ),
            (
                TILLS[1],
                json!({ "Amount": "80.01" }),
                "Amount 80.01 GBP is above 80.00 GBP, the most that paysafecard takes here",
            ),
            (
                TILLS[2],
                json!({ "Amount": "50.01" }),
                "Amount 50.01 EUR is above 50.00 EUR, the most that Cash-Ticket takes here",
            ),
            (TILLS[3], json!({}), "Currency GBP is not taken by this account of Cash-Ticket"),
            (EUROS, json!({ "Capture": "24" }), "Capture must be automatic or manual"),
        ] {
            let customer = if till.currency == "EUR" { &customer } else { &british };
            let trace = bench.story.next_trace();
            for replayed in [0, 1] {
                let reply = bench.create(till, customer, trace, fields.clone()).await;
                assert!(reply["Status"].as_i64() > Some(0), "{reply}");
                let description = reply["Description"].as_str().expect("a text");
                assert!(description.starts_with(expected), "{description}");
                assert_eq!(reply["Replayed"] == 1, replayed == 1, "{reply}");
            }
        }
        assert_eq!(bench.gateway.calls("createDisposition"), 0);
        bench.passes(7200);
        bench.works().await;
        bench.ends().await;
    }
}
