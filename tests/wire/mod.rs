//! What goes over the wire, byte by byte: each method's success and one refusal in every encoding. The clock stands
//! and the randomness is a seed's; ids and addresses are replaced by words all the same, so that a snapshot changes
//! only when the wire does.

use crate::bad_requests::cases::Encoding;
use crate::support::databases;
use crate::support::story::Story;
use serde_json::{Value, json};
use std::fmt::Write;
use tillgate::cashier::catalog;

const FRONT_END: &str = "Flows EUR InProgress";

/// Methods whose success needs a processor that knows the deposit, after a customer was at its page; the stories of
/// deposits have them.
const REFUSED_ONLY: [&str; 3] = ["CaptureDeposit", "CancelDeposit", "RefundDeposit"];

/// A call that succeeds and one that is refused.
struct Pair {
    good: Option<Value>,
    bad: Value,
}

#[tokio::test]
async fn each_method_in_every_encoding() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        for method in catalog::METHODS {
            story.customer(FRONT_END, method.name, "10000.00").await;
            let mut shown = String::new();
            for encoding in Encoding::ALL {
                let Pair { good, bad } = pair(&story, method.name).await;
                if let Some(good) = good {
                    let reply = send(&story, method.name, encoding, good).await;
                    assert!(reply.contains("Status") && is_done(&reply), "{}: {reply}", method.name);
                    writeln!(shown, "# {encoding:?}, done\n{reply}\n").expect("memory");
                }
                let reply = send(&story, method.name, encoding, bad).await;
                assert!(!is_done(&reply), "{}: {reply}", method.name);
                writeln!(shown, "# {encoding:?}, refused\n{reply}\n").expect("memory");
            }
            insta::with_settings!({
                prepend_module_to_snapshot => false,
                omit_expression => true,
                filters => vec![
                    (r"\b(PO|DE|RV)-[0-9A-HJKMNP-TV-Z]{13}\b", "$1-[id]"),
                    (r#"(TraceID["=>:]+)\d+"#, "$1[number]"),
                    (r"((?:RedirectURL|InvoiceURL|FormAction|FormFields)=)[^&\n]+", "$1[address]"),
                    (r#"("(?:RedirectURL|InvoiceURL|FormAction|FormFields)":")[^"]+"#, "$1[address]"),
                    (r"(<(?:RedirectURL|InvoiceURL|FormAction|FormFields)>)[^<]+", "$1[address]"),
                ],
            }, {
                insta::assert_snapshot!(method.name, shown.trim_end());
            });
        }
        story.ends().await;
    }
}

fn is_done(reply: &str) -> bool {
    ["Status=0&", "\"Status\":0,", "<Status>0</Status>"].iter().any(|done| reply.contains(done))
}

/// Sends a call and gives content type and body of its reply.
async fn send(story: &Story, method: &str, encoding: Encoding, fields: Value) -> String {
    let fields: Vec<(String, String)> = fields
        .as_object()
        .expect("an object")
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let request = story.http().post(format!("{}/cashier/{method}", story.base));
    let request = request.header("content-type", encoding.content_type());
    let response = request.body(encoding.write(method, &fields)).send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let content_type = response.headers()["content-type"].to_str().expect("text").to_owned();
    format!("{content_type}\n{}", response.text().await.expect("a body"))
}

/// Adds fields to a call, or puts others in their place.
fn with(call: &Value, more: Value) -> Value {
    let mut call = call.clone();
    call.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    call
}

