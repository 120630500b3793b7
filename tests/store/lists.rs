//! The lists of pages: each finds what a look at every row finds, whatever it is narrowed to, in pages of any size.

use super::house::{FRONT_END, House, eur};
use super::many::{self, RARE_FRONT_END, RARE_PROCESSOR};
use crate::support;
use chrono::{Days, Duration};
use tillgate::domain::debit::DebitState;
use tillgate::domain::ids::PayoutId;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::store::lists::payout::What;
use tillgate::store::lists::payouts::{Export, Filter, Line};
use tillgate::store::lists::{self, Page, Sight, accounts, figures, payouts, search, today, trial, unknown};
use tillgate::store::{Connection, Purpose};

const MANY: i64 = 4_000;

fn only(name: &str) -> Sight {
    Sight::Only(vec![name.to_owned()])
}

/// All rows of a filter, page by page.
fn all(line: &mut Connection, filter: &Filter, most: i64, budget: i64) -> Vec<Line> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = payouts::list_within(line, filter, after, most, budget).expect("a page");
        assert!(page.rows.len() as i64 <= most);
        assert!(!page.searching || page.next.is_some(), "who searches on says where");
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

fn ids(rows: &[Line]) -> Vec<PayoutId> {
    rows.iter().map(|row| row.payout.id).collect()
}

/// What the filter says, said again without an index.
fn fits(filter: &Filter, row: &Line) -> bool {
    let payout = &row.payout;
    let processor = payout.used.as_ref().or(payout.asked.as_ref()).map(|named| named.platform.clone());
    filter.sight.sees(&payout.front_end)
        && (filter.statuses.is_empty() || filter.statuses.contains(&payout.status))
        && (filter.processors.is_empty() || processor.is_some_and(|name| filter.processors.contains(&name)))
        && filter.currency.is_none_or(|currency| payout.amount.currency() == currency)
        && filter.amount.0.is_none_or(|least| payout.amount.minor() >= least)
        && filter.amount.1.is_none_or(|most| payout.amount.minor() <= most)
        && (filter.debits.is_empty() || filter.debits.contains(&payout.debit.state))
        && (filter.attempts.is_empty()
            || payout.attempt.is_some_and(|state| filter.attempts.contains(&state)))
        && filter.made.0.is_none_or(|from| row.created_at >= from)
        && filter.made.1.is_none_or(|until| row.created_at < until)
        && filter.customer.is_none_or(|customer| row.customer == customer)
}

fn filters() -> Vec<Filter> {
    use PayoutStatus::*;
    let plain = || Filter::of(Sight::All);
    let noon = many::began() + Duration::hours(12);
    let some = Sight::Only(vec!["Front 1".to_owned(), RARE_FRONT_END.to_owned()]);
    vec![
        plain(),
        Filter::of(only("Front 2")),
        Filter::of(only(RARE_FRONT_END)),
        Filter::of(some.clone()),
        Filter { statuses: vec![Requested], ..plain() },
        Filter { statuses: vec![Requested, InProgress, Reversed], ..plain() },
        Filter { statuses: vec![Approved, Rejected], ..Filter::of(some.clone()) },
        Filter { statuses: vec![Rejected, Cancelled], ..Filter::of(only("Front 2")) },
        Filter { processors: vec![RARE_PROCESSOR.to_owned()], ..plain() },
        Filter { processors: vec![RARE_PROCESSOR.to_owned(), "Processor 1".to_owned()], ..Filter::of(some) },
        Filter { amount: (Some(10_000_000), None), ..plain() },
        Filter { amount: (Some(2_000), Some(2_500)), statuses: vec![Approved], ..plain() },
        Filter { debits: vec![DebitState::Released], ..plain() },
        Filter { debits: vec![DebitState::GivenBack, DebitState::NotTaken], ..plain() },
        Filter { debits: vec![DebitState::GivenBack], statuses: vec![Approved], ..plain() },
        Filter { attempts: vec![AttemptState::Unknown], ..plain() },
        Filter { attempts: vec![AttemptState::Refused, AttemptState::Planned], ..plain() },
        Filter {
            attempts: vec![AttemptState::Succeeded],
            processors: vec![RARE_PROCESSOR.to_owned()],
            ..plain()
        },
        Filter { made: (Some(noon), Some(noon + Duration::hours(1))), ..plain() },
        Filter { made: (None, Some(noon)), statuses: vec![InProgress], ..plain() },
        Filter { customer: Some(6), ..plain() },
        Filter { currency: Some(eur(0).currency()), customer: Some(6), statuses: vec![Approved], ..plain() },
    ]
}

