//! TransID, ReqID, PayID and the settlement reference RefNr.

use super::{BadValue, Format, ascii, format};
use sha2::{Digest, Sha256};

/// What an acquirer allows in RefNr.
pub const fn ref_nr_format(acquirer: super::super::settings::Acquirer) -> Format {
    use super::super::settings::Acquirer::*;
    match acquirer {
        CardComplete => format::an(25),
        Omnipay => format::ns(15),
        Rbi => format::ns(20),
        Cofidis => format::n(15),
        Capn => format::an(30),
        Clearhaus | MasaPay | Credorax | Ecpcc | Kalixa | Vantiv | Wirecard | SafeCharge | Other => {
            format::ns(30)
        }
    }
}

/// A settlement reference in ASCII. It is refused, never shortened: two orders must not share one.
pub fn ref_nr(text: &str, acquirer: super::super::settings::Acquirer) -> Result<String, BadValue> {
    let format = ref_nr_format(acquirer);
    let ascii = ascii::transliterate(text)
        .ok_or_else(|| BadValue::new("RefNr", format, "has a character without an ASCII form"))?;
    format.check("RefNr", &ascii)?;
    Ok(ascii.into_owned())
}

/// TWINT takes letters, digits, comma, hyphen and underscore only.
pub fn twint_ref_nr(text: &str) -> Result<String, BadValue> {
    let format = format::ans(40);
    let ascii = ascii::transliterate(text)
        .ok_or_else(|| BadValue::new("RefNr", format, "has a character without an ASCII form"))?;
    format.check("RefNr", &ascii)?;
    if !ascii.bytes().all(|byte| byte.is_ascii_alphanumeric() || b",-_".contains(&byte)) {
        return Err(BadValue::new("RefNr", format, "has a character that TWINT excludes"));
    }
    Ok(ascii.into_owned())
}

/// The safe choice that every known platform takes: letters, digits, underscore, hyphen.
pub fn trans_id(text: &str) -> Result<&str, BadValue> {
    let format = format::ans(64);
    format.check("TransID", text)?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(BadValue::new("TransID", format, "has more than letters, digits, hyphen and underscore"));
    }
    Ok(text)
}

/// The platform's id of a payment: 32 hexadecimal characters.
pub fn pay_id(text: &str) -> Result<&str, BadValue> {
    let format = format::an(32).exactly();
    format.check("PayID", text)?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(BadValue::new("PayID", format, "has more than letters and digits"));
    }
    Ok(text)
}

/// A ReqID (`ans..32`) that is the same for ever for the same parts, and for no others.
pub fn req_id(parts: &[&str]) -> String {
    let digest = Sha256::digest(crate::domain::ids::path(parts).as_bytes());
    hex::encode(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processors::paygate::settings::Acquirer;

    #[test]
    fn references_are_ascii_and_never_shortened() {
        assert_eq!(ref_nr("Auszahlung für José", Acquirer::Other).as_deref(), Ok("Auszahlung fuer Jose"));
        assert!(ref_nr("PO-0000000000001", Acquirer::Omnipay).is_err(), "16 characters, 15 are allowed");
        assert!(ref_nr("Ω", Acquirer::Other).is_err());
        assert_eq!(twint_ref_nr("PO-1,a_b").as_deref(), Ok("PO-1,a_b"));
        assert!(twint_ref_nr("PO 1").is_err());
        assert_eq!(trans_id("PO-000_1"), Ok("PO-000_1"));
        assert!(trans_id("PO/1").is_err() && trans_id("").is_err());
        assert!(pay_id("0123456789abcdef0123456789abcdef").is_ok() && pay_id("0123").is_err());
    }

    #[test]
    fn request_ids_fit_and_differ() {
        assert_eq!(req_id(&["a", "b"]), req_id(&["a", "b"]));
        assert_ne!(req_id(&["a", "b"]), req_id(&["a/b"]));
        assert_eq!(req_id(&["x"]).len(), 32);
    }
}
