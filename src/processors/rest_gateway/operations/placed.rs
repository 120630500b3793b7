//! What the gateway says when a payment is placed: done, declined, pending, or the customer must go somewhere first.

use super::super::codec::answer::{Node, ResultCodes};
use super::super::scrub::scrub;
use super::super::trouble::Trouble;
use super::{money, payment_id};
use crate::domain::money::Money;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub payment: String,
    pub step: Step,
    /// The token of the card, where one was to be stored.
    pub registration: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Redirect(Redirect),
    /// Authorised or captured, as it was asked for. The amount is the gateway's own, where it tells it.
    Done {
        amount: Option<Money>,
    },
    Declined {
        code: String,
        reason: String,
    },
    Pending,
}

/// Where the customer's browser goes: an ACS in 3-D, a bank or wallet otherwise.
#[derive(Clone, PartialEq, Eq)]
pub struct Redirect {
    pub url: String,
    pub post: bool,
    /// Passed through untouched.
    pub parameters: Vec<(String, String)>,
}

/// The parameters open a customer's session at his bank, so only their names are shown.
impl std::fmt::Debug for Redirect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("Redirect")
            .field("post", &self.post)
            .field("parameters", &names)
            .finish_non_exhaustive()
    }
}

impl Redirect {
    /// As one address, where the parameters may travel in a query.
    pub fn as_link(&self) -> Option<String> {
        let mut url = reqwest::Url::parse(&self.url).ok()?;
        if !self.parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.parameters);
        }
        Some(url.into())
    }
}

pub fn read(answer: &Node) -> Result<Placed, Trouble> {
    let result = ResultCodes::of(answer);
    let status = answer.text("transactionStatus");
    let Some(payment) = payment_id(answer) else {
        return match status {
            None if !result.codes.is_empty() => Err(Trouble::rejected(&result)),
            None | Some(_) => Err(Trouble::Unknown("an answer without a payment id".to_owned())),
        };
    };
    let step = match status {
        Some("3D" | "P") => match redirect(answer)? {
            Some(redirect) => Step::Redirect(redirect),
            None => Step::Pending,
        },
        Some("Y") => Step::Done { amount: money(answer, "amount", "currency")? },
        Some("N") => Step::Declined { code: scrub(&result.code()), reason: scrub(&result.description) },
        Some(_) | None => return Err(Trouble::Unknown("an answer without a known status".to_owned())),
    };
    let registration = answer.text("registrationId").map(str::to_owned);
    Ok(Placed { payment: payment.to_owned(), step, registration })
}

fn redirect(answer: &Node) -> Result<Option<Redirect>, Trouble> {
    let Some(url) = answer.text("redirect.url") else {
        return Ok(None);
    };
    // It becomes a link or a form in a customer's browser, so a script's address must not get through.
    let web = reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !web {
        return Err(Trouble::Unknown("the redirect is no web address".to_owned()));
    }
    // Newer installations call the list differently.
    let mut listed = answer.list("redirect.parameters");
    listed.extend(answer.list("redirect.listofParameters"));
    let pair = |node: &&Node| {
        let name = node.text("name")?;
        Some((name.to_owned(), node.text("value").unwrap_or_default().to_owned()))
    };
    let parameters: Vec<(String, String)> = listed.iter().filter_map(pair).collect();
    let post = match answer.text("redirect.method") {
        Some(method) => method.eq_ignore_ascii_case("POST") && !parameters.is_empty(),
        None => !parameters.is_empty(),
    };
    Ok(Some(Redirect { url: url.to_owned(), post, parameters }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processors::rest_gateway::codec::answer;

    fn placed(body: &str) -> Result<Placed, Trouble> {
        read(&answer::read(body.as_bytes()).expect("readable"))
    }

    #[test]
    fn three_d_is_a_form_in_every_style() {
        let styles = [
            r#""parameters":{"name":"creq","value":"ey"},"method":"POST""#,
            r#""parameters":[{"name":"creq","value":"ey"}]"#,
            r#""listofParameters":[{"name":"creq","value":"ey"}]"#,
        ];
        for style in styles {
            let body = format!(
                r#"{{"paymentId":"620419","result":{{"code":"90026"}},"transactionStatus":"3D","redirect":{{"url":"https://acs.bank.example/challenge",{style}}}}}"#
            );
            let Ok(Placed { step: Step::Redirect(redirect), .. }) = placed(&body) else {
                panic!("no redirect in {style}");
            };
            assert!(redirect.post, "{style}");
            assert_eq!(redirect.parameters, [("creq".to_owned(), "ey".to_owned())], "{style}");
        }
    }

    #[test]
    fn no_status_and_no_payment_is_a_rejection_but_a_payment_without_status_is_unknown() {
        assert!(matches!(
            placed(r#"{"paymentId":"-","result":{"code":"20001","description":"Checksum mismatch"}}"#),
            Err(Trouble::Rejected { .. })
        ));
        for unknown in [
            r#"{"paymentId":"620417","result":{"code":"20001"}}"#,
            r#"{"paymentId":"620417","transactionStatus":"Q"}"#,
            r#"{"transactionStatus":"Y","result":{"code":"00001"}}"#,
            "{}",
        ] {
            assert!(matches!(placed(unknown), Err(Trouble::Unknown(_))), "{unknown}");
        }
    }

    #[test]
    fn a_script_is_no_redirect() {
        let body = r#"{"paymentId":"1","transactionStatus":"P","redirect":{"url":"javascript:alert(1)"}}"#;
        assert!(matches!(placed(body), Err(Trouble::Unknown(_))));
    }

    #[test]
    fn a_link_keeps_its_query() {
        let redirect = Redirect {
            url: "https://bank.example/pay?a=1".to_owned(),
            post: false,
            parameters: vec![("b".to_owned(), "2 &".to_owned())],
        };
        assert_eq!(redirect.as_link().as_deref(), Some("https://bank.example/pay?a=1&b=2+%26"));
    }
}
