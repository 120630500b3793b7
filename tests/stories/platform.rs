//! The merchant's back end: it tells us of customers, moves balances once, and follows what happened.

use crate::support::databases;
use crate::support::story::Story;
use serde_json::{Value, json};

const FRONT_END: &str = "Flows EUR Requested";

/// A call of the platform's with any key: status and body.
async fn call(
    story: &Story,
    method: reqwest::Method,
    path: &str,
    key: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let request = story.http().request(method, format!("{}/platform/v1/{path}", story.base)).bearer_auth(key);
    let request = match body {
        Some(body) => request.header("idempotency-key", "k1").body(body.to_string()),
        None => request,
    };
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn get(story: &Story, path: &str) -> (u16, Value) {
    call(story, reqwest::Method::GET, path, "sandbox-platform-key", None).await
}

async fn post(story: &Story, path: &str, body: Value) -> (u16, Value) {
    call(story, reqwest::Method::POST, path, "sandbox-platform-key", Some(body)).await
}

#[tokio::test]
async fn an_adjustment_is_made_once_for_each_key() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let customer = story.customer(FRONT_END, "Bigdaddy", "10.00").await;
        let bonus = json!({ "front_end": FRONT_END, "pin": "Bigdaddy", "amount": "5.00", "reason": "bonus" });
        assert_eq!(post(&story, "adjustments", bonus.clone()).await.0, 201);
        let (status, body) = post(&story, "adjustments", bonus.clone()).await;
        assert_eq!((status, &body["replayed"]), (200, &json!(true)));
        assert_eq!(story.balance(&customer).await, "15.00");

        let mut other = bonus;
        other["amount"] = json!("6.00");
        let (status, problem) = post(&story, "adjustments", other).await;
        assert_eq!((status, &problem["type"]), (409, &json!("urn:tillgate:problem:conflict")));
        assert_eq!(story.balance(&customer).await, "15.00");
        story.ends().await;
    }
}

#[tokio::test]
async fn what_is_wrong_is_a_problem_that_names_the_field() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let customer = story.customer(FRONT_END, "Bigdaddy", "10.00").await;
        let adjustment = |amount: &str| json!({ "front_end": FRONT_END, "pin": customer.pin, "amount": amount, "reason": "test" });
        let cases = [
            (adjustment("1e3"), 422, "amount is not a plain decimal"),
            (adjustment("0.001"), 422, "amount has more decimals"),
            (adjustment("0"), 422, "must not be zero"),
            (adjustment("-10.01"), 422, "insufficient funds"),
            (
                json!({ "front_end": FRONT_END, "pin": "x", "amount": 5, "reason": "r" }),
                400,
                "amount: has the wrong type",
            ),
            (json!({ "front_end": FRONT_END, "pin": "x" }), 400, "missing field"),
            (json!({ "front_end": "Nowhere", "pin": "x", "amount": "1", "reason": "r" }), 403, "front_end"),
            (
                json!({ "front_end": FRONT_END, "pin": "Nobody", "amount": "1", "reason": "r" }),
                404,
                "customer not found",
            ),
        ];
        for (body, expected, words) in cases {
            let (status, problem) = post(&story, "adjustments", body.clone()).await;
            let detail = problem["detail"].as_str().unwrap_or_default();
            assert_eq!(status, expected, "{body}: {problem}");
            assert!(detail.contains(words), "{body}: {detail}");
        }
        let (status, _) = call(&story, reqwest::Method::GET, "events", "wrong-key", None).await;
        assert_eq!(status, 401);
        assert_eq!(story.balance(&customer).await, "10.00");
        story.ends().await;
    }
}

#[tokio::test]
async fn whoever_follows_the_cursor_sees_every_event_once() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let customer = story.customer(FRONT_END, "Bigdaddy", "1000.00").await;
        for trace in 1..=25 {
            let fields =
                json!({ "FrontEndName": FRONT_END, "PIN": customer.pin, "TraceID": trace, "Amount": "1.00" });
            assert_eq!(story.call("CreatePayout", fields).await["Status"], 0);
        }
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let (status, page) = get(&story, &format!("events?limit=7&after={cursor}")).await;
            assert_eq!(status, 200, "{page}");
            let events = page["events"].as_array().expect("events").clone();
            let next = page["next"].as_str().expect("a cursor").to_owned();
            if events.is_empty() && next == cursor {
                break;
            }
            seen.extend(events);
            cursor = next;
        }
        let created = seen.iter().filter(|event| event["kind"] == "payout.created").count();
        assert_eq!(created, 25);
        let mut ids: Vec<&str> = seen.iter().filter_map(|event| event["id"].as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), seen.len(), "no event is seen twice");
        assert_eq!(get(&story, "events?after=nonsense").await.0, 400);
        story.ends().await;
    }
}

#[tokio::test]
async fn a_login_token_is_good_once() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let customer = story.customer(FRONT_END, "Bigdaddy", "1.00").await;
        let (status, body) =
            post(&story, "login-tokens", json!({ "front_end": FRONT_END, "pin": "Bigdaddy" })).await;
        assert_eq!(status, 201);
        let token = body["token"].as_str().expect("a token").to_owned();
        let arrive =
            |token: String| json!({ "FrontEndName": FRONT_END, "PIN": customer.pin, "Token": token });
        assert_eq!(story.call("AuthCust", arrive("guessed".to_owned())).await["Status"], 11);
        let reply = story.call("AuthCust", arrive(token.clone())).await;
        assert_eq!((&reply["Status"], &reply["Currency"]), (&json!(0), &json!("EUR")));
        assert_eq!(story.call("AuthCust", arrive(token)).await["Status"], 11, "it was used");
        story.ends().await;
    }
}
