//! What comes to our doors from outside: doubled, late, lost, forged, copied, by GET and by POST. It may hurry us; it
//! never credits anything.

use super::{CARD, EUR, House, NOT_AUTHENTICATED};
use crate::support::databases;
use chrono::Duration;
use tillgate::processors::paygate::simulator::{Merchant, Moved, NoticeFault};

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_are_late_lost_doubled_forged_or_foreign_lead_to_the_same_books() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let faults = [
            NoticeFault::Lost,
            NoticeFault::Duplicated,
            NoticeFault::Late(45),
            NoticeFault::Reordered,
            NoticeFault::Forged,
            NoticeFault::ForeignMerchant,
        ];
        let mut owned = 50;
        for fault in faults {
            let opened = house.opens(&big, "PaygateCard", "2.00", "automatic").await;
            house.simulator().next_notice(&opened.reference, fault);
            house.types_card(&opened, CARD).await;
            for _ in 0..6 {
                house.simulator().deliver().await;
                house.after(Duration::minutes(10)).await;
            }
            owned += 200;
            assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Credited", "{fault:?}");
            assert_eq!(house.story.balance(&big).await, format!("{}.{:02}", owned / 100, owned % 100));
            assert_eq!(house.moved(&opened.reference, Moved::Capture), 200);
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failures_data_at_the_success_address_and_another_orders_data_credit_nothing() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let failed = house.opens(&big, "PaygateCard", "25.00", "automatic").await;
        let there = house.types_card(&failed, NOT_AUTHENTICATED).await;
        let (page, query) = there.split_once('?').expect("data");
        let success = page.replace("/failure", "/success");
        let notify = format!("{}/notify/paygate", house.story.base);
        let paid = house.paid_in(&big, "3.00").await;
        let form = |text: &str| text.to_owned();
        for _ in 0..2 {
            house.visits(&format!("{success}?{query}")).await;
            house.visits(&format!("{notify}?{query}")).await;
            let post =
                house.story.http().post(&success).header("content-type", "application/x-www-form-urlencoded");
            assert!(post.body(form(query)).send().await.expect("a page").status().is_success());
            let post =
                house.browser.post(&notify).header("content-type", "application/x-www-form-urlencoded");
            assert_eq!(post.body(form(query)).send().await.expect("an answer").status(), 200);
            house.works().await;
        }
        assert_eq!(house.deposit(&big, &failed).await["DepositStatus"], "Declined");

        // The paid order's own data, brought to a third order's pages.
        let open = house.opens(&big, "PaygateCard", "40.00", "automatic").await;
        let token = house.types_card(&open, NOT_AUTHENTICATED).await;
        let token = token
            .split("/player/")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .expect("a token")
            .to_owned();
        let copied = house.types_card(&paid, CARD).await;
        let copied = copied.split_once('?').expect("data").1.to_owned();
        house.visits(&format!("{}/player/{token}/success?{copied}", house.story.base)).await;
        house.works().await;
        assert_eq!(house.deposit(&big, &open).await["DepositStatus"], "Declined");
        assert_eq!(house.story.balance(&big).await, "3.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_is_answered_counted_and_ignored() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let opened = house.opens(&big, "PaygateCard", "2.00", "automatic").await;
        let notify = format!("{}/notify/paygate", house.story.base);
        for body in [
            "".to_owned(),
            "Len=5&Data=zz".to_owned(),
            format!("TransID={}&Status=OK&Code=00000000", opened.reference),
            format!(
                "mid=tillgate_test&PayID={}&TransID={}&Status=OK&Code=00000000&MAC={}",
                "1".repeat(32),
                opened.reference,
                "AB".repeat(32)
            ),
            "Len=16&Data=00112233445566778899aabbccddeeff".to_owned(),
            "%%%".to_owned(),
        ] {
            let answer =
                house.browser.post(&notify).header("content-type", "application/x-www-form-urlencoded");
            let answer = answer.body(body.clone()).send().await.expect("an answer");
            assert_eq!(
                (answer.status().as_u16(), answer.text().await.expect("text").as_str()),
                (200, "IGNORED"),
                "{body}"
            );
        }
        let nobody = house
            .browser
            .post(format!("{}/notify/nobody", house.story.base))
            .send()
            .await
            .expect("an answer");
        assert_eq!(nobody.status(), 404);
        house.works().await;
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Pending");
        let metrics = house.visits(&format!("{}/metrics", house.story.base)).await;
        assert!(
            metrics.contains("tillgate_notices_total{account=\"paygate\",result=\"refused\"}"),
            "{metrics}"
        );
        assert_eq!(house.story.balance(&big).await, "0.50");
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_returns_by_post_is_welcome_too() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let merchant = Merchant {
            id: "tillgate_test".to_owned(),
            password: "sandbox-blowfish-key".to_owned(),
            mac_password: "sandbox-mac-key-0123456789".to_owned(),
            return_by_post: true,
            ..Merchant::default()
        };
        assert!(house.simulator().set_up(merchant));
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let opened = house.opens(&big, "PaygateCard", "2.00", "automatic").await;
        house.simulator().next_notice(&opened.reference, NoticeFault::Lost);
        let form = house.form_of(&opened).await;
        let fields = [
            ("CardNumber", CARD),
            ("CardExpirationMonth", "12"),
            ("CardExpirationYear", "2030"),
            ("Cccvc", super::CHECK_VALUE),
            ("CcBrand", "VISA"),
        ];
        let page =
            house.browser.post(form).form(&fields).send().await.expect("a page").text().await.expect("text");
        let of = |mark: &str| -> Vec<String> {
            page.split(mark).skip(1).filter_map(|rest| rest.split('\'').next()).map(str::to_owned).collect()
        };
        let (there, names, values) = (of("action='").remove(0), of("name='"), of("value='"));
        let fields: Vec<_> = names.into_iter().zip(values).collect();
        assert!(there.contains("/player/"), "{page}");
        let page = house
            .story
            .http()
            .post(&there)
            .form(&fields)
            .send()
            .await
            .expect("a page")
            .text()
            .await
            .expect("text");
        assert!(page.contains("Your payment"), "{page}");
        house.works().await;
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Credited");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
