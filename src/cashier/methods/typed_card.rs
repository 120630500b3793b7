//! A card that was typed at the cashier. It is read here, handed on, and kept nowhere.

use super::super::call::Call;
use crate::desk::TypedCard;
use crate::domain::refusal::Refusal;
use secrecy::SecretString;

/// The card of a call; `None` when none was sent. No refusal repeats what was typed.
pub fn read(call: &Call<'_>) -> Result<Option<TypedCard>, Refusal> {
    let Some(number) = call.text("CardNumber") else { return Ok(None) };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(12..=19).contains(&number.len()) || !digits(&number) {
        return Err(Refusal::bad("CardNumber", "must be 12 to 19 digits"));
    }
    let expiry = call.text("CardExpiry").ok_or_else(|| Refusal::bad("CardExpiry", "is missing"))?;
    let wrong = || Refusal::bad("CardExpiry", "must be written MM/YYYY");
    let (month, year) = expiry.split_once('/').ok_or_else(wrong)?;
    let (month, year) =
        (month.parse::<u8>().map_err(|_| wrong())?, year.parse::<u16>().map_err(|_| wrong())?);
    if !(1..=12).contains(&month) || !(2000..=2099).contains(&year) {
        return Err(wrong());
    }
    let code = call.text("CardCode");
    if code.as_ref().is_some_and(|code| !(3..=4).contains(&code.len()) || !digits(code)) {
        return Err(Refusal::bad("CardCode", "must be 3 or 4 digits"));
    }
    let store = match call.text("StoreCard").as_deref() {
        None => false,
        Some(text) if text.eq_ignore_ascii_case("true") || text == "1" => true,
        Some(text) if text.eq_ignore_ascii_case("false") || text == "0" => false,
        Some(_) => return Err(Refusal::bad("StoreCard", "must be true or false")),
    };
    let tracks = match (call.text("CardTrack2"), call.text("CardTrack3")) {
        (Some(track2), Some(track3)) => Some((SecretString::from(track2), SecretString::from(track3))),
        (None, None) => None,
        (Some(_), None) => return Err(Refusal::bad("CardTrack3", "is missing")),
        (None, Some(_)) => return Err(Refusal::bad("CardTrack2", "is missing")),
    };
    Ok(Some(TypedCard {
        number: SecretString::from(number),
        month,
        year,
        code: code.map(SecretString::from),
        holder: call.text("CardHolder"),
        brand: call.text("CardBrand").unwrap_or_else(|| "VISA".to_owned()),
        store,
        tracks,
        browser: call.text("BrowserInfo"),
        three_ds_data: call.text("ThreeDSData").map(SecretString::from),
    }))
}
