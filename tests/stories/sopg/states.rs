//! Every state of a disposition crossed with everything that may go wrong around it: one table says what becomes of
//! the deposit, and after each story the ledger says to the cent what the gateway's books say.

use super::bench::*;
use crate::support::{Scratch, databases};
use serde_json::json;
use tillgate::config::Settings;
use tillgate::processors::sopg::simulator::{Fault, Kind, Letter};
use tillgate::server::Running;

/// What the gateway says when we ask, and how it came to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The customer has not paid.
    R,
    /// He has.
    S,
    /// He has, and it was opened for debits in parts, of which none was made.
    E,
    /// Closed, and not by us.
    O,
    /// He pressed cancel.
    L,
    /// The time ran out.
    X,
    /// Invalid, which nobody explains.
    I,
    /// Paid, but told in a letter that is in no document.
    Z,
}

const STATES: [State; 8] = [State::R, State::S, State::E, State::O, State::L, State::X, State::I, State::Z];

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    LostDebitAnswer,
    /// After a lost answer the gateway still says what it said before, so that it is debited again, and refused.
    SecondDebit,
    ToldAfter59Seconds,
    ToldAfter61Seconds,
    /// The notification at one node and the browser at the other, and then both nodes' workers, at the same instant.
    NoticeAndReturnAtOnce,
    NoticeBeforeTheAnswerOfTheOpening,
    NoticeBeforeTheAnswerOfTheDebit,
    NoticeFiveTimes,
    NobodyTells,
}

/// `.` goes on waiting, `+` credited once, `-` declined, `?` stays open for a person: neither credited nor refused.
/// The columns are those of [`STATES`].
#[rustfmt::skip]
const TABLE: [(&str, Trouble); 10] = [
    // RSEOLXIZ
    (".++?--??", Trouble::None),
    (".++?--??", Trouble::LostDebitAnswer),
    (".++?--??", Trouble::SecondDebit),
    (".++?--??", Trouble::ToldAfter59Seconds),
    (".--?--??", Trouble::ToldAfter61Seconds),
    (".++?--??", Trouble::NoticeAndReturnAtOnce),
    (".++?--??", Trouble::NoticeBeforeTheAnswerOfTheOpening),
    (".++?--??", Trouble::NoticeBeforeTheAnswerOfTheDebit),
    (".++?--??", Trouble::NoticeFiveTimes),
    (".++?--??", Trouble::NobodyTells),
];

const MERCHANT: &str = "psc_example_shop_test";

/// Both brands with the gateway's shortest window, a minute.
fn a_minute_for_both(settings: &mut Settings) {
    for account in settings.sopg.accounts.values_mut() {
        account.username = MERCHANT.to_owned();
        account.password = Some("example-password".into());
        account.timeout_ms = 60_000;
    }
}

/// A story's house: two nodes on one database.
struct House {
    bench: Bench,
    second: Running,
}

impl House {
    async fn on(scratch: Scratch) -> House {
        let bench = Bench::with(scratch, a_minute_for_both).await;
        bench.tells_nobody();
        let second = bench.story.second_node().await;
        House { bench, second }
    }

    /// Brings the disposition into its state, as far as the gateway is concerned.
    async fn brings(&self, paying: &Paying, state: State) {
        let bench = &self.bench;
        match state {
            State::R => {}
            State::L => {
                bench.presses_cancel(paying).await;
            }
            State::S | State::E | State::O | State::X | State::I | State::Z => {
                bench.pays(paying).await;
            }
        }
        match state {
            State::R | State::S | State::L => {}
            State::E => {
                let now = bench.gateway.now();
                bench.gateway.look(|book| book.debit(MERCHANT, &paying.mtid, 0, false, now));
                assert_eq!(bench.letter(paying), "E");
            }
            State::O | State::X | State::I => {
                let letter = Letter::parse(&format!("{state:?}")).expect("a letter");
                assert!(bench.gateway.force(&paying.mtid, letter));
            }
            State::Z => bench.fails("getSerialNumbers", Kind::State("Z".to_owned()), 99),
        }
    }

