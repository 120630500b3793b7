//! `application/x-www-form-urlencoded` → `Fields`, strictly: an escape that can't be read is refused, not passed on.

use super::error::Problem;
use super::fields::Fields;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Reads a form in UTF-8, or in the Western charset that classic ASP callers declare.
pub(super) fn read(body: &[u8], charset: Option<&str>) -> Result<Fields, Problem> {
    let charset = match charset {
        None => UTF_8,
        Some(label) => Encoding::for_label(label.as_bytes())
            .filter(|charset| *charset == UTF_8 || *charset == WINDOWS_1252)
            .ok_or_else(|| Problem::malformed("the charset must be UTF-8, ISO-8859-1 or windows-1252"))?,
    };
    if [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| body.starts_with(mark)) {
        return Err(Problem::malformed("the form begins with a byte order mark"));
    }
    let mut fields = Fields::default();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &pair[pair.len()..]),
        };
        let name =
            text(name, charset).map_err(|fault| Problem::malformed(format!("a field name {fault}")))?;
        let value = text(value, charset).map_err(|fault| Problem::field(&name, fault))?;
        fields.push(name, value)?;
    }
    Ok(fields)
}

/// The escapes stand for bytes, and the bytes for characters of the charset, in this order.
fn text(escaped: &[u8], charset: &'static Encoding) -> Result<String, &'static str> {
    let bytes = unescape(escaped).ok_or("has a broken percent escape")?;
    if charset == UTF_8 {
        return String::from_utf8(bytes).map_err(|_| "is not valid UTF-8");
    }
    // The positions that the charset leaves open become control characters, which `Fields` refuses.
    Ok(charset.decode_without_bom_handling(&bytes).0.into_owned())
}

fn unescape(escaped: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let [high, low, tail @ ..] = rest else { return None };
                bytes.push(hex_digit(*high)? << 4 | hex_digit(*low)?);
                rest = tail;
            }
            other => bytes.push(*other),
        }
    }
    Some(bytes)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn pairs(body: &str) -> Vec<(String, String)> {
        let fields = read(body.as_bytes(), None).unwrap();
        fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn refused(body: &[u8], charset: Option<&str>) -> Problem {
        read(body, charset).unwrap_err()
    }

    #[test]
    fn pairs_keep_their_order_and_text() {
        let expected = [("PIN", "Big daddy"), ("Amount", "120.00"), ("a=b", "c=d&e"), ("Fee", ""), ("x", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs("PIN=Big+daddy&Amount=120.00&&a%3Db=c=d%26e&Fee=&x&"), expected);
        assert_eq!(pairs(""), []);
    }

    #[test]
    fn broken_escapes_are_refused_by_name() {
        for body in ["PIN=1&PP=%zz", "PP=%4", "PP=a%", "PP=%+1", "PP=%é"] {
            let problem = refused(body.as_bytes(), None);
            assert_eq!(problem.message, "PP has a broken percent escape", "{body}");
            assert_eq!(problem.kind, Kind::Field);
        }
        assert_eq!(refused(b"P%zz=1", None).message, "a field name has a broken percent escape");
    }

    #[test]
    fn utf8_is_strict() {
        for body in ["PIN=%C0%AF", "PIN=%E9", "PIN=%ED%A0%80", "PIN=%F5%80%80%80"] {
            assert_eq!(refused(body.as_bytes(), None).message, "PIN is not valid UTF-8", "{body}");
        }
        assert_eq!(refused(b"PIN=\xe9", Some("utf-8")).message, "PIN is not valid UTF-8");
        assert_eq!(pairs("City=Z%C3%BCrich")[0].1, "Zürich");
    }

    #[test]
    fn western_charsets_are_read_when_declared() {
        for charset in ["ISO-8859-1", "windows-1252", "latin1"] {
            let fields = read(b"City=Z%FCrich&Sum=%80\xe9", Some(charset)).unwrap();
            assert_eq!(fields.get("City"), Some("Zürich"), "{charset}");
            assert_eq!(fields.get("Sum"), Some("€é"), "{charset}");
        }
        assert_eq!(refused(b"PIN=%81", Some("windows-1252")).message, "PIN contains a control character");
        // A byte order mark inside a value is text like any other.
        assert_eq!(read(b"PIN=%FF%FE1", Some("windows-1252")).unwrap().get("PIN"), Some("ÿþ1"));
        for charset in ["utf-16", "iso-8859-15", "shift_jis", "klingon"] {
            assert_eq!(refused(b"PIN=1", Some(charset)).kind, Kind::Malformed, "{charset}");
        }
    }

    #[test]
    fn byte_order_marks_control_characters_and_duplicates_are_refused() {
        for body in [&b"\xef\xbb\xbfPIN=1"[..], b"\xff\xfeP\0", b"\xfe\xff\0P"] {
            assert_eq!(refused(body, None).message, "the form begins with a byte order mark");
        }
        assert_eq!(refused(b"PIN=a%00", None).message, "PIN contains a control character");
        assert_eq!(refused(b"ext_payout_id=1&ExtPayoutID=2", None).message, "ExtPayoutID is given twice");
    }
}