async fn pair(story: &Story, method: &str) -> Pair {
    let who = json!({ "FrontEndName": FRONT_END, "WSPassCode": "sandbox", "PIN": method });
    let number = || story.next_trace();
    let payout = with(&who, json!({ "TraceID": number(), "PP": "CFT", "Amount": "12.00", "Fee": "0.50" }));
    let deposit = with(&who, json!({ "TraceID": number(), "PP": "VISA", "Amount": "12.00" }));
    let nobody = json!({ "PIN": "Nobody" });
    match method {
        "AuthCust" => {
            let body = json!({ "front_end": FRONT_END, "pin": method });
            let issued = story.platform("login-tokens", "any", body).await;
            let good = with(&who, json!({ "Token": issued["token"] }));
            Pair { bad: with(&good, json!({ "Token": "guessed" })), good: Some(good) }
        }
        "GetCustomer" | "GetBalance" => Pair { bad: with(&who, nobody), good: Some(who) },
        "PrevalidateDeposit" | "PendingDeposit" | "AuthorizedDeposit" | "DeclinedDeposit"
        | "ProcessDeposit" => {
            Pair { bad: with(&deposit, json!({ "Amount": "12.005" })), good: Some(deposit) }
        }
        "GetDeposit" | "ReverseDeposit" => {
            done(story, "ProcessDeposit", &deposit).await;
            let good = with(&who, json!({ "TraceID": deposit["TraceID"] }));
            Pair { bad: with(&good, json!({ "TraceID": 999_999_999 })), good: Some(good) }
        }
        "CreateDeposit" => {
            let good = with(&deposit, json!({ "PP": "PaygateCard" }));
            Pair { bad: with(&deposit, json!({ "PP": "CFT" })), good: Some(good) }
        }
        // Its success is told by the stories of stored cards: first one must be stored.
        "ChargeStored" => Pair { good: None, bad: with(&deposit, json!({ "PP": "RestCard" })) },
        "CreateInvoice" => {
            let good = with(&deposit, json!({ "PP": "RestCard" }));
            Pair { bad: with(&good, json!({ "PP": "PaygateCard", "TraceID": number() })), good: Some(good) }
        }
        "GetInvoice" | "CancelInvoice" => {
            let made = done(story, "CreateInvoice", &with(&deposit, json!({ "PP": "RestCard" }))).await;
            let good = with(&who, json!({ "ExtDepositID": made["ExtDepositID"] }));
            Pair { bad: with(&good, json!({ "ExtDepositID": "DE-0000000000001" })), good: Some(good) }
        }
        "CaptureDeposit" | "CancelDeposit" | "RefundDeposit" => {
            let opened = done(story, "CreateDeposit", &with(&deposit, json!({ "PP": "PaygateCard" }))).await;
            let good = with(&who, json!({ "ExtDepositID": opened["ExtDepositID"], "TraceID": number() }));
            let bad = with(&good, json!({ "ExtDepositID": "DE-0000000000001" }));
            Pair { good: (!REFUSED_ONLY.contains(&method)).then_some(good), bad }
        }
        "CreatePayout" => {
            let account = json!({ "BankTransferType": "BT", "BankAccountNumber": "DE89370400440532013000" });
            let bad = with(&payout, json!({ "TraceID": number(), "Amount": "99999.00" }));
            Pair { good: Some(with(&payout, account)), bad }
        }
        "UpdatePayout" | "GetPayout" => {
            let id = done(story, "CreatePayout", &payout).await["ExtPayoutID"].clone();
            let good = with(&who, json!({ "ExtPayoutID": id, "Status": "I" }));
            if method == "GetPayout" {
                done(story, "UpdatePayout", &good).await;
            }
            Pair { bad: with(&good, json!({ "ExtPayoutID": "PO-0000000000001" })), good: Some(good) }
        }
        "ReversePayout" => {
            let id = done(story, "CreatePayout", &payout).await["ExtPayoutID"].clone();
            let open = done(story, "CreatePayout", &with(&payout, json!({ "TraceID": number() }))).await;
            let good = with(&who, json!({ "ExtPayoutID": id, "TraceID": number() }));
            done(story, "UpdatePayout", &with(&who, json!({ "ExtPayoutID": id, "Status": "Y" }))).await;
            Pair { bad: with(&good, json!({ "ExtPayoutID": open["ExtPayoutID"] })), good: Some(good) }
        }
        other => panic!("{other} has no call here yet"),
    }
}

/// A call on the way to the one that is looked at.
async fn done(story: &Story, method: &str, fields: &Value) -> Value {
    let reply = story.call(method, fields.clone()).await;
    assert_eq!(reply["Status"], 0, "{method}: {reply}");
    reply
}