#[tokio::test]
async fn every_filter_finds_what_a_look_at_every_row_finds() {
    support::on_both(|url| async move {
        many::fill(&url, MANY, 20);
        let mut line = Connection::open(&url, Purpose::Read).expect("a line");
        let every = all(&mut line, &Filter::of(Sight::All), 200, 100_000);
        assert_eq!(every.len(), MANY as usize);
        let named = ["Processor 0", "Processor 1", "Processor 2", RARE_PROCESSOR];
        assert_eq!(payouts::processors(&mut line).expect("processors"), named);
        let mut found = 0;
        for mut filter in filters() {
            let mut expected: Vec<PayoutId> =
                every.iter().filter(|row| fits(&filter, row)).map(|row| row.payout.id).collect();
            found += usize::from(!expected.is_empty());
            for (most, budget) in [(200, 20_000), (7, 20_000), (50, 300)] {
                assert_eq!(
                    ids(&all(&mut line, &filter, most, budget)),
                    expected,
                    "{most} {budget} {filter:?}"
                );
            }
            filter.oldest_first = true;
            expected.reverse();
            for (most, budget) in [(200, 20_000), (7, 500)] {
                assert_eq!(
                    ids(&all(&mut line, &filter, most, budget)),
                    expected,
                    "{most} {budget} {filter:?}"
                );
            }
        }
        assert_eq!(found, filters().len() - 1, "all but the contradictory one find something");
    })
    .await;
}

#[tokio::test]
async fn a_page_costs_no_more_than_its_budget() {
    support::on_both(|url| async move {
        many::fill(&url, MANY, 20);
        let mut line = Connection::open(&url, Purpose::Read).expect("a line");
        let budget = 400;
        let page = |line: &mut Connection, filter: &Filter| -> Page<Line> {
            payouts::list_within(line, filter, None, 10, budget).expect("a page")
        };
        // What an index leads to is found at once, however rare it is among the others.
        for filter in [
            Filter { processors: vec![RARE_PROCESSOR.to_owned()], ..Filter::of(Sight::All) },
            Filter { attempts: vec![AttemptState::Unknown], ..Filter::of(Sight::All) },
            Filter { statuses: vec![PayoutStatus::Reversed], ..Filter::of(only("Front 1")) },
            Filter { debits: vec![DebitState::GivenBack], ..Filter::of(Sight::All) },
            Filter { statuses: vec![PayoutStatus::Approved], ..Filter::of(only(RARE_FRONT_END)) },
        ] {
            let page = page(&mut line, &filter);
            assert!(!page.searching && !page.rows.is_empty(), "{filter:?}");
        }
        // What no index leads to is searched for as far as the budget goes, and on from there.
        let filter = Filter { amount: (Some(10_000_000), None), ..Filter::of(Sight::All) };
        let first = page(&mut line, &filter);
        assert!(first.searching && first.rows.len() < 10 && first.next.is_some());
        assert!(all(&mut line, &filter, 10, budget).len() > first.rows.len());
    })
    .await;
}

