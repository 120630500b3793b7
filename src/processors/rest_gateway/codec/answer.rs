//! An answer as a tree of named texts, whatever format it came in.
//!
//! The gateway's JSON comes from an XML binding: a list of one is written as a bare object, an empty text as `null`,
//! an absent value is left out. Read as a tree in which a name may repeat, all of that means the same.

use super::{json, xml};

/// The most an answer or a callback may weigh.
pub const MOST_BYTES: usize = 1 << 20;
pub(super) const MOST_NODES: usize = 50_000;
pub(super) const DEEPEST: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableAnswer {
    #[error("the answer is larger than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("the answer is nested too deeply or has too many members")]
    TooComplex,
    #[error("the answer is neither a JSON object nor an XML document")]
    NoKnownFormat,
    #[error("the answer's {0} is broken: {1}")]
    Broken(&'static str, String),
}

/// One member of an answer. Empty texts are dropped while reading, so a text here is never empty.
#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    Text(String),
    Group(Vec<(String, Node)>),
}

impl Node {
    /// The member at a dotted path, the first one where a name repeats.
    pub fn find(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, name| node.named(name).next())
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        match self.find(path)? {
            Node::Text(text) => Some(text),
            Node::Group(_) => None,
        }
    }

    /// All members of a list, none if it is absent.
    pub fn list<'a>(&'a self, path: &str) -> Vec<&'a Node> {
        match path.rsplit_once('.') {
            Some((parents, name)) => {
                self.find(parents).map(|parent| parent.named(name).collect()).unwrap_or_default()
            }
            None => self.named(path).collect(),
        }
    }

    fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Node> {
        let members = match self {
            Node::Group(members) => members.as_slice(),
            Node::Text(_) => &[],
        };
        members.iter().filter(move |(member, _)| member == name).map(|(_, node)| node)
    }
}

/// Names only: values may be tokens, card data or people's names.
impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Node::Text(_) => f.write_str("…"),
            Node::Group(members) => {
                f.debug_map().entries(members.iter().map(|(name, node)| (name, node))).finish()
            }
        }
    }
}

/// Reads an answer by what it is, not by what its headers say it is.
pub fn read(body: &[u8]) -> Result<Node, UnreadableAnswer> {
    if body.len() > MOST_BYTES {
        return Err(UnreadableAnswer::TooLarge);
    }
    let text = decode(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.bytes().next() {
        Some(b'{') => json::read(text),
        Some(b'<') => xml::read(text),
        _ => Err(UnreadableAnswer::NoKnownFormat),
    }
}

/// UTF-8 as documented, Latin-1 as some installations really write.
pub fn decode(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::mem::decode_latin1(body).into_owned(),
    }
}

/// The result of an answer: one code, or several joined with `|`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultCodes {
    pub codes: Vec<String>,
    pub description: String,
}

impl ResultCodes {
    /// `result` of the payment service, `statusInvoiceResult` of the invoice service.
    pub fn of(answer: &Node) -> ResultCodes {
        let group = ["statusInvoiceResult", "result"].into_iter().find_map(|name| answer.find(name));
        let part = |name| group.and_then(|group| group.text(name)).unwrap_or_default();
        let codes = part("code").split('|').map(str::trim).filter(|code| !code.is_empty());
        let descriptions: Vec<&str> = part("description").split('|').map(str::trim).collect();
        ResultCodes { codes: codes.map(str::to_owned).collect(), description: descriptions.join("; ") }
    }

    pub fn is(&self, code: &str) -> bool {
        self.codes.len() == 1 && self.codes[0] == code
    }

    /// All codes in one text, for records.
    pub fn code(&self) -> String {
        self.codes.join("|")
    }

