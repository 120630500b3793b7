//! `DL`: deletes a stored card.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::trouble::Trouble;
use super::{check_registration, expect_code, token_listing};

/// A repeated deletion is refused there, and the refusal's code differs per installation. So a refusal is checked
/// against the list: a token that is not active any more is deleted.
pub async fn send(client: &Client, registration: &str) -> Result<(), Trouble> {
    check_registration(registration)?;
    let request = client.request(Signed::TokenDeletion { registration }).with("paymentType", "DL");
    let path = ["paywithtoken", registration];
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Order, request };
    let refused = match expect_code(&client.call(call).await?, "00003") {
        Ok(()) => return Ok(()),
        Err(trouble) => trouble,
    };
    let listed = token_listing::send(client, None).await?;
    match listed.iter().find(|token| token.registration == registration) {
        Some(token) if !token.active => Ok(()),
        Some(_) | None => Err(refused),
    }
}
