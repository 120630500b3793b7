//! The simulator's SOAP service by itself: what foreign stacks send, the contract, the codes, the control API.

use super::world::*;
use serde_json::{Value, json};
use tillgate::domain::outcome::Outcome;
use tillgate::processors::sopg::DispositionState;
use tillgate::processors::sopg::retry::Operation;
use tillgate::processors::sopg::simulator::Switches;
use tillgate::processors::{DepositProcessor, PayoutProcessor};

async fn post(world: &World, kind: &str, body: &str) -> (u16, String) {
    let request = crate::support::client().build().unwrap();
    let request = request.post(world.simulator.endpoint()).header("content-type", kind);
    let response = request.header("SOAPAction", "whatever").body(body.to_owned()).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn sample(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/data/sopg/{name}.xml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A call of the example account; `fields` follow user name and password.
fn call(operation: &str, fields: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><{operation} xmlns=\"urn:pscservice\">\
         <username>psc_example_shop_test</username><password>example-password</password>{fields}</{operation}>\
         </s:Body></s:Envelope>"
    )
}

async fn code(world: &World, operation: &str, fields: &str) -> String {
    let (_, text) = post(world, "text/xml", &call(operation, fields)).await;
    let (_, after) = text.split_once("<ns1:errorCode>").unwrap_or_else(|| panic!("no code in {text}"));
    after.split_once('<').unwrap().0.to_owned()
}

#[tokio::test]
async fn the_recorded_requests_run_a_whole_life_and_get_the_recorded_answers() {
    let world = World::new();
    for (request, answer) in [
        ("createDisposition.request", "<ns1:errorCode>0<"),
        ("createDisposition.request", "<ns1:errorCode>2001<"),
        ("getMid.request", "<ns1:currency>EUR</ns1:currency><ns1:mid>1000001434</ns1:mid>"),
        (
            "getSerialNumbers.request",
            "<ns1:dispositionState>R</ns1:dispositionState><ns1:serialNumbers xmlns:xsi",
        ),
        ("executeDebit.request", "<ns1:errorCode>2017<"),
        ("assignCardsToDisposition.request", "<ns1:errorCode>0<"),
        ("getSerialNumbers.request", "<ns1:amount>24.9</ns1:amount>"),
        ("modifyDispositionValue.request", "<ns1:errorCode>0<"),
        ("executeDebit.request.partial", "<ns1:errorCode>0<"),
        (
            "getDispositionRawState.request",
            "<ns1:amount>10.0</ns1:amount><ns1:currency>EUR</ns1:currency><ns1:dispositionState>E<",
        ),
        ("executeDebit.request.release", "<ns1:errorCode>0<"),
        ("getDispositionRawState.request", "<ns1:dispositionState>O<"),
    ] {
        let (status, text) = post(&world, "text/xml;charset=UTF-8", &sample(request)).await;
        assert_eq!(status, 200);
        assert!(text.contains(answer), "{request}: {text}");
    }
    assert_eq!(world.taken(), 1000);
}

#[tokio::test]
async fn other_spellings_of_the_same_request_are_taken() {
    let world = World::new();
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    let odd = format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<a:Envelope xmlns:a='{soap}' xmlns:b='{soap}'><a:Header/><b:Body>\
         <q:getMid xmlns:q='urn:pscservice'><q:currency>EUR</q:currency><q:password>a&lt;b&amp;c&gt;&quot;d&apos;&#233;€</q:password>\
         <q:username>psc_demo_escape</q:username><q:webhookUrl/></q:getMid></b:Body></a:Envelope>"
    );
    for kind in ["text/xml", "application/xml", "application/soap+xml; charset=utf-8"] {
        let (status, text) = post(&world, kind, &odd).await;
        assert!(status == 200 && text.contains("<ns1:mid>1000001334<"), "{kind}: {text}");
    }
    world.simulator.switch(Switches { strict: true, ..Switches::default() });
    let (status, text) = post(&world, "text/xml", &odd).await;
    assert!(status == 500 && text.contains("soap:Client"), "{text}");
}

