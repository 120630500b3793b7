//! Texts that would do something if a page or a spreadsheet took them for more than text, through the cashier's own door
//! in every text field of every method, and then looked for on every page that there is.

use super::hands::waiting;
use super::visitor::{Visitor, add_person};
use crate::rest_gateway::chromium::Chromium;
use crate::stories::acting::office::{BY_HAND, Office, plain};
use crate::support;
use crate::support::story::Story;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tillgate::backoffice::route::{self, Method};
use tillgate::cashier::catalog::{Field, Kind, METHODS, Need};

const EUR: &str = "MyPhoneCards EUR";
/// Closes what it stands in, and brings elements of its own. Short forms follow, for short fields.
const MARKUP: [&str; 4] = [
    "\"'></script></title></textarea><img src=x onerror=pwned()><script>pwned()</script>",
    "'\"><img src=x onerror=p()>",
    "<img src=x>",
    "\"'<b>",
];
/// What spreadsheets calculate.
const FORMULAS: [&str; 6] =
    ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1+1)", "\t=1+1", "=HYPERLINK(\"http://x.example\",\"y\")"];

/// Fields that say who is meant and what is done; everything else is free.
const FIXED: [&str; 12] = [
    "FrontEndName",
    "PIN",
    "TraceID",
    "ExtPayoutID",
    "ExtDepositID",
    "Status",
    "Amount",
    "Fee",
    "Currency",
    "PP",
    "CardNumber",
    "CardCode",
];

/// A call that its method takes, with our customer and our payout in it.
fn call(
    method: &tillgate::cashier::catalog::Method,
    story: &Story,
    named: &BTreeMap<&str, String>,
) -> Map<String, Value> {
    let mut call = Map::new();
    for field in method.request {
        let required = field.need == Need::Required;
        let wanted = required || ["ExtPayoutID", "ExtDepositID"].contains(&field.name);
        let value = match named.get(field.name) {
            Some(value) if wanted => value.clone(),
            None if required && field.name == "TraceID" => story.next_trace().to_string(),
            None if required => field.example.to_owned(),
            Some(_) | None => continue,
        };
        call.insert(field.name.to_owned(), json!(value));
    }
    call
}

fn fits(field: &Field, text: &str) -> bool {
    matches!(field.kind, Kind::Text { max } if text.chars().count() <= max)
}

/// Sends each hostile text in each field that has room for it; how many were taken, by method and field.
async fn sent(story: &Story, pin: &str, payout: &str) -> BTreeMap<String, usize> {
    let named: BTreeMap<&str, String> = [
        ("FrontEndName", EUR.to_owned()),
        ("PIN", pin.to_owned()),
        ("ExtPayoutID", payout.to_owned()),
        ("Amount", "1.00".to_owned()),
        ("PP", BY_HAND.to_owned()),
        ("Status", "A".to_owned()),
        ("Currency", "EUR".to_owned()),
    ]
    .into();
    let mut taken = BTreeMap::new();
    for method in METHODS {
        let fields = method.request.iter().filter(|field| !FIXED.contains(&field.name));
        for field in fields.filter(|field| matches!(field.kind, Kind::Text { .. })) {
            for text in MARKUP.iter().chain(&FORMULAS).filter(|text| fits(field, text)) {
                let mut call = call(method, story, &named);
                call.insert(field.name.to_owned(), json!(text));
                let reply = story.call(method.name, Value::Object(call)).await;
                let name = format!("{}.{}", method.name, field.name);
                *taken.entry(name).or_default() += usize::from(reply["Status"] == 0);
            }
        }
        // And where a name or a number stands: refused, and what is refused is on record too.
        for field in
            method.request.iter().filter(|field| FIXED.contains(&field.name) && field.name != "FrontEndName")
        {
            let mut call = call(method, story, &named);
            call.insert(field.name.to_owned(), json!(MARKUP[1]));
            story.call(method.name, Value::Object(call)).await;
        }
    }
    taken
}

