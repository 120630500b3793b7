//! However we hear of a payment, or don't: it is fetched inside its window and credited once.

use super::bench::*;
use crate::support::databases;
use std::time::Instant;
use tillgate::processors::sopg::simulator::NoticePlan;

/// How the news of a payment reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Never,
    ByNotice,
    ByReturn,
    ByNoticeThenReturn,
    ByReturnThenNotice,
    ByBothAtOnce,
    FiveTimes,
    LongAfterwards,
}

const WAYS: [Told; 8] = [
    Told::Never,
    Told::ByNotice,
    Told::ByReturn,
    Told::ByNoticeThenReturn,
    Told::ByReturnThenNotice,
    Told::ByBothAtOnce,
    Told::FiveTimes,
    Told::LongAfterwards,
];

async fn tell(bench: &Bench, paying: &Paying, told: Told) {
    let before_redirect = told == Told::ByNoticeThenReturn;
    let suppress = matches!(told, Told::Never | Told::ByReturn);
    let copies = if told == Told::FiveTimes { 5 } else { 1 };
    bench.gateway.plan_notices(NoticePlan { before_redirect, suppress, copies, ..NoticePlan::default() });
    let back = bench.pays(paying).await;
    match told {
        Told::Never => {}
        Told::ByNotice | Told::FiveTimes => {
            assert!(bench.gateway.deliver_due().await >= 1);
        }
        Told::ByReturn | Told::ByNoticeThenReturn => {
            assert!(bench.visits(&back).await.contains("role=\"status\""));
        }
        Told::ByReturnThenNotice => {
            bench.visits(&back).await;
            bench.works().await;
            bench.gateway.deliver_due().await;
        }
        Told::ByBothAtOnce => {
            tokio::join!(bench.visits(&back), bench.gateway.deliver_due());
        }
        Told::LongAfterwards => {
            assert_eq!(bench.settles(paying).await, "Credited");
            bench.passes(3600);
            bench.gateway.deliver_due().await;
            bench.visits(&back).await;
        }
    }
}

#[tokio::test]
async fn a_payment_is_credited_once_whoever_tells_of_it_and_how_often() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let (mut flows, mut took) = (0, Vec::new());
        for till in TILLS {
            for told in WAYS {
                let paying = bench.opens(till).await;
                let debits = bench.gateway.calls("executeDebit");
                assert_eq!(bench.status(&paying).await, "Pending");
                tell(&bench, &paying, told).await;
                let what = format!("{till:?} {told:?}");
                let began = Instant::now();
                assert_eq!(bench.settles(&paying).await, "Credited", "{what}");
                if told == Told::ByNotice {
                    took.push(began.elapsed());
                }
                bench.is_credited_once(&paying, &what).await;
                assert_eq!(bench.gateway.calls("executeDebit"), debits + 1, "{what}");
                flows += 1;
            }
        }
        took.sort();
        println!(
            "{flows} flows; from notice to credit {:?} in the middle of {}",
            took[took.len() / 2],
            took.len()
        );
        bench.ends().await;
    }
}

/// With a minute to fetch the money and nobody to tell us, the sweep alone is quick enough, whenever he pays.
#[tokio::test]
async fn the_sweep_alone_is_quick_enough_for_a_window_of_a_minute() {
    for scratch in databases() {
        let bench = Bench::with(scratch, with_a_minute).await;
        bench.tells_nobody();
        for (minutes, seconds) in [(0, 3), (0, 59), (4, 11), (12, 37), (29, 30)] {
            let paying = bench.opens(EUROS).await;
            // The server looks every few seconds; the customer takes his time.
            let thinks = minutes * 60 + seconds;
            for _ in 0..thinks / 5 {
                bench.passes(5);
                bench.works().await;
            }
            bench.passes(thinks % 5);
            bench.pays(&paying).await;
            for _ in 0..11 {
                bench.passes(5);
                bench.works().await;
            }
            bench.is_credited_once(&paying, &format!("paid after {minutes}:{seconds}")).await;
        }
        bench.ends().await;
    }
}

#[tokio::test]
async fn the_customers_page_tells_what_is_known_and_reloads_change_nothing() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let paying = bench.opens(EUROS).await;
        bench.tells_nobody();
        let back = bench.pays(&paying).await;
        for _ in 0..3 {
            let page = bench.visits(&back).await;
            assert!(page.contains("id=\"wait\"") && page.contains("5.00 EUR"), "{page}");
        }
        assert_eq!(bench.status(&paying).await, "Pending");
        assert_eq!(bench.settles(&paying).await, "Credited");
        for _ in 0..3 {
            assert!(!bench.visits(&back).await.contains("id=\"wait\""));
            bench.works().await;
        }
        bench.is_credited_once(&paying, "reloaded").await;
        // Another's page is nobody's page.
        let other = back.replace("/player/", "/player/0");
        assert_eq!(bench.browser.get(&other).send().await.expect("an answer").status(), 404);
        bench.ends().await;
    }
}

#[tokio::test]
async fn a_notification_is_a_hint_and_a_forged_one_moves_nothing() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let paying = bench.opens(EUROS).await;
        let post = |account: &str, mtid: &str, event: &str| {
            let url = format!("{}/notify/{account}", bench.story.base);
            let body = format!("mtid={mtid}&eventType={event}&serialNumbers=1%3BEUR%3B5.00%3BAT00002%3B");
            bench
                .browser
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body)
                .send()
        };
        for (account, mtid, event) in [
            ("paysafecard", paying.mtid.as_str(), "ASSIGN_CARDS"),
            ("paysafecard", "nobody-knows-it", "ASSIGN_CARDS"),
            ("paysafecard", paying.mtid.as_str(), "SOMETHING_ELSE"),
            ("cash_ticket", paying.mtid.as_str(), "ASSIGN_CARDS"),
        ] {
            let response = post(account, mtid, event).await.expect("an answer");
            assert_eq!(response.status(), 200, "{account} {mtid} {event}");
            bench.works().await;
            bench.has_nothing(&paying, "Pending", &format!("{account} {mtid} {event}")).await;
        }
        assert_eq!(post("nobody", &paying.mtid, "ASSIGN_CARDS").await.expect("an answer").status(), 404);
        assert_eq!(bench.gateway.calls("executeDebit"), 0);
        // The true one still works.
        bench.pays(&paying).await;
        bench.gateway.deliver_due().await;
        bench.works().await;
        bench.is_credited_once(&paying, "after forgeries").await;
        bench.ends().await;
    }
}

#[tokio::test]
async fn where_senders_are_listed_others_are_not_heard_and_the_sweep_finds_the_money() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            let account = settings.sopg.accounts.get_mut("paysafecard").expect("the account");
            account.notice_senders = vec!["192.0.2.1".to_owned()];
        })
        .await;
        let paying = bench.opens(EUROS).await;
        bench.pays(&paying).await;
        bench.gateway.deliver_due().await;
        assert_eq!(bench.gateway.deliveries()[0].status, 200);
        assert_eq!(bench.works().await, 0, "nothing became due");
        bench.has_nothing(&paying, "Pending", "not listed").await;
        assert_eq!(bench.settles(&paying).await, "Credited");
        bench.is_credited_once(&paying, "by the sweep").await;
        bench.ends().await;
    }
}