    /// Installations number their errors themselves; only the family is common: `9` is a reject of the processing.
    pub fn all_in_family(&self, first_digit: char) -> bool {
        !self.codes.is_empty()
            && self.codes.iter().all(|code| code.len() == 5 && code.starts_with(first_digit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE_D_XML: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<response><paymentId>620419</paymentId><remark></remark><result><code>90026</code><description>ThreeD &amp; more &#8364;</description></result><redirect><url>https://acs.bank.example/challenge</url><parameters><name>creq</name><value>eyJ0</value></parameters></redirect><transactionStatus>3D</transactionStatus></response>"#;

    #[test]
    fn a_list_of_one_is_a_bare_object_in_mapped_json() {
        let one = read(br#"{"redirect":{"parameters":{"name":"creq","value":"x"}}}"#).expect("readable");
        let two =
            read(br#"{"redirect":{"parameters":[{"name":"PaReq","value":"x"},{"name":"MD","value":"y"}]}}"#)
                .expect("readable");
        assert_eq!(one.list("redirect.parameters").len(), 1);
        assert_eq!(two.list("redirect.parameters").len(), 2);
        assert_eq!(two.list("redirect.parameters")[1].text("name"), Some("MD"));
        assert_eq!(one.list("redirect.other").len(), 0);
    }

    #[test]
    fn null_absent_and_empty_mean_the_same() {
        let answer = read(br#"{"a":null,"b":"","c":{}}"#).expect("readable");
        for name in ["a", "b", "c", "d", "c.x"] {
            assert_eq!(answer.text(name), None, "{name}");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        let answer =
            read(br#"{"amount":50.00,"paymentId":620417,"big":12345678901234567890.10}"#).expect("readable");
        assert_eq!(answer.text("amount"), Some("50.00"));
        assert_eq!(answer.text("paymentId"), Some("620417"));
        assert_eq!(answer.text("big"), Some("12345678901234567890.10"));
    }

    #[test]
    fn xml_reads_like_json() {
        let answer = read(THREE_D_XML.as_bytes()).expect("readable");
        assert_eq!(answer.text("result.code"), Some("90026"));
        assert_eq!(answer.text("result.description"), Some("ThreeD & more €"));
        assert_eq!(answer.text("remark"), None);
        assert_eq!(answer.list("redirect.parameters").len(), 1);
        assert_eq!(answer.text("transactionStatus"), Some("3D"));
    }

    #[test]
    fn broken_and_hostile_answers_are_refused() {
        let deep = format!("{}{}", "{\"a\":".repeat(40), "1".to_owned() + &"}".repeat(40));
        let deep_xml = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
        let wide = format!("{{\"a\":[{}1]}}", "1,".repeat(MOST_NODES));
        for bad in [
            "",
            "OK",
            "[1]",
            "{\"a\":",
            "<response><a>1</a>",
            "<response/><b/>",
            "<response/>text",
            "<a>&xx;</a>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<a></b>",
            "{\"a\":1} {\"b\":2}",
            "<?xml version='1.0' encoding='UTF-16'?><a/>",
            &deep,
            &deep_xml,
            &wide,
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{}", &bad[..bad.len().min(60)]);
        }
        assert_eq!(read(&vec![b' '; MOST_BYTES + 1]), Err(UnreadableAnswer::TooLarge));
    }

    #[test]
    fn latin_1_is_read_where_utf_8_fails() {
        let answer = read(b"{\"firstName\":\"Ren\xe9\"}").expect("readable");
        assert_eq!(answer.text("firstName"), Some("René"));
    }

    #[test]
    fn several_codes_are_split() {
        let answer = read(br#"{"result":{"code":"30001 | 30002","description":"a | b"}}"#).expect("readable");
        let result = ResultCodes::of(&answer);
        assert_eq!(result.codes, ["30001", "30002"]);
        assert_eq!(result.description, "a; b");
        assert!(result.all_in_family('3') && !result.all_in_family('9') && !result.is("30001"));
        let invoice = read(br#"{"statusInvoiceResult":{"code":"00010"}}"#).expect("readable");
        assert!(ResultCodes::of(&invoice).is("00010"));
        assert!(!ResultCodes::of(&Node::Group(vec![])).all_in_family('9'));
    }

    #[test]
    fn values_are_not_in_the_debug_output() {
        let answer = read(br#"{"AuthToken":"ey.secret"}"#).expect("readable");
        assert!(!format!("{answer:?}").contains("secret"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = read(&body);
        }

        #[test]
        fn no_xml_like_text_makes_it_panic(text in "<[a-c<>/&;#x0-9!\\[\\]?' =-]{0,60}") {
            let _ = read(text.as_bytes());
        }
    }
}