/// Every page that links lead to, from the menus on, and those of routes that nothing leads to.
async fn every_page(visitor: &mut Visitor) -> BTreeMap<String, String> {
    let routes = route::all().filter(|route| route.method == Method::Get && !route.path.contains('{'));
    let open = |path: &str| !path.starts_with("/office/static") && path != "/office/sign-in";
    let mut queue: VecDeque<String> =
        routes.map(|route| route.path.to_owned()).filter(|path| open(path)).collect();
    let (mut seen, mut pages): (BTreeSet<String>, BTreeMap<String, String>) =
        (queue.iter().cloned().collect(), BTreeMap::new());
    while let Some(path) = queue.pop_front() {
        let page = visitor.get(&path).await;
        assert!(page.status.as_u16() < 500, "{path}: {}", page.body);
        if page.status.is_redirection() {
            let to = page.goes_to().to_owned();
            if seen.insert(to.clone()) {
                queue.push_back(to);
            }
            continue;
        }
        let html = page
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("html")));
        if !html {
            continue;
        }
        for link in page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let link = link.replace("&amp;", "&").replace("&#38;", "&");
            let link = link.split('#').next().unwrap_or_default().to_owned();
            if link.starts_with("/office")
                && open(&link)
                && !link.contains("/file/")
                && seen.insert(link.clone())
            {
                queue.push_back(link);
            }
        }
        pages.insert(path, page.body);
        assert!(
            pages.len() < 2_000,
            "the pages lead on for ever: {:?}",
            pages.keys().rev().take(20).collect::<Vec<_>>()
        );
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_the_cashier_does_anything_on_any_page_or_in_any_file() {
    for (number, scratch) in support::databases().into_iter().enumerate() {
        let office = Office::on(scratch, plain).await;
        let story = &office.bench.story;
        let case = office.requested(BY_HAND).await;
        let hostile_pin = "'\"><img src=x onerror=p()>";
        for pin in [hostile_pin, "=1+1", "@pin"] {
            story.customer(EUR, pin, "900.00").await;
        }
        let details = json!({ "first_name": MARKUP[1], "last_name": MARKUP[1], "city": MARKUP[1], "street": MARKUP[1] });
        let body = json!({ "front_end": EUR, "pin": "named", "details": details });
        story.platform("customers", "add-named", body).await;
        let mut taken = sent(story, &case.customer.pin, &case.id.to_string()).await;
        for pin in [hostile_pin, "=1+1", "@pin", "named"] {
            taken.extend(sent_for(story, pin).await);
        }
        // What was taken nowhere proves nothing; these are kept and shown.
        for name in [
            "CreatePayout.CreatedBy",
            "CreatePayout.PaymentMethod",
            "UpdatePayout.UpdatedBy",
            "ProcessDeposit.TransactionID",
            "ProcessDeposit.CreatedBy",
            "ProcessDeposit.PaymentMethod",
            "PendingDeposit.PaymentMethod",
        ] {
            assert!(taken.get(name).is_some_and(|times| *times > 0), "{name} was never taken: {taken:#?}");
        }
        add_person(
            story,
            "berta",
            &["support=*", "operator=*", "approver=*", "finance=*", "admin=*", "auditor=*"],
        )
        .await;
        let mut berta = Visitor::signed_in(story, "berta").await;
        said_by_people(&mut berta, &case.id.to_string()).await;

        let pages = every_page(&mut berta).await;
        let mut shown = 0;
        for (path, body) in &pages {
            for part in ["<img", "<b>", "</script><", "onerror=pwned()>\"", "pwned()</script>"] {
                assert!(!body.contains(part), "{path}: `{part}` in {body}");
            }
            shown += usize::from(body.contains("&lt;img"));
        }
        assert!(shown >= 10, "they are shown as text: on {shown} of {} pages", pages.len());
        // What a browser makes of pages, it makes of them wherever they were read from.
        let browsed = (number == 0).then(|| waiting(|| in_a_browser(story, pages.keys()))).flatten();
        if let Some(number) = browsed {
            assert!(number >= 20, "{number} pages");
        }
        files_hold_no_formula(&mut berta).await;
        office.ends().await;
    }
}

