//! Card brands in the platform's own spelling.

/// As the card manual prints them.
const BRANDS: &[&str] = &[
    "1euro",
    "AirPlus",
    "AMEX",
    "ARGENCARD",
    "Aura",
    "Bancontact",
    "BC",
    "CABAL",
    "Carte 4Etoiles",
    "Cartes Bancaires",
    "CBN",
    "CENCOSUD",
    "cofidis3xcb",
    "cofidis4xcb",
    "CUP",
    "Dankort",
    "Diners",
    "Discover",
    "echequevacances",
    "ELo",
    "facilypay-3x",
    "facilypay-3xsansfrais",
    "facilypay-4x",
    "Hipercard",
    "HYUNDAI",
    "JCB",
    "KEB",
    "KOOKMIN",
    "LOTTE",
    "Maestro",
    "MasterCard",
    "NARANJA",
    "RuPay",
    "SAMSUNG",
    "SHINHAN",
    "SHOPPING",
    "VISA",
    "ComfortCard",
    "TOTAL",
];

/// The platform's spelling of a brand that is written in any case, or under a name that people use.
pub fn spell(brand: &str) -> Option<&'static str> {
    let brand = brand.trim();
    let known = |wanted: &str| BRANDS.iter().copied().find(|known| known.eq_ignore_ascii_case(wanted));
    known(brand).or_else(|| match brand.to_ascii_lowercase().as_str() {
        "american express" => known("AMEX"),
        "diners club" | "dinersclub" => known("Diners"),
        "union pay" | "unionpay" | "china union pay" => known("CUP"),
        "master card" | "mastercard international" => known("MasterCard"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_are_read_in_any_case_and_written_in_one() {
        for (read, written) in [
            ("visa", "VISA"),
            ("MASTERCARD", "MasterCard"),
            ("elo", "ELo"),
            ("DINERS", "Diners"),
            ("American Express", "AMEX"),
            ("lotte", "LOTTE"),
            ("maestro", "Maestro"),
        ] {
            assert_eq!(spell(read), Some(written));
        }
        assert_eq!(spell("LOTTEMaestro"), None);
    }
}
