//! The clear outside of a message: `Len`, `Data`, and what may stand beside them.

use super::{Cipher, CodecError, Fields};

/// A body as it came: encrypted parameters, or parameters in clear, which prove nothing by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Envelope {
    Sealed { len: usize, data: String },
    Clear(Fields),
}

impl Envelope {
    /// Reads the body of a server's answer. Tolerates text before the first name, `&amp;` and any order.
    pub fn of_answer(body: &[u8]) -> Result<Envelope, CodecError> {
        let text: String = body.iter().copied().map(char::from).collect();
        let text = text.replace("&amp;", "&");
        let pairs = text.trim().split('&').filter_map(|segment| segment.split_once('='));
        let pairs =
            pairs.map(|(name, value)| (last_word(name).to_owned(), value.trim().to_owned())).collect();
        Envelope::of_pairs(Fields::from_pairs(pairs))
    }

    /// Reads a query string or form body of a browser or a notification, where values are URL-encoded.
    pub fn of_form(text: &[u8]) -> Result<Envelope, CodecError> {
        let pairs = text.split(|&byte| byte == b'&').filter_map(|segment| {
            let equals = segment.iter().position(|&byte| byte == b'=')?;
            Some((decode(&segment[..equals]), decode(&segment[equals + 1..])))
        });
        Envelope::of_pairs(Fields::from_pairs(pairs.collect()))
    }

    fn of_pairs(fields: Fields) -> Result<Envelope, CodecError> {
        if let Some(data) = fields.present("Data") {
            let len = fields.text("Len").trim().parse().map_err(|_| CodecError::BadLen)?;
            return Ok(Envelope::Sealed { len, data: data.trim().to_owned() });
        }
        if fields.is_empty() { Err(CodecError::Empty) } else { Ok(Envelope::Clear(fields)) }
    }

    /// The parameters, and whether they were encrypted with the account's key.
    pub fn open(self, cipher: &Cipher) -> Result<(Fields, bool), CodecError> {
        match self {
            Envelope::Sealed { len, data } => Ok((Fields::from_bytes(&cipher.open(len, &data)?), true)),
            Envelope::Clear(fields) => Ok((fields, false)),
        }
    }
}

/// The name at the end of a segment, whatever noise a proxy or a page put before it.
fn last_word(segment: &str) -> &str {
    let start = segment
        .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map_or(0, |at| at + segment[at..].chars().next().map_or(1, char::len_utf8));
    &segment[start..]
}

/// One URL-encoded piece; the declared character set is ISO-8859-1, some senders write UTF-8.
fn decode(piece: &[u8]) -> String {
    let spaced: Vec<u8> = piece.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let bytes: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect())
}
