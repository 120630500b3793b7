//! `cancelAuth.aspx`: the platform stops renewing an authorisation. The customer's limit stays used until it ends.

use super::client::{CallError, Client};
use super::codes::Verdict;
use super::request::Request;

/// `Ok` when the platform confirmed it. It moves no money, so it may simply be called again.
pub async fn stop_renewal(client: &Client, trans_id: &str, pay_id: &str) -> Result<(), CallError> {
    let bad = |bad: super::values::BadValue| CallError::NotSent(bad.to_string());
    let mut request = Request::new("cancelAuth.aspx", client.settings(), trans_id).map_err(bad)?;
    request.pay_id(pay_id).map_err(bad)?;
    let answer = client.post(request).await?;
    match answer.verdict(trans_id, client.settings().answer_mac) {
        Verdict::Success => Ok(()),
        Verdict::Refused(_) | Verdict::Open | Verdict::Authenticate => {
            Err(CallError::Unknown(answer.reason()))
        }
        Verdict::Unknown(cause) => Err(CallError::Unknown(answer.doubt(cause))),
    }
}