/// A payout and a deposit of a customer whose very name is hostile.
async fn sent_for(story: &Story, pin: &str) -> BTreeMap<String, usize> {
    let mut taken = BTreeMap::new();
    for method in ["CreatePayout", "ProcessDeposit"] {
        let call = json!({
            "FrontEndName": EUR, "PIN": pin, "TraceID": story.next_trace(), "Amount": "1.00", "PP": BY_HAND,
            "TransactionID": "=1+1", "CreatedBy": FORMULAS[5],
        });
        let reply = story.call(method, call).await;
        taken.insert(format!("{method} for {pin}"), usize::from(reply["Status"] == 0));
    }
    taken
}

/// Notes, reasons, titles and searches of people are texts as well.
async fn said_by_people(berta: &mut Visitor, id: &str) {
    for form in [[("act", "note"), ("note", MARKUP[0])], [("act", "hold"), ("reason", MARKUP[0])]] {
        let version = super::payouts::seen(berta, id).await;
        super::payouts::press(berta, id, &version, &form).await;
    }
    berta.get("/office/payouts").await.is(200);
    berta.post("/office/payouts/views", &[("title", MARKUP[1]), ("query", "pp=%3Cimg%3E&cols=pin")]).await;
    for path in [
        "/office/payouts?",
        "/office/deposits?",
        "/office/customers?",
        "/office/processors?name=x&",
        "/office/audit?who=",
    ] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", MARKUP[0]).finish();
        let page = berta.get(&format!("{path}{query}")).await;
        assert!(!page.body.contains("<img"), "{path}: {}", page.body);
    }
}

/// Opens pages of every kind, and asks the browser itself whether anything came to life.
fn in_a_browser<'a>(story: &Story, paths: impl Iterator<Item = &'a String>) -> Option<usize> {
    let mut browser = Chromium::start()?;
    super::browser::sign_in(&mut browser, story, "berta");
    // Two of each kind: pages of one kind differ by their ids only.
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut number = 0;
    for path in paths {
        let kind: String = path.chars().filter(|c| !c.is_ascii_digit()).take(40).collect();
        let seen = kinds.entry(kind).or_default();
        *seen += 1;
        if *seen > 2 {
            continue;
        }
        browser.open(&format!("{}{path}", story.base));
        browser.wait_for("main");
        let alive = "document.querySelectorAll('img, b, script:not([src]), [onerror], [onload]').length + (window.pwned ? 1 : 0)";
        assert_eq!(browser.value(alive), json!(0), "{path}");
        number += 1;
    }
    let mut troubles = browser.troubles();
    troubles.retain(|trouble| !trouble.contains("status of 4"));
    assert!(troubles.is_empty(), "{troubles:#?}");
    Some(number)
}

async fn files_hold_no_formula(berta: &mut Visitor) {
    let columns =
        ["pin", "method", "transaction", "created_by", "updated_by", "processor", "trace", "front_end"];
    let query: String = columns.iter().map(|column| format!("cols={column}&")).collect();
    let file = berta.get(&format!("/office/payouts/file/csv?{query}")).await.is(200);
    let mut reader = csv::ReaderBuilder::new().from_reader(file.body.as_bytes());
    let mut marked = 0;
    for record in reader.records() {
        for cell in &record.expect("a row") {
            let first = cell.trim_start().chars().next();
            assert!(!matches!(first, Some('=' | '+' | '-' | '@')), "{cell:?} would be calculated");
            marked += usize::from(cell.starts_with('\''));
        }
    }
    assert!(marked >= 5, "some would have been: {marked} in {}", file.body);
}
