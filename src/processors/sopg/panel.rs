//! The address of the customer panel, where PINs are entered. Its values must equal those of the disposition.

use super::amount::{self, AmountError};
use crate::domain::money::Money;
use form_urlencoded::Serializer;

pub struct Visit<'a> {
    pub panel: &'a str,
    pub mid: &'a str,
    pub mtid: &'a str,
    pub amount: Money,
    /// Two letters of ISO 639-1.
    pub language: &'a str,
}

pub fn address(visit: &Visit<'_>) -> Result<String, AmountError> {
    let mut query = Serializer::new(String::new());
    query
        .append_pair("mid", visit.mid)
        .append_pair("mtid", visit.mtid)
        .append_pair("amount", &amount::write(visit.amount)?)
        .append_pair("currency", visit.amount.currency().code());
    if let Some((language, locale)) = locale(visit.language) {
        query.append_pair("language", language).append_pair("locale", locale);
    }
    let joint = if visit.panel.contains('?') { '&' } else { '?' };
    Ok(format!("{}{joint}{}", visit.panel, query.finish()))
}

/// The panel's own names of the languages it speaks; Greek and Slovene go by country there. For others the panel
/// decides from the browser.
pub fn locale(language: &str) -> Option<(&'static str, &'static str)> {
    Some(match language.to_ascii_lowercase().as_str() {
        "de" => ("de", "de_de"),
        "el" => ("gr", "gr_gr"),
        "en" => ("en", "en_uk"),
        "es" => ("es", "es_es"),
        "fr" => ("fr", "fr_fr"),
        "it" => ("it", "it_it"),
        "nl" => ("nl", "nl_nl"),
        "pl" => ("pl", "pl_pl"),
        "pt" => ("pt", "pt_pt"),
        "sk" => ("sk", "sk_sk"),
        "sl" => ("si", "si_si"),
        "tr" => ("tr", "tr_tr"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_address_repeats_the_disposition() {
        let visit = |language| Visit {
            panel: "https://customer.test/psccustomer/GetCustomerPanelServlet",
            mid: "1000001234",
            mtid: "ord-2024-000017",
            amount: samples::eur(2490),
            language,
        };
        let plain = "https://customer.test/psccustomer/GetCustomerPanelServlet\
            ?mid=1000001234&mtid=ord-2024-000017&amount=24.90&currency=EUR";
        assert_eq!(address(&visit("xx")).unwrap(), plain);
        assert_eq!(address(&visit("DE")).unwrap(), format!("{plain}&language=de&locale=de_de"));
        assert_eq!(address(&visit("el")).unwrap(), format!("{plain}&language=gr&locale=gr_gr"));
    }
}
