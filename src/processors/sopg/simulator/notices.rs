//! Notifications: sent when cards were assigned, re-sent until they are answered with 200.

use super::Shared;
use super::book::{Disposition, Letter};
use chrono::{DateTime, Duration, Utc};
use form_urlencoded::Serializer;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How the notifications of new payments are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticePlan {
    pub suppress: bool,
    /// So many of each, all due at once.
    pub copies: u32,
    pub delay_seconds: i64,
    /// The panel delivers before it sends the browser on.
    pub before_redirect: bool,
    /// The last `;` of the card list is missing.
    pub without_last_separator: bool,
    pub retries: u32,
    pub retry_seconds: i64,
}

impl Default for NoticePlan {
    fn default() -> NoticePlan {
        NoticePlan {
            suppress: false,
            copies: 1,
            delay_seconds: 0,
            before_redirect: false,
            without_last_separator: false,
            retries: 5,
            retry_seconds: 60,
        }
    }
}

/// One notification on its way.
#[derive(Clone, Debug)]
pub struct Waiting {
    username: String,
    mtid: String,
    url: String,
    body: String,
    due: DateTime<Utc>,
    retries_left: u32,
    retry_after: Duration,
}

/// One try at delivering, for whoever looks at what was sent.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub mtid: String,
    pub url: String,
    pub body: String,
    /// Zero when there was no answer.
    pub status: u16,
}

/// The notifications that an assignment causes.
pub fn plan(disposition: &Disposition, plan: &NoticePlan, now: DateTime<Utc>) -> Vec<Waiting> {
    if plan.suppress || disposition.pn_url.is_empty() {
        return Vec::new();
    }
    let mut serials = disposition.serials(true).unwrap_or_default();
    if plan.without_last_separator {
        serials.truncate(serials.trim_end_matches(';').len());
    }
    let body = Serializer::new(String::new())
        .append_pair("mtid", &disposition.mtid)
        .append_pair("eventType", "ASSIGN_CARDS")
        .append_pair("serialNumbers", &serials)
        .finish();
    let waiting = Waiting {
        username: disposition.username.clone(),
        mtid: disposition.mtid.clone(),
        url: disposition.pn_url.clone(),
        body,
        due: now + Duration::seconds(plan.delay_seconds),
        retries_left: plan.retries,
        retry_after: Duration::seconds(plan.retry_seconds),
    };
    vec![waiting; plan.copies as usize]
}

/// Delivers everything that is due by the simulator's clock, all at the same time; returns how many tries were made.
/// What somebody else is delivering has arrived too when it returns.
pub async fn deliver_due(shared: &Arc<Shared>) -> usize {
    let _only = shared.delivering.lock().await;
    let now = shared.now();
    let due: Vec<Waiting> = {
        let mut waiting = shared.waiting();
        let (due, later) = waiting.drain(..).partition(|notice: &Waiting| notice.due <= now);
        *waiting = later;
        due
    };
    let due: Vec<Waiting> = due.into_iter().filter(|notice| shared.still_notifies(notice)).collect();
    let count = due.len();
    futures_util::future::join_all(due.into_iter().map(|notice| deliver(shared, notice))).await;
    count
}

async fn deliver(shared: &Arc<Shared>, notice: Waiting) {
    let sent = shared
        .http
        .post(&notice.url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(notice.body.clone())
        .send()
        .await;
    let status = sent.map_or(0, |response| response.status().as_u16());
    shared.deliveries().push(Delivery {
        mtid: notice.mtid.clone(),
        url: notice.url.clone(),
        body: notice.body.clone(),
        status,
    });
    if status != 200 && notice.retries_left > 0 {
        let due = shared.now() + notice.retry_after;
        shared.waiting().push(Waiting { due, retries_left: notice.retries_left - 1, ..notice });
    }
}

impl Shared {
    /// A payment that was closed meanwhile, or expired, is not spoken of again. The first try is always made.
    fn still_notifies(&self, notice: &Waiting) -> bool {
        let now = self.now();
        let mut book = self.book();
        book.expire(now);
        match book.find(&notice.username, &notice.mtid).map(|known| known.letter) {
            Some(Letter::R | Letter::S | Letter::E) => true,
            Some(Letter::O | Letter::L | Letter::X | Letter::I) | None => self.first_try(notice),
        }
    }

    fn first_try(&self, notice: &Waiting) -> bool {
        !self.deliveries().iter().any(|delivery| delivery.mtid == notice.mtid)
    }
}
