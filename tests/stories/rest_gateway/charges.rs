//! Charges of stored cards and of series: sent at most once, found again when their answers get lost.

use super::*;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::Fault;

async fn stores_a_card(stage: &Stage) -> String {
    let fields =
        and(stage.card("1.00", CARD_APPROVED), json!({ "StoreCard": "true", "Recurring": "initial" }));
    let reply = stage.call("CreateDeposit", fields).await;
    assert_eq!(reply["DepositStatus"], "Credited", "{reply}");
    id(&reply)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_card_and_a_series_are_charged_and_credited_once() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let nothing = stage.call("ChargeStored", stage.wish("RestCard", "15.00")).await;
        assert_eq!(nothing["Status"], 3, "nothing is stored yet: {nothing}");
        let initial = stores_a_card(&stage).await;
        for more in [json!({}), json!({ "InitialDepositID": initial })] {
            let fields = and(stage.wish("RestCard", "15.00"), more);
            let reply = stage.call("ChargeStored", fields.clone()).await;
            assert_eq!(
                (&reply["Status"], &reply["DepositStatus"]),
                (&json!(0), &json!("Credited")),
                "{reply}"
            );
            let again = stage.call("ChargeStored", fields.clone()).await;
            assert_eq!((&again["Replayed"], &again["ExtDepositID"]), (&json!(1), &reply["ExtDepositID"]));
            let other = stage.call("ChargeStored", and(fields, json!({ "Amount": "16.00" }))).await;
            assert_eq!(other["Status"], 33, "{other}");
            stage.hears().await;
        }
        assert_eq!(stage.balance().await, 3100);
        assert_eq!(
            (stage.simulator.processed("paywithtoken"), stage.simulator.processed("repeated")),
            (1, 1)
        );

        let plain = stage.paid("2.00").await;
        let fields = and(stage.wish("RestCard", "15.00"), json!({ "InitialDepositID": plain }));
        assert_eq!(stage.call("ChargeStored", fields).await["Status"], 3, "it began no series");
        let bert = newcomer(&stage.story, "Bert").await;
        let fields = and(stage.wish("RestCard", "15.00"), json!({ "InitialDepositID": initial }));
        assert_eq!(stage.call_of(&bert, "ChargeStored", fields).await["Status"], 30, "not his series");
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_charge_is_declined_and_charged_again_only_under_another_number() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        stores_a_card(&stage).await;
        stage.simulator.switch(|switches| switches.decline_charges = true);
        let reply = stage.call("ChargeStored", stage.wish("RestCard", "15.00")).await;
        assert_eq!((&reply["Status"], &reply["DepositStatus"]), (&json!(0), &json!("Declined")), "{reply}");
        stage.hears().await;
        stage.simulator.switch(|switches| switches.decline_charges = false);
        let reply = stage.call("ChargeStored", stage.wish("RestCard", "15.00")).await;
        assert_eq!(reply["DepositStatus"], "Credited", "{reply}");
        assert_eq!(stage.balance().await, 1600);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lost_charges_of_one_amount_never_share_a_payment() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        stores_a_card(&stage).await;
        let mut lost = Vec::new();
        for fault in [Fault::ResetAfter, Fault::ResetBefore] {
            let fields = stage.wish("RestCard", "15.00");
            stage.simulator.plan("paywithtoken", fault);
            assert_eq!(stage.call("ChargeStored", fields.clone()).await["Status"], -1);
            lost.push(fields);
        }
        for _ in 0..12 {
            stage.later(30).await;
        }
        let mut statuses = Vec::new();
        for fields in &lost {
            let found = stage.call("GetDeposit", json!({ "TraceID": fields["TraceID"] })).await;
            statuses.push(found["DepositStatus"].as_str().expect("a status").to_owned());
        }
        // One payment was made; whose it is nobody can tell, so nobody is credited and a person decides.
        assert_eq!(statuses, ["Pending", "Pending"]);
        assert_eq!(stage.balance().await, 100);
        assert_eq!(stage.simulator.books().totals("EUR").captured, 1600);
        assert_eq!(stage.simulator.processed("paywithtoken"), 1);
        stage.story.ends().await;
        stage.gateway.stop().await;
    }
}