#[tokio::test]
async fn an_export_gives_every_row_of_its_filter_once() {
    support::on_both(|url| async move {
        many::fill(&url, MANY, 20);
        let mut line = Connection::open(&url, Purpose::Read).expect("a line");
        for filter in
            [Filter::of(Sight::All), Filter { amount: (None, Some(5_000)), ..Filter::of(only("Front 3")) }]
        {
            let mut export = Export::of(filter.clone());
            let mut rows = Vec::new();
            while let Some(part) = export.next(&mut line).expect("a part") {
                assert!(part.len() <= 1_000);
                rows.extend(part);
            }
            assert_eq!(ids(&rows), ids(&all(&mut line, &filter, 200, 20_000)));
        }
    })
    .await;
}

#[tokio::test]
async fn a_payout_is_found_by_any_of_its_ids_and_only_in_sight() {
    support::on_both(|url| async move {
        many::fill(&url, MANY, 20);
        let mut line = Connection::open(&url, Purpose::Read).expect("a line");
        let approved = Filter { attempts: vec![AttemptState::Succeeded], ..Filter::of(Sight::All) };
        let row = all(&mut line, &approved, 200, 20_000).pop().expect("one");
        let trace = row.payout.trace_id;
        let pin = row.payout.pin.clone();
        use search::By;
        let texts = [
            (row.payout.id.to_string(), By::OwnId),
            (format!(" {} ", row.payout.id.to_string().to_lowercase()), By::OwnId),
            (trace.to_string(), By::TraceId),
            (format!("T{trace}"), By::TransactionId),
            (format!("X{trace}"), By::ProcessorId),
            (format!("R{trace}"), By::ProcessorId),
            (format!("A{trace}"), By::ProcessorId),
            (pin, By::Pin),
        ];
        for (text, by) in texts {
            let found = search::payouts(&mut line, &Sight::All, &text).expect("found");
            assert!(found.iter().all(|found| found.by == by), "{text}");
            if by != By::Pin {
                assert_eq!(
                    found.iter().map(|found| found.row.payout.id).collect::<Vec<_>>(),
                    [row.payout.id]
                );
            } else {
                assert!(found.iter().all(|found| found.row.payout.pin == row.payout.pin));
            }
            let others = Sight::Only(vec![RARE_FRONT_END.to_owned()]);
            assert_eq!(search::payouts(&mut line, &others, &text).expect("nothing").len(), 0, "{text}");
        }
        for text in ["", "  ", "nobody", "PO-1", "99999999999999999999"] {
            assert!(search::payouts(&mut line, &Sight::All, text).expect("nothing").is_empty(), "{text:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn queues_and_figures_are_what_the_rows_say() {
    support::on_both(|url| async move {
        many::fill(&url, MANY, 60);
        let mut line = Connection::open(&url, Purpose::Read).expect("a line");
        let every = all(&mut line, &Filter::of(Sight::All), 200, 100_000);
        let now = many::began() + Duration::minutes(MANY + 10);
        for sight in [Sight::All, only("Front 1"), Sight::Only(Vec::new())] {
            let seen: Vec<&Line> = every.iter().filter(|row| sight.sees(&row.payout.front_end)).collect();
            for queue in today::queues(&mut line, &sight, now).expect("queues") {
                let rows: Vec<_> = seen.iter().filter(|row| row.payout.status == queue.status).collect();
                assert_eq!((queue.size.number, queue.size.more), (rows.len() as i64, false));
                assert_eq!(queue.oldest, rows.iter().map(|row| row.created_at).min());
                let fresh = rows.iter().filter(|row| now - row.updated_at < Duration::minutes(10)).count();
                assert_eq!(queue.standing[0], fresh as i64, "{queue:?}");
                assert_eq!(queue.standing.iter().sum::<i64>(), rows.len() as i64);
            }
            let open = unknown::count(&mut line, &sight).expect("a count").number;
            let holding =
                seen.iter().filter(|row| row.payout.attempt.is_some_and(AttemptState::holds_the_money));
            assert_eq!(open, holding.count() as i64);
            let page = unknown::attempts(&mut line, &sight, None, 200).expect("a page");
            assert_eq!(page.rows.len() as i64, open);
            assert!(page.rows.iter().all(|row| row.attempt.payout == row.line.payout.id));

            // The attempts of the last hour, at the one account there is.
            let accounts = lists::health::of_accounts(&mut line, now).expect("health");
            let lately = |wanted: AttemptState| {
                let made = every.iter().filter(|row| now - row.created_at <= Duration::hours(1));
                made.filter(|row| row.payout.attempt == Some(wanted)).count() as i64
            };
            let [main] = accounts.as_slice() else { panic!("{accounts:?}") };
            assert_eq!((main.account.as_str(), main.good), ("main", lately(AttemptState::Succeeded)));
            assert_eq!(main.unsettled, lately(AttemptState::Unknown));

            let kept = figures::Figures::default();
            let first = many::began().date_naive();
            let days = first..first + Days::new(2);
            for _ in 0..2 {
                let counted = kept
                    .of_days(&mut line, figures::Of::Payouts, &sight, days.clone(), now)
                    .expect("figures");
                assert!(counted.complete);
                let in_days = seen.iter().filter(|row| days.contains(&row.created_at.date_naive()));
                let (rows, minor) =
                    in_days.fold((0, 0), |(rows, minor), row| (rows + 1, minor + row.payout.amount.minor()));
                assert_eq!(counted.sums.iter().map(|sum| sum.rows).sum::<i64>(), rows);
                assert_eq!(counted.sums.iter().map(|sum| sum.amount.minor()).sum::<i64>(), minor);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_payout_page_tells_its_whole_life_in_order() {
    support::on_both(|url| async move {
        let house = House::open(&url, "one");
        house.customer("Bigdaddy", 10_000).await;
        let id = house.pays("Bigdaddy", 7, 4_000).await.payout.expect("an id");
        house.updates("Bigdaddy", id, PayoutStatus::InProgress).await.expect("moved");
        house.updates("Bigdaddy", id, PayoutStatus::Approved).await.expect("paid");
        house.reverses("Bigdaddy", id).await.expect("reversed");
        let mut line = Connection::open(&url, Purpose::Read).expect("a line");
        assert!(lists::payout::one(&mut line, &only("Another"), id).expect("a look").is_none());
        let one = lists::payout::one(&mut line, &only(FRONT_END), id).expect("a look").expect("it is there");
        assert_eq!(one.balance, eur(10_000));
        assert_eq!(
            (one.line.payout.status, one.line.payout.debit.state),
            (PayoutStatus::Reversed, DebitState::GivenBack)
        );
        assert!(one.timeline.is_sorted_by_key(|event| event.at));
        let told = |event: &lists::payout::Event| match &event.what {
            What::Call { method, refused, .. } => format!("call {method} {refused:?}"),
            What::Fact(fact) => format!("{} {}>{}", fact.kind, fact.from, fact.to),
            What::Planned { number, .. } => format!("planned {number}"),
            What::Exchange(exchange) => format!("exchange {}", exchange.action),
            What::Notice { summary, .. } => format!("notice {summary}"),
            What::Posting { kind, lines } => {
                assert_eq!(lines.iter().map(|(_, money)| money.minor()).sum::<i64>(), 0);
                format!("posting {kind}")
            }
        };
        let told: Vec<String> = one.timeline.iter().map(told).collect();
        for expected in [
            "payout.created >Requested",
            "call CreatePayout None",
            "posting payout_debited",
            "payout.updated Requested>InProgress",
            "call UpdatePayout None",
            "payout.updated InProgress>Approved",
            "posting payout_settled",
            "payout.reversed Approved>Reversed",
            "posting payout_reversed",
        ] {
            assert!(told.iter().any(|told| told == expected), "{expected} is missing in {told:?}");
        }
        house.closes_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_statement_walks_back_from_what_is_held_now() {
    support::on_both(|url| async move {
        let house = House::open(&url, "one");
        house.customer("Bigdaddy", 10_000).await;
        house.customer("Other", 500).await;
        for trace in 1..=6 {
            house.pays("Bigdaddy", trace, 100 * trace).await;
        }
        house.deposits("Bigdaddy", 50, 777).await.expect("credited");
        let mut line = Connection::open(&url, Purpose::Read).expect("a line");
        let account = format!("customer/{FRONT_END}/Bigdaddy");
        let mut after = None;
        let mut entries = Vec::new();
        loop {
            let page = accounts::statement(&mut line, &only(FRONT_END), &account, after, 3).expect("a look");
            let page = page.expect("an account");
            entries.extend(page.entries);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(entries.len(), 8);
        assert_eq!(entries[0].after, Some(eur(house.balance("Bigdaddy").await)));
        for pair in entries.windows(2) {
            let (later, earlier) = (&pair[0], &pair[1]);
            assert!(later.id > earlier.id);
            let before = later.after.expect("one row").minor() - later.amount.minor();
            assert_eq!(earlier.after, Some(eur(before)));
        }
        assert_eq!(entries[7].after, Some(entries[7].amount));
        assert!(
            accounts::statement(&mut line, &only("Another"), &account, None, 3).expect("a look").is_none()
        );
        let house_accounts = accounts::house(&mut line, &Sight::All).expect("accounts");
        assert!(house_accounts.iter().any(|line| line.kind == "processor"));
        let seen = accounts::house(&mut line, &only(FRONT_END)).expect("accounts");
        assert!(!seen.is_empty() && seen.iter().all(|line| line.path.ends_with(FRONT_END)), "{seen:?}");
        let others = accounts::of_customers(&mut line, &only(FRONT_END), None, 1).expect("accounts");
        assert!(others.rows.len() == 1 && others.next.is_some());
        house.closes_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_trial_balance_goes_back_to_the_end_of_any_day() {
    support::on_both(|url| async move {
        let clock = support::story::noon();
        let house = House::with(super::house::options(&url, "one"), clock.clone());
        house.customer("Bigdaddy", 10_000).await;
        house.pays("Bigdaddy", 1, 4_000).await;
        let first = clock.now().date_naive();
        clock.advance(Duration::days(1));
        let id = house.pays("Bigdaddy", 2, 1_500).await.payout.expect("an id");
        house.updates("Bigdaddy", id, PayoutStatus::Rejected).await.expect("rejected");
        house.pays("Bigdaddy", 3, 500).await;
        let movements = trial::Movements::default();
        let mut line = Connection::open(&url, Purpose::Read).expect("a line");
        let mut balance = |sight: &Sight, day, now| {
            movements.trial_balance(&mut line, sight, day, now).expect("a trial balance")
        };
        // Asked twice, the second time out of what was kept.
        for later in [Duration::hours(1), Duration::hours(2)] {
            let now = clock.now() + later;
            for (day, customers, transit, moved) in
                [(first, 6_000, 4_000, 14_000), (first + Days::new(1), 5_500, 4_500, 3_500)]
            {
                let found = balance(&Sight::All, day, now);
                assert!(found.complete);
                let held = |kind: &str| {
                    let sum = found.sums.iter().find(|sum| sum.kind == kind).expect("a kind");
                    sum.held.expect("known").minor()
                };
                assert_eq!((held("customer"), held("payouts_in_transit")), (customers, transit));
                let sum = |each: fn(&trial::Sum) -> i64| found.sums.iter().map(each).sum::<i64>();
                assert_eq!(sum(|sum| sum.held.map_or(0, |held| held.minor())), 0);
                assert_eq!((sum(|sum| sum.taken.minor()), sum(|sum| sum.given.minor())), (moved, moved));
            }
        }
        let theirs = balance(&only(FRONT_END), first, clock.now());
        assert!(theirs.sums.iter().all(|sum| sum.held.is_none()) && !theirs.sums.is_empty());
        assert_eq!(balance(&only("Another"), first, clock.now()).sums, []);
        house.closes_sound().await;
    })
    .await;
}