#[tokio::test]
async fn what_the_contract_forbids_is_a_fault_of_the_client() {
    let world = World::new();
    for body in [
        "",
        "not xml",
        "<a/>",
        &call("noSuchOperation", ""),
        &call("getMid", ""),
        &call("getMid", "<currency>EUR</currency>").replace("urn:pscservice", "urn:other"),
        &call("executeDebit", "<mtid>m</mtid><amount>ten</amount><currency>EUR</currency><close>1</close>"),
        &call("executeDebit", "<mtid>m</mtid><amount>10</amount><currency>EUR</currency><close>x</close>"),
        &call(
            "refund",
            "<rtid>r</rtid><mtid>m</mtid><amount>1</amount><currency>EUR</currency><utcOffset>+05:50</utcOffset>",
        ),
        "<!DOCTYPE x><a/>",
    ] {
        let (status, text) = post(&world, "text/xml", body).await;
        assert!(status == 500 && text.contains("<faultcode>soap:Client</faultcode>"), "{body}: {text}");
    }
    let (status, _) = post(&world, "text/plain", &call("getMid", "<currency>EUR</currency>")).await;
    assert_eq!(status, 500);
    let (status, _) = post(&world, "text/xml", &" ".repeat(300 * 1024)).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn foreign_operations_are_not_allowed_but_answered_in_their_own_shape() {
    let world = World::new();
    assert_eq!(code(&world, "getBalance", "<id>1</id><subId/><pin>1</pin>").await, "10014");
}

#[tokio::test]
async fn creations_are_refused_by_the_documented_codes() {
    let world = World::new();
    let ok = "https%3A%2F%2Fshop.example%2Fok";
    let create = |mtid: &str, amount: &str, currency: &str, rest: &str| {
        format!("<mtid>{mtid}</mtid><amount>{amount}</amount><currency>{currency}</currency>{rest}")
    };
    let urls = |rest: &str| format!("<okUrl>{ok}</okUrl><nokUrl>{ok}</nokUrl>{rest}");
    let good = urls("<merchantclientid>c</merchantclientid>");
    let restricted = |key: &str, value: &str| {
        format!(
            "{good}<dispositionRestrictions><key>{key}</key><value>{value}</value></dispositionRestrictions>"
        )
    };
    for (fields, expected) in [
        (create("", "1", "EUR", &good), "55"),
        (create(&"x".repeat(61), "1", "EUR", &good), "56"),
        (create("a b", "1", "EUR", &good), "10028"),
        (create("m", "1", "", &good), "125"),
        (create("m", "1", "eur", &good), "126"),
        (create("m", "1", "JPY", &good), "10015"),
        (create("m", "1", "CHF", &good), "3002"),
        (create("m", "-1", "EUR", &good), "11"),
        (create("m", "1.001", "EUR", &good), "8"),
        (create("m", "0", "EUR", &good), "2029"),
        (create("m", "1000.01", "EUR", &good), "4003"),
        (create("m", "1", "EUR", ""), "60"),
        (create("m", "1", "EUR", &format!("<nokUrl>{ok}</nokUrl>")), "65"),
        (create("m", "1", "EUR", "<okUrl>https://a.b</okUrl><nokUrl>https://a.b</nokUrl>"), "10028"),
        (create("m", "1", "EUR", &urls("")), "3017"),
        (create("m", "1", "EUR", &urls("<merchantclientid>a@b.c</merchantclientid>")), "3019"),
        (create("m", "1", "EUR", &urls("<merchantclientid>10.0.0.1</merchantclientid>")), "3019"),
        (create("m", "1", "EUR", &restricted("COUNTRY", "at")), "2039"),
        (create("m", "1", "EUR", &restricted("MIN_AGE", "0")), "2039"),
        (create("m", "1", "EUR", &restricted("COLOUR", "red")), "2039"),
        (create("m", "1", "EUR", &format!("{good}<shopId>{}</shopId>", "x".repeat(61))), "2623"),
        (create("m", "1", "EUR", &format!("{good}<shopLabel>{}</shopLabel>", "x".repeat(61))), "2624"),
        (create("m", "1", "EUR", &format!("{good}<subId>other</subId>")), "3014"),
        (create("m", "1.0E1", "EUR", &restricted("MIN_KYC_LEVEL", "FULL")), "0"),
        (create("m", "10.", "EUR", &good), "2001"),
    ] {
        assert_eq!(code(&world, "createDisposition", &fields).await, expected, "{fields}");
    }
}

#[tokio::test]
async fn callers_that_are_not_listed_see_a_page() {
    let world = World::new();
    world.simulator.switch(Switches { allowed: vec!["192.0.2.1".parse().unwrap()], ..Switches::default() });
    let (status, text) = post(&world, "text/xml", &sample("getMid.request")).await;
    assert!(status == 403 && text.contains("<html>"));
    world.simulator.switch(Switches { allowed: vec!["127.0.0.1".parse().unwrap()], ..Switches::default() });
    assert_eq!(post(&world, "text/xml", &sample("getMid.request")).await.0, 200);
}

#[tokio::test]
async fn the_contract_is_served_with_the_simulators_own_address() {
    let world = World::new();
    let endpoint = world.simulator.endpoint();
    let text = reqwest::get(format!("{endpoint}?wsdl")).await.unwrap().text().await.unwrap();
    let vendors =
        std::fs::read_to_string(format!("{}/schemas/sopg/PscService.wsdl", env!("CARGO_MANIFEST_DIR")));
    let address = "https://soatest.paysafecard.com/psc/services/PscService";
    assert_eq!(text, vendors.unwrap().replace(address, &endpoint));
}

#[tokio::test]
async fn the_control_api_moves_time_sets_faults_and_shows_the_books() {
    let world = World::new();
    let http = crate::support::client().build().unwrap();
    let base = world.simulator.base();
    let get = |path: &str| {
        let (http, url) = (http.clone(), format!("{base}/control/{path}"));
        async move { http.get(url).send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let send = |path: &str, body: Value| {
        let (http, url) = (http.clone(), format!("{base}/control/{path}"));
        async move { http.post(url).json(&body).send().await.unwrap() }
    };
    post(&world, "text/xml", &sample("createDisposition.request")).await;
    assert_eq!(get("dispositions").await[0]["state"], "R");
    send("advance", json!({ "seconds": 1800 })).await;
    assert_eq!(get("dispositions").await[0]["state"], "X");
    assert_eq!(send("state", json!({ "mtid": "ord-2024-000017", "state": "Q" })).await.status(), 400);
    send("state", json!({ "mtid": "ord-2024-000017", "state": "I" })).await;
    assert_eq!(get("dispositions").await[0]["state"], "I");
    let fault = json!({ "operation": "getMid", "kind": { "codes_before": { "result": 1, "error": 3001 } } });
    send("faults", fault).await;
    assert_eq!(get("faults").await[0]["times"], 1);
    assert_eq!(code(&world, "getMid", "<currency>EUR</currency>").await, "3001");
    assert_eq!(code(&world, "getMid", "<currency>EUR</currency>").await, "0");
    send("faults", json!({ "kind": "reset_before", "times": 9 })).await;
    http.delete(format!("{base}/control/faults")).send().await.unwrap();
    assert_eq!(code(&world, "getMid", "<currency>EUR</currency>").await, "0");
    assert_eq!(get("book").await["adds_up"], "yes");
    send("switches", json!({ "strict": true })).await;
    send("notices", json!({ "suppress": true })).await;
    assert_eq!(send("deliver", json!({})).await.json::<Value>().await.unwrap()["tries"], 0);
    assert_eq!(get("notices").await, json!([]));
    send("reset", json!({})).await;
    assert_eq!(get("dispositions").await, json!([]));
}

#[tokio::test]
async fn everything_our_client_sends_is_what_the_contract_says_to_the_letter() {
    let world = World::of(|account| {
        account.countries = vec!["AT".to_owned()];
        account.min_age = Some(18);
        account.used_payout_id_is_paid = true;
        account.shop_id = Some("shop-01".to_owned());
        account.shop_label = Some("Käse & <Söhne>".to_owned());
    });
    world.simulator.switch(Switches { strict: true, ..Switches::default() });
    let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
    assert!(matches!(world.processor.ask_raw(&order).await, DispositionState::Known(_)));
    world.processor.modify(&order, eur("24.00")).await.unwrap();
    assert!(is_paid(&world.processor.capture(&order, eur("4.00"), false).await, eur("4.00")));
    assert!(is_paid(&world.processor.capture(&order, eur("20.00"), true).await, eur("20.00")));
    assert!(matches!(world.processor.refund(&order, eur("1.00"), "RF-1").await, Outcome::Paid { .. }));
    let (second, _) = world.opens("DE-2", eur("10.00")).await;
    world.processor.assign_one(&second, &full("11").into()).await.unwrap();
    let payout = payout("PO-1", eur("3.00"), "jane@customer.example");
    assert!(matches!(world.processor.send(&payout).await, Outcome::Paid { .. }));
    assert!(matches!(world.processor.inquire(&payout).await, Outcome::Paid { .. }));
    assert!(world.processor.mid(money("1", "GBP").currency()).await.is_ok());
    for operation in Operation::ALL {
        assert!(world.simulator.calls(operation.name()) > 0, "{} was not called", operation.name());
    }
}
