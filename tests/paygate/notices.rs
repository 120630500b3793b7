//! Notifications: a shop that receives them, and everything that may be wrong with them.

use super::support::{CARD, EXPIRY, Story};
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use chrono::Duration;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::paygate::simulator::{Moved, NoticeFault};
use tillgate::processors::{
    Capture, DepositOrder, DepositProcessor, Notice, NoticeError, NoticeReader, Opened, RawNotice,
};

/// The shop's address for notifications.
pub struct Inbox {
    shared: Data<Shelf>,
    pub url: String,
}

struct Shelf {
    received: Mutex<Vec<RawNotice>>,
    status: AtomicU16,
}

impl Inbox {
    pub fn open() -> Inbox {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/notify", listener.local_addr().unwrap());
        let shared = Data::new(Shelf { received: Mutex::default(), status: AtomicU16::new(200) });
        let shelf = shared.clone();
        let server = HttpServer::new(move || {
            App::new().app_data(shelf.clone()).default_service(actix_web::web::to(receive))
        });
        tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        Inbox { shared, url }
    }

    pub fn answers(&self, status: u16) {
        self.shared.status.store(status, Ordering::SeqCst);
    }

    pub fn take(&self) -> Vec<RawNotice> {
        std::mem::take(&mut *self.shared.received.lock().unwrap())
    }
}

async fn receive(shelf: Data<Shelf>, http: HttpRequest, body: Bytes) -> HttpResponse {
    shelf.received.lock().unwrap().push(RawNotice {
        method: http.method().to_string(),
        query: http.query_string().to_owned(),
        content_type: String::new(),
        body: body.to_vec(),
        peer: None,
    });
    let status = actix_web::http::StatusCode::from_u16(shelf.status.load(Ordering::SeqCst)).unwrap();
    HttpResponse::build(status).finish()
}

/// A notice as the browser brings it: in the query of the address it was sent to.
pub fn brought(location: &str) -> RawNotice {
    let query = location.split_once('?').map_or("", |(_, query)| query).to_owned();
    RawNotice { method: "GET".to_owned(), query, content_type: String::new(), body: vec![], peer: None }
}

impl Story {
    /// Opens the deposit and returns the address of the page's form.
    pub async fn shows_form(&self, order: &DepositOrder) -> String {
        let page = match self.paygate.open(order).await {
            Opened::Redirect { url, .. } => self.browser.get(url).send().await.unwrap(),
            Opened::Form { action, fields, .. } => {
                self.browser.post(action).form(&fields).send().await.unwrap()
            }
            other => panic!("{other:?}"),
        };
        let text = page.text().await.unwrap();
        let action = text.split("action='").nth(1).unwrap_or_else(|| panic!("no form in {text}"));
        format!("{}{}", self.simulator.base_url, action.split('\'').next().unwrap())
    }

    /// Fills a form in; returns where the browser is sent, and the page if it is not sent anywhere.
    pub async fn submits(&self, form: &str, fields: &[(&str, &str)]) -> (String, String) {
        let answer = self.browser.post(form).form(fields).send().await.unwrap();
        let location = answer.headers().get("Location").map(|there| there.to_str().unwrap().to_owned());
        (location.unwrap_or_default(), answer.text().await.unwrap())
    }

    /// Pays a card deposit through the hosted form.
    pub async fn pays(&self, order: &DepositOrder, number: &str) -> String {
        let form = self.shows_form(order).await;
        self.submits(&form, &card(number)).await.0
    }

    pub fn reads(&self, raw: &RawNotice) -> Result<Notice, NoticeError> {
        self.paygate.read(raw)
    }
}

pub fn card(number: &str) -> [(&str, &str); 6] {
    [
        ("CardHolder", "Big Daddy"),
        ("CardNumber", number),
        ("CardExpirationMonth", &EXPIRY[4..]),
        ("CardExpirationYear", &EXPIRY[..4]),
        ("Cccvc", "123"),
        ("CcBrand", "VISA"),
    ]
}

#[tokio::test]
async fn a_notice_is_delivered_again_until_it_is_answered_and_stays_the_same_news() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    inbox.answers(500);
    let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    let there = story.pays(&order, CARD).await;
    assert!(there.starts_with(&order.urls.success), "{there}");
    let mut keys = vec![story.reads(&brought(&there)).unwrap().key];
    keys.extend(inbox.take().iter().map(|raw| story.reads(raw).unwrap().key));
    assert_eq!(keys.len(), 2);
    // Eight further attempts within 21 hours and 36 minutes, then no more.
    let mut attempts = 0;
    for _ in 0..(22 * 60) {
        story.clock.advance(Duration::minutes(1));
        story.simulator.deliver().await;
        let received = inbox.take();
        attempts += received.len();
        keys.extend(received.iter().map(|raw| story.reads(raw).unwrap().key));
    }
    assert_eq!(attempts, 8);
    keys.dedup();
    assert_eq!(keys.len(), 1);
    assert_eq!(story.simulator.letters(), 0);
}

#[tokio::test]
async fn lost_late_doubled_and_forged_notices_change_nothing_about_the_money() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let faults = [
        (NoticeFault::Lost, 0),
        (NoticeFault::Duplicated, 2),
        (NoticeFault::Late(45), 0),
        (NoticeFault::Forged, 1),
        (NoticeFault::ForeignMerchant, 1),
        (NoticeFault::Reordered, 0),
    ];
    for (number, (fault, at_once)) in faults.into_iter().enumerate() {
        let order = story.deposit(number as i64, 2_500, Capture::Automatic, &inbox.url);
        story.simulator.next_notice(&order.reference, fault);
        story.pays(&order, CARD).await;
        let received = inbox.take();
        assert_eq!(received.len(), at_once, "{fault:?}");
        let read: Vec<_> = received.iter().map(|raw| story.reads(raw)).collect();
        match fault {
            NoticeFault::Forged | NoticeFault::ForeignMerchant => {
                assert!(matches!(read[0], Err(NoticeError::Forged(_))), "{fault:?}: {read:?}");
            }
            NoticeFault::Duplicated => assert_eq!(read[0], read[1]),
            NoticeFault::Late(minutes) => {
                story.clock.advance(Duration::minutes(minutes));
                story.simulator.deliver().await;
                assert_eq!(story.reads(&inbox.take()[0]).unwrap().reference, order.reference);
            }
            NoticeFault::Lost | NoticeFault::Reordered => {}
        }
        let paid = story.paygate.settle(&order).await;
        assert!(matches!(paid, DepositOutcome::Paid { minor: 2_500, .. }), "{fault:?}: {paid:?}");
        assert_eq!(story.simulator.sum(&order.reference, Moved::Capture), 2_500);
    }
}

#[tokio::test]
async fn another_orders_data_speaks_of_the_other_order() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let paid = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    let mut refused = story.deposit(2, 2_500, Capture::Automatic, &inbox.url);
    refused.extra = BTreeMap::new();
    let good = story.reads(&brought(&story.pays(&paid, CARD).await)).unwrap();
    let there = story.pays(&refused, "4000011744135012").await;
    assert!(there.starts_with(&refused.urls.failure), "{there}");
    // Copied from the failure address to the success address it is still the failure's news.
    let copied = story.reads(&brought(&there)).unwrap();
    assert_eq!(copied.reference, refused.reference);
    assert!(copied.summary.starts_with("FAILED") && copied.instrument.is_none(), "{}", copied.summary);
    assert_ne!(copied.key, good.key);
    assert!(matches!(story.paygate.settle(&refused).await, DepositOutcome::Failed { .. }));
}
