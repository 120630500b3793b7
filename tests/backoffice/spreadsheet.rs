//! The XLSX download, opened by a spreadsheet library that nobody here wrote.

use super::payouts::payout;
use super::visitor::{Visitor, add_person};
use crate::support;
use crate::support::python;
use crate::support::story::Story;
use serde_json::{Value, json};

const EUR: &str = "MyPhoneCards EUR";
const PIN: &str = "=cmd|'/C calc'!A0";

#[tokio::test]
async fn a_spreadsheet_program_reads_texts_numbers_and_dates_and_no_formula() {
    let Some(interpreter) =
        python::at_hand("spreadsheet", "import openpyxl", &["openpyxl==3.1.5"], &["python3"]).await
    else {
        return;
    };
    for scratch in support::databases() {
        let story = Story::on(scratch).await;
        story.customer(EUR, PIN, "500.00").await;
        add_person(&story, "fiona-2", &["finance=*"]).await;
        for (amount, by) in [("10.00", "INTERNET"), ("20.05", "+49 (0)40 <&>\"'")] {
            payout(&story, EUR, PIN, amount, json!({ "CreatedBy": by })).await;
        }
        let fiona = Visitor::signed_in(&story, "fiona-2").await;
        let query = "order=oldest&cols=created&cols=pin&cols=amount&cols=fee&cols=created_by&cols=trace";
        let file = fiona.bytes(&format!("/office/payouts/file/xlsx?{query}")).await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("payouts.xlsx");
        std::fs::write(&path, file).expect("written");
        let read =
            python::run(interpreter.clone(), "backoffice/spreadsheet.py", vec![path.display().to_string()])
                .await;
        let read: Value = serde_json::from_str(&read).expect("JSON");
        assert_eq!(
            (&read["sheets"], &read["frozen"], &read["bold"]),
            (&json!(1), &json!("A2"), &json!(true)),
            "{read}"
        );
        let rows = read["rows"].as_array().expect("rows");
        assert_eq!(rows.len(), 3, "{read}");
        let column = |name: &str| {
            let heads = rows[0].as_array().expect("heads");
            heads.iter().position(|head| head[1] == name).unwrap_or_else(|| panic!("{name} in {read}"))
        };
        for (row, amount, by) in [(1, 10.0, "INTERNET"), (2, 20.05, "+49 (0)40 <&>\"'")] {
            let cell = |name: &str| &rows[row][column(name)];
            assert_eq!(cell("Amount"), &json!(["n", amount]));
            assert_eq!(cell("Fee"), &json!(["n", 1.5]));
            // Openpyxl says `f` of what it would calculate.
            assert_eq!(cell("PIN"), &json!(["s", PIN]));
            assert_eq!(cell("Requested by"), &json!(["s", by]));
            assert_eq!(cell("Requested at"), &json!(["d", "2026-11-24 12:00:00"]));
            assert_eq!(cell("TraceID")[0], "s", "a long number stays whole");
        }
        story.ends().await;
    }
}
