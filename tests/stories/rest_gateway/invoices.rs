//! Invoices: links that are paid when the customer likes.

use super::*;
use crate::support::databases;
use tillgate::processors::rest_gateway::settings::InvoiceInquiryChecksum;

/// Pays an invoice's link the way its page's form does.
async fn pays(stage: &Stage, url: &str) {
    let (address, query) = url.split_once('?').expect("a query");
    let mut form: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let typed = [
        ("customer.givenName", "Ana"),
        ("card.number", CARD_APPROVED),
        ("card.expiryMonth", "12"),
        ("card.expiryYear", "2039"),
        ("card.cvv", "745"),
    ];
    form.extend(typed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let page = stage.story.http().post(address).form(&form).send().await.expect("a page");
    assert_eq!(page.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_credited_once_when_its_link_is_paid() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let fields = and(stage.wish("RestCard", "25.00"), json!({ "OrderText": "Order 7" }));
        let reply = stage.call("CreateInvoice", fields.clone()).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        let link = reply["InvoiceURL"].as_str().expect("a link").to_owned();
        let again = stage.call("CreateInvoice", fields.clone()).await;
        assert_eq!((&again["Replayed"], &again["InvoiceURL"]), (&json!(1), &reply["InvoiceURL"]));
        let as_deposit = stage.call("CreateDeposit", fields.clone()).await;
        assert_eq!(as_deposit["Status"], 33, "the number is an invoice's: {as_deposit}");
        let by_trace = json!({ "TraceID": fields["TraceID"] });
        assert_eq!(stage.call("GetInvoice", by_trace.clone()).await["InvoiceStatus"], "Open");

        // Longer than a deposit may stay open: an invoice ends at the gateway and not before.
        for _ in 0..20 {
            stage.later(60).await;
        }
        assert_eq!(stage.call("GetInvoice", by_trace.clone()).await["InvoiceStatus"], "Open");
        pays(&stage, &link).await;
        // Nobody told us: asking about it is enough.
        let paid = stage.call("GetInvoice", by_trace.clone()).await;
        assert_eq!((&paid["InvoiceStatus"], &paid["Amount"]), (&json!("Paid"), &json!("25.00")), "{paid}");
        assert_eq!(stage.balance().await, 2500);
        stage.hears().await;
        let late = stage.call("CancelInvoice", json!({ "ExtDepositID": reply["ExtDepositID"] })).await;
        assert_eq!(late["Status"], 31, "{late}");
        assert_eq!(stage.balance().await, 2500);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_are_cancelled_or_expire_and_are_nobody_elses() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let cancelled = id(&stage.call("CreateInvoice", stage.wish("RestCard", "25.00")).await);
        let which = json!({ "ExtDepositID": cancelled });
        assert_eq!(stage.call("CancelInvoice", which.clone()).await["Status"], 0);
        assert_eq!(stage.call("CancelInvoice", which.clone()).await["Status"], 0);
        assert_eq!(stage.call("GetInvoice", which.clone()).await["InvoiceStatus"], "Cancelled");

        let expired = id(&stage.call("CreateInvoice", stage.wish("RestCard", "26.00")).await);
        for _ in 0..25 {
            stage.later(120).await;
        }
        let which_expired = json!({ "ExtDepositID": expired });
        assert_eq!(stage.call("GetInvoice", which_expired).await["InvoiceStatus"], "Expired");

        let bert = newcomer(&stage.story, "Bert").await;
        assert_eq!(stage.call_of(&bert, "GetInvoice", which.clone()).await["Status"], 30);
        assert_eq!(stage.call_of(&bert, "CancelInvoice", which).await["Status"], 30);
        let deposit = stage.paid("5.00").await;
        assert_eq!(stage.call("GetInvoice", json!({ "ExtDepositID": deposit })).await["Status"], 30);
        let elsewhere = stage.call("CreateInvoice", stage.wish("CFT", "5.00")).await;
        assert_eq!(elsewhere["Status"], 3, "{elsewhere}");
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_methods_answer_alike_in_all_encodings() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let types = ["application/x-www-form-urlencoded", "application/json", "application/xml", "text/xml"];
        for kind in types {
            let trace = stage.story.next_trace().to_string();
            let fields = [
                ("PIN", "Ana"),
                ("FrontEndName", FRONT_END),
                ("WSPassCode", "sandbox"),
                ("TraceID", trace.as_str()),
                ("PP", "RestCard"),
                ("Amount", "7.00"),
            ];
            let elements: String =
                fields.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
            for method in ["CreateInvoice", "GetInvoice", "ChargeStored"] {
                let body = match kind {
                    "application/json" => {
                        json!(fields.iter().copied().collect::<std::collections::BTreeMap<_, _>>())
                            .to_string()
                    }
                    "application/xml" => format!("<{method}>{elements}</{method}>"),
                    "text/xml" => format!(
                        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
                     <{method} xmlns=\"urn:tillgate:cashier:1\">{elements}</{method}></s:Body></s:Envelope>"
                    ),
                    _ => form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish(),
                };
                let said = stage.story.post(method, kind, body).await;
                // Nothing is stored for this customer, which every encoding says in the same words.
                let word = if method == "ChargeStored" { "nothing stored" } else { "InvoiceURL" };
                assert!(
                    said.contains(word) || said.contains(&word.replace(' ', "+")),
                    "{kind} {method}: {said}"
                );
            }
        }
        stage.ends().await;
    }
}

/// Some installations sign their questions with the number that the gateway gave the invoice.
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_asked_about_by_its_number_where_the_gateway_wants_that() {
    for scratch in databases() {
        let stage = Stage::with(scratch, |settings| {
            let account = settings.rest_gateway.get_mut("rest").expect("an account");
            account.invoice_inquiry_checksum = InvoiceInquiryChecksum::InvoiceId;
        })
        .await;
        stage.simulator.switch(|switches| switches.invoices_by_number = true);
        let makes = async |amount: &str| {
            let reply = stage.call("CreateInvoice", stage.wish("RestCard", amount)).await;
            assert_eq!(reply["Status"], 0, "{reply}");
            let link = reply["InvoiceURL"].as_str().expect("a link").to_owned();
            (json!({ "ExtDepositID": reply["ExtDepositID"] }), link)
        };
        let (cancelled, _) = makes("25.00").await;
        assert_eq!(stage.call("GetInvoice", cancelled.clone()).await["InvoiceStatus"], "Open");
        assert_eq!(stage.call("CancelInvoice", cancelled.clone()).await["Status"], 0);
        assert_eq!(stage.call("GetInvoice", cancelled).await["InvoiceStatus"], "Cancelled");

        let (paid, link) = makes("26.00").await;
        pays(&stage, &link).await;
        assert_eq!(stage.call("GetInvoice", paid).await["InvoiceStatus"], "Paid");
        assert_eq!(stage.balance().await, 2600);

        let (expired, _) = makes("27.00").await;
        for _ in 0..25 {
            stage.later(120).await;
        }
        assert_eq!(stage.call("GetInvoice", expired).await["InvoiceStatus"], "Expired");
        stage.ends().await;
    }
}
