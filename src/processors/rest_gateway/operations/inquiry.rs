//! `IN`: asks what became of a payment or payout. The only word the gateway is believed on.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::codec::answer::{Node, ResultCodes};
use super::super::scrub::scrub;
use super::super::status::{self, Standing, Taking};
use super::super::trouble::Trouble;
use super::{check_payment, check_reference, money, payment_id, says_not_found};
use crate::domain::money::Money;

#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    Payment(&'a str),
    /// Our merchantTransactionId; the gateway answers with the newest payment of that name.
    Reference(&'a str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub id: String,
    pub reference: String,
    pub standing: Standing,
    /// The gateway's own word, for records.
    pub word: String,
    /// The original amount, also after a partial capture.
    pub amount: Money,
    /// The total refunded so far; told only when refunds are complete.
    pub refunded: Option<Money>,
    pub code: String,
    pub reason: String,
}

/// `None`: the gateway has no such record. `taking` explains a short status that stands alone.
pub async fn send(client: &Client, by: By<'_>, taking: Taking) -> Result<Option<Payment>, Trouble> {
    let (id, id_type, name) = match by {
        By::Payment(id) => (id, "PID", "paymentId"),
        By::Reference(id) => (id, "MID", "merchantTransactionId"),
    };
    match by {
        By::Payment(id) => check_payment(id)?,
        By::Reference(id) => check_reference(id)?,
    }
    let request = client
        .request(Signed::Inquiry { id })
        .with("paymentType", "IN")
        .with("idType", id_type)
        .with(name, id);
    let path = ["payments", id];
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Question, request };
    let answer = client.call(call).await?;
    let found = read(&answer, taking, &client.settings().not_found_codes)?;
    let asked_for = |payment: &Payment| match by {
        By::Payment(id) => payment.id == id,
        By::Reference(reference) => payment.reference == reference,
    };
    match found {
        Some(payment) if !asked_for(&payment) => {
            Err(Trouble::Unknown("the answer speaks of another payment".to_owned()))
        }
        found => Ok(found),
    }
}

fn read(answer: &Node, taking: Taking, not_found: &[String]) -> Result<Option<Payment>, Trouble> {
    let result = ResultCodes::of(answer);
    let (long, short) = (answer.text("status"), answer.text("transactionStatus"));
    let Some(id) = payment_id(answer) else {
        return match (long, short) {
            (None, None) if says_not_found(&result, not_found) => Ok(None),
            (None, None) if !result.codes.is_empty() => Err(Trouble::rejected(&result)),
            _ => Err(Trouble::Unknown("an answer without a payment id".to_owned())),
        };
    };
    let (standing, word) = match (long, short) {
        (Some(word), _) => (status::of_long(word), word),
        (None, Some(word)) => (status::of_short(word, taking), word),
        (None, None) => return Err(Trouble::Unknown("an answer without a status".to_owned())),
    };
    let amount = money(answer, "amount", "currency")?;
    let amount = amount.ok_or_else(|| Trouble::Unknown("an answer without an amount".to_owned()))?;
    Ok(Some(Payment {
        id: id.to_owned(),
        reference: answer.text("merchantTransactionId").unwrap_or_default().to_owned(),
        standing,
        word: scrub(word),
        amount,
        refunded: money(answer, "refundAmount", "currency")?,
        code: scrub(&result.code()),
        reason: scrub(&result.description),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processors::rest_gateway::codec::answer;

    fn inquiry(body: &str) -> Result<Option<Payment>, Trouble> {
        read(&answer::read(body.as_bytes()).expect("readable"), Taking::AtOnce, &[])
    }

    #[test]
    fn the_long_word_outweighs_the_short_one() {
        let body = r#"{"paymentId":"1","status":"cancelstarted","transactionStatus":"N","amount":"5.00","currency":"EUR"}"#;
        let payment = inquiry(body).expect("an answer").expect("a payment");
        assert_eq!(payment.standing, Standing::Pending);
        let body =
            r#"{"paymentId":"1","status":"reversed","refundAmount":"2.00","amount":"5.00","currency":"EUR"}"#;
        let payment = inquiry(body).expect("an answer").expect("a payment");
        assert_eq!(payment.refunded.map(Money::minor), Some(200));
    }

    #[test]
    fn only_a_reject_of_the_processing_means_not_found() {
        assert_eq!(inquiry(r#"{"paymentId":"-","result":{"code":"90001"}}"#), Ok(None));
        for other in ["20001", "30008", "90001 | 20001", "401x"] {
            let body = format!(r#"{{"paymentId":"-","result":{{"code":"{other}"}}}}"#);
            assert!(matches!(inquiry(&body), Err(Trouble::Rejected { .. })), "{other}");
        }
        assert!(matches!(inquiry("{}"), Err(Trouble::Unknown(_))));
    }

    #[test]
    fn what_can_not_be_read_exactly_is_unknown() {
        for bad in [
            r#"{"paymentId":"1","status":"capturesuccess","amount":"5.001","currency":"EUR"}"#,
            r#"{"paymentId":"1","status":"capturesuccess","amount":"5.00","currency":"???"}"#,
            r#"{"paymentId":"1","status":"capturesuccess"}"#,
            r#"{"paymentId":"1","amount":"5.00","currency":"EUR"}"#,
            r#"{"paymentId":"-","status":"capturesuccess","amount":"5.00","currency":"EUR"}"#,
        ] {
            assert!(matches!(inquiry(bad), Err(Trouble::Unknown(_))), "{bad}");
        }
    }
}
