//! Formats and mandatory parameters, as the platform would refuse them: one bad value refuses the whole request.

use super::codec::Params;

/// Name, format, and the detail that names the parameter in result codes.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("MerchantID", "ans..30", "0003"),
    ("TransID", "ans..64", "0002"),
    ("PayID", "an32", "0001"),
    ("XID", "an32", "0099"),
    ("ReqID", "ans..32", "0004"),
    ("Amount", "n..10", "0005"),
    ("Currency", "a3", "0006"),
    ("Capture", "an..6", "0009"),
    ("Response", "a..7", "0010"),
    ("OrderDesc", "ans..768", "0011"),
    ("Plain", "ans..50", "0014"),
    ("CCNr", "n..19", "0015"),
    ("CCExpiry", "n6", "0017"),
    ("CCBrand", "ans..22", "0018"),
    ("CCCVC", "n..4", "0019"),
    ("URLSuccess", "ans..256", "0020"),
    ("URLFailure", "ans..256", "0021"),
    ("URLNotify", "ans..256", "0022"),
    ("RefNr", "ans..40", "0032"),
    ("Textfeld1", "ans..30", "0035"),
    ("Textfeld2", "ans..30", "0036"),
    ("UserData", "ans..1024", "1283"),
    ("Track2", "ans..80", "1766"),
    ("ExpirationTime", "ans..19", "0049"),
];

/// What each call can't do without, besides the MAC.
fn mandatory(endpoint: &str) -> &'static [&'static str] {
    match endpoint {
        "payssl.aspx" | "paynow.aspx" => {
            &["TransID", "Amount", "Currency", "URLSuccess", "URLFailure", "URLNotify"]
        }
        "twint.aspx" => {
            &["TransID", "Amount", "Currency", "OrderDesc", "URLSuccess", "URLFailure", "URLNotify"]
        }
        "direct.aspx" => &["TransID", "Amount", "Currency", "OrderDesc"],
        "direct3d.aspx" => &["PayID", "TransID", "PAResponse"],
        "authorize.aspx" | "capture.aspx" | "credit.aspx" | "reverse.aspx" => {
            &["PayID", "TransID", "Amount", "Currency"]
        }
        "creditex.aspx" => &["TransID", "Amount", "Currency"],
        "cancelAuth.aspx" => &["PayID", "TransID"],
        "stationary.aspx" => &["TransID", "Amount", "Currency", "CCNr", "CCExpiry", "CCBrand", "OrderDesc"],
        "stationary_rev.aspx" => &["PayID", "XID", "TransID"],
        "inquire.aspx" => &["PayID"],
        "inquire24.aspx" => &["TransID"],
        "RefNrChange.aspx" => &["PayID", "RefNr"],
        _ => &[],
    }
}

/// The refusing code, if a parameter is missing (module 010) or badly formatted (011).
pub fn refuse(endpoint: &str, params: &Params) -> Option<String> {
    let detail = |name: &str| PARAMETERS.iter().find(|p| p.0 == name).map_or("0000", |p| p.2);
    if let Some(missing) = mandatory(endpoint).iter().find(|name| !params.has(name)) {
        return Some(format!("2010{}", detail(missing)));
    }
    let bad =
        PARAMETERS.iter().find(|(name, format, _)| params.has(name) && !fits(format, params.get(name)))?;
    Some(format!("2011{}", bad.2))
}

fn fits(format: &str, value: &str) -> bool {
    let (kind, length) =
        format.split_at(format.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(format.len()));
    let (up_to, number) = match length.strip_prefix("..") {
        Some(number) => (true, number),
        None => (false, length),
    };
    let wanted: usize = number.parse().unwrap_or(usize::MAX);
    let count = value.chars().count();
    let long_enough = if up_to { count <= wanted } else { count == wanted };
    long_enough
        && value.chars().all(|c| match kind {
            "a" => c.is_ascii_alphabetic(),
            "n" => c.is_ascii_digit(),
            "an" => c.is_ascii_alphanumeric(),
            _ => (c as u32) < 256 && !c.is_control(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_misshapen_parameters_have_their_codes() {
        let text = "MerchantID=m&TransID=T&Amount=12&Currency=EUR";
        let code = |text: &str| refuse("creditex.aspx", &Params::parse(text.as_bytes()));
        assert_eq!(code(text), None);
        assert_eq!(code("TransID=T&Amount=12"), Some("20100006".to_owned()));
        assert_eq!(code(&text.replace("12", "1.2")), Some("20110005".to_owned()));
        assert_eq!(code(&text.replace("EUR", "EURO")), Some("20110006".to_owned()));
    }
}