    async fn notifies(&self, base: &str, paying: &Paying) {
        let account = paying.till.pp.to_lowercase().replace('-', "_");
        let request = self.bench.browser.post(format!("{base}/notify/{account}"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let body = format!("mtid={}&eventType=ASSIGN_CARDS&serialNumbers=1%3B5.00", paying.mtid);
        assert_eq!(request.body(body).send().await.expect("an answer").status(), 200);
    }

    async fn is_told(&self, paying: &Paying) {
        self.notifies(&self.bench.story.base, paying).await;
        self.bench.works().await;
    }

    /// The page to which the panel sends the browser back.
    fn back(&self, paying: &Paying) -> String {
        self.bench.gateway.look(|book| {
            let known = book.dispositions.iter().find(|known| known.mtid == paying.mtid);
            known.map(|known| known.ok_url.clone()).expect("it is there")
        })
    }

    /// A call of the gateway's is under way and held; what happens meanwhile happens meanwhile.
    async fn while_held<T>(
        &self,
        fault: Fault,
        happens: impl Future<Output = T> + Send + 'static,
    ) -> Option<tokio::task::JoinHandle<T>>
    where
        T: Send + 'static,
    {
        let operation = fault.operation.clone().expect("an operation");
        let before = self.bench.gateway.calls(&operation);
        self.bench.gateway.fault(fault);
        let under_way = tokio::spawn(happens);
        while self.bench.gateway.calls(&operation) == before {
            if under_way.is_finished() {
                // It was never called: there was nothing to be debited.
                under_way.await.expect("it ended well");
                return None;
            }
            tokio::task::yield_now().await;
        }
        Some(under_way)
    }

    async fn meets(&self, till: Till, state: State, trouble: Trouble) -> Paying {
        let bench = &self.bench;
        if trouble == Trouble::NoticeBeforeTheAnswerOfTheOpening {
            return self.opens_late(till, state).await;
        }
        let paying = bench.opens(till).await;
        self.brings(&paying, state).await;
        match trouble {
            Trouble::None => {
                bench.visits(&self.back(&paying)).await;
                bench.works().await;
            }
            Trouble::LostDebitAnswer => {
                bench.fails("executeDebit", Kind::ResetAfter, 1);
                self.is_told(&paying).await;
            }
            Trouble::SecondDebit => {
                let debits = bench.gateway.calls("executeDebit");
                bench.fails("executeDebit", Kind::ResetAfter, 1);
                if matches!(state, State::S | State::E) {
                    let old_news = Fault::new("getSerialNumbers", Kind::State(format!("{state:?}")));
                    bench.gateway.fault(old_news.skipping(2));
                }
                self.is_told(&paying).await;
                let twice = if matches!(state, State::S | State::E) { 2 } else { 0 };
                assert_eq!(bench.gateway.calls("executeDebit") - debits, twice, "{state:?}");
            }
            Trouble::ToldAfter59Seconds | Trouble::ToldAfter61Seconds => {
                bench.passes(if trouble == Trouble::ToldAfter59Seconds { 59 } else { 61 });
                self.is_told(&paying).await;
            }
            Trouble::NoticeAndReturnAtOnce => {
                let back = self.back(&paying);
                let second = format!("http://{}", self.second.address);
                let returned = bench.visits(&back);
                tokio::join!(returned, self.notifies(&second, &paying));
                let (first, second) = (&bench.story.running().worker, &self.second.worker);
                tokio::join!(first.run_once(), second.run_once());
            }
            Trouble::NoticeBeforeTheAnswerOfTheDebit => {
                self.notifies(&bench.story.base, &paying).await;
                let worker = bench.story.running().worker.clone();
                let settling = async move { worker.run_once().await };
                let held = Fault::new("executeDebit", Kind::HoldAfter);
                let held = self.while_held(held, settling).await;
                assert_eq!(held.is_some(), matches!(state, State::S | State::E), "{state:?}");
                self.notifies(&bench.story.base, &paying).await;
                self.second.worker.run_once().await;
                if let Some(held) = held {
                    self.lets_go(held).await;
                }
                bench.works().await;
            }
            Trouble::NoticeFiveTimes => {
                for _ in 0..5 {
                    self.is_told(&paying).await;
                }
            }
            Trouble::NobodyTells => {
                for _ in 0..10 {
                    bench.passes(5);
                    bench.works().await;
                }
            }
            Trouble::NoticeBeforeTheAnswerOfTheOpening => unreachable!("it has a way of its own"),
        }
        paying
    }

    /// Releases what is held until it has ended; a fault of an earlier set that nobody met goes, too.
    async fn lets_go<T>(&self, held: tokio::task::JoinHandle<T>) -> T {
        self.bench.clears_faults().await;
        held.await.expect("it goes on")
    }

    /// The gateway has opened it and the customer has paid before we have the answer to the opening.
    async fn opens_late(&self, till: Till, state: State) -> Paying {
        let bench = &self.bench;
        let (customer, trace) = (bench.customer(till).await, bench.story.next_trace());
        let fields = json!({
            "WSPassCode": "sandbox", "FrontEndName": customer.front_end, "PIN": customer.pin, "TraceID": trace,
            "PP": till.pp, "Amount": till.amount, "Currency": till.currency, "Language": "en",
        });
        let url = format!("{}/cashier/CreateDeposit", bench.story.base);
        let request = bench.browser.post(url).header("content-type", "application/json");
        let request = request.body(fields.to_string());
        let known = bench.gateway.look(|book| book.dispositions.len());
        let calling = async move { request.send().await.expect("an answer").text().await.expect("a body") };
        let held = self.while_held(Fault::new("createDisposition", Kind::HoldAfter), calling).await;
        while bench.gateway.look(|book| book.dispositions.len()) == known {
            tokio::task::yield_now().await;
        }
        let (mid, mtid) = bench.gateway.look(|book| {
            let known = book.dispositions.last().expect("it was opened");
            (known.mid.clone(), known.mtid.clone())
        });
        let brand =
            if till.pp == "paysafecard" { bench.gateway.panel() } else { bench.gateway.cash_ticket_panel() };
        let panel =
            format!("{brand}?mid={mid}&mtid={mtid}&amount={}&currency={}", till.amount, till.currency);
        let mut paying = Paying { till, customer, trace, id: String::new(), panel, mtid };
        self.brings(&paying, state).await;
        self.is_told(&paying).await;
        let answer = self.lets_go(held.expect("it was called")).await;
        // Letting go has ended the fault that makes the state.
        if state == State::Z {
            bench.fails("getSerialNumbers", Kind::State("Z".to_owned()), 99);
        }
        let mut reply: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        if reply["Status"] == -1 {
            reply = bench.create(till, &paying.customer, trace, json!({})).await;
        }
        assert_eq!(reply["Status"], 0, "{state:?}: {reply}");
        assert!(
            reply["RedirectURL"].as_str().is_some_and(|url| url.starts_with("http")),
            "{state:?}: {reply}"
        );
        paying.id = reply["ExtDepositID"].as_str().expect("an id").to_owned();
        bench.works().await;
        paying
    }

    /// How it stands, as a letter of the table.
    async fn verdict(&self, paying: &Paying) -> char {
        let bench = &self.bench;
        let status = bench.status(paying).await;
        match status.as_str() {
            "Credited" => {
                bench.is_credited_once(paying, "the table").await;
                '+'
            }
            "Declined" => {
                bench.has_nothing(paying, "Declined", "the table").await;
                '-'
            }
            "Pending" => {
                bench.has_nothing(paying, "Pending", "the table").await;
                // Who merely has not paid may still; what nobody explains is told to people with its reason.
                if bench.letter(paying) == "R" { '.' } else { '?' }
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_meets_every_trouble_and_ends_as_the_table_says() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let mut flows = 0;
        for (expected, trouble) in TABLE {
            let mut row = String::new();
            for (state, wanted) in STATES.into_iter().zip(expected.chars()) {
                let till = TILLS[flows % TILLS.len()];
                let debits = house.bench.gateway.calls("executeDebit");
                let paying = house.meets(till, state, trouble).await;
                let found = house.verdict(&paying).await;
                row.push(found);
                assert_eq!(found, wanted, "{trouble:?} in {state:?} of {till:?}");
                if !matches!(state, State::S | State::E) {
                    assert_eq!(house.bench.gateway.calls("executeDebit"), debits, "{trouble:?} in {state:?}");
                }
                house.bench.clears_faults().await;
                if state == State::Z {
                    // Told in a letter that we know, it goes the way of that letter.
                    house.bench.visits(&house.back(&paying)).await;
                    house.bench.works().await;
                    let late = trouble == Trouble::ToldAfter61Seconds;
                    let explained = house.verdict(&paying).await;
                    assert_eq!(explained, if late { '-' } else { '+' }, "{trouble:?}, explained");
                } else if found != '.' {
                    // And it stays so, whatever comes after.
                    house.is_told(&paying).await;
                    house.bench.visits(&house.back(&paying)).await;
                    house.bench.works().await;
                    assert_eq!(house.verdict(&paying).await, wanted, "{trouble:?} in {state:?}, later");
                }
                house.bench.books_agree().await;
                flows += 1;
            }
            println!("{row} {trouble:?}");
        }
        println!("{flows} stories");
        house.second.stop().await;
        house.bench.ends().await;
    }
}

/// Two nodes settle the same deposit, held at the same call until both are there and then let go together: of two
/// debits one succeeds, of two credits one is booked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_that_settle_one_deposit_at_the_same_instant_debit_and_credit_it_once() {
    for scratch in databases() {
        // Ten minutes to fetch the money, so that the first node's lease can end.
        let change = |settings: &mut Settings| {
            settings.sopg.accounts.values_mut().for_each(|account| account.timeout_ms = 60_000);
        };
        let bench = Bench::with(scratch, change).await;
        bench.tells_nobody();
        let second = bench.story.second_node().await;
        let mut flows = 0;
        for (operation, skip, kind) in [
            ("getSerialNumbers", 0, Kind::HoldBefore),
            ("getSerialNumbers", 1, Kind::HoldBefore),
            ("executeDebit", 0, Kind::HoldBefore),
            ("executeDebit", 0, Kind::HoldAfter),
        ] {
            for till in TILLS {
                let what = format!("{operation} {skip} {kind:?} {till:?}");
                let paying = bench.opens(till).await;
                let back = bench.pays(&paying).await;
                bench.visits(&back).await;
                let mut settling = Vec::new();
                for worker in [bench.story.running().worker.clone(), second.worker.clone()] {
                    let before = bench.gateway.calls(operation);
                    bench.gateway.fault(Fault::new(operation, kind.clone()).skipping(skip));
                    let node = tokio::spawn(async move { worker.run_once().await });
                    // Whoever finds the first one's debit done has nothing left to debit, and is faster than it.
                    while bench.gateway.calls(operation) < before + 1 + skip as usize && !node.is_finished() {
                        tokio::task::yield_now().await;
                    }
                    settling.push(node);
                    bench.passes(121);
                }
                bench.clears_faults().await;
                for node in settling {
                    assert!(node.await.expect("it goes on") >= 1, "{what}");
                }
                bench.is_credited_once(&paying, &what).await;
                bench.works().await;
                second.worker.run_once().await;
                bench.is_credited_once(&paying, &what).await;
                bench.books_agree().await;
                flows += 1;
            }
        }
        println!("{flows} stories");
        second.stop().await;
        bench.ends().await;
    }
}
