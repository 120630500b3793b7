//! What others encrypted and signed, read and written by us.

use super::*;
use crate::clock::Entropy;
use proptest::prelude::*;
use serde_json::Value;

const RECORDED: &str = include_str!("../../../../tests/data/paygate/vectors.json");

fn recorded() -> Vec<Value> {
    let all: Value = serde_json::from_str(RECORDED).expect("JSON");
    all["vectors"].as_array().expect("vectors").clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("{name} of {vector}"))
}

fn plain_bytes(vector: &Value) -> Vec<u8> {
    let plain = text(vector, "plaintext");
    match text(vector, "charset") {
        "iso-8859-1" => plain.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect(),
        _ => plain.as_bytes().to_vec(),
    }
}

fn cipher_of(vector: &Value) -> Cipher {
    let key = text(vector, "key").as_bytes();
    let made =
        if text(vector, "cipher").starts_with("aes") { Cipher::aes(key) } else { Cipher::blowfish(key) };
    made.expect("a key")
}

#[test]
fn what_others_encrypted_is_read_in_either_case_of_hex() {
    let vectors = recorded();
    assert!(vectors.len() >= 6);
    for vector in vectors {
        let (cipher, data) = (cipher_of(&vector), text(&vector, "data_hex"));
        let len = vector["len"].as_u64().expect("len") as usize;
        for data in [data.to_owned(), data.to_uppercase(), data.to_lowercase()] {
            let opened = cipher.open(len, &data).expect("readable");
            assert_eq!(*opened, plain_bytes(&vector), "{}", text(&vector, "name"));
        }
    }
}

#[test]
fn zero_padded_messages_are_written_byte_for_byte_as_others_write_them() {
    let entropy = Entropy::seeded(1);
    let mut compared = 0;
    for vector in recorded() {
        if vector["padding"] != "zero" {
            continue;
        }
        let sealed = cipher_of(&vector).seal(&plain_bytes(&vector), &entropy);
        assert_eq!(sealed.data, text(&vector, "data_hex").to_lowercase());
        compared += 1;
    }
    assert_eq!(compared, 3);
}

#[test]
fn recorded_macs_are_made_and_accepted() {
    for vector in recorded() {
        let key = MacKey::new(text(&vector, "hmac_key").as_bytes());
        let (input, mac) = (text(&vector, "mac_input"), text(&vector, "mac_hex"));
        assert_eq!(key.sign(input), mac.to_lowercase());
        assert!(key.verify(input, mac) && key.verify(input, &mac.to_uppercase()));
        assert!(key.verify(input, &format!("{mac}  \0")), "padding behind the last value");
        assert!(!key.verify(&format!("{input}x"), mac));
        assert!(!key.verify(input, &mac[..62]) && !key.verify(input, "") && !key.verify(input, "zz"));
    }
}

#[test]
fn published_macs_cover_absent_parts_with_their_stars() {
    let key = MacKey::new(b"mySecret");
    let request = mac::OfRequest {
        trans_id: "TID-4453732122167114558",
        merchant_id: "YourMerchantID",
        amount: "1234",
        currency: "EUR",
        ..Default::default()
    };
    assert!(key.verify(&request.text(), "0522F1AF6A88597D396A5A877499F3C9087EBCF103B1B47D7E4D13421CC7EA36"));
    let no_order = mac::OfRequest { trans_id: "", ..request };
    assert!(key.verify(&no_order.text(), "1427748D983478080F22BE0878BD99AF7BE3E1C4B19C07AFD1B372BA552ADC08"));
    let no_money =
        mac::OfRequest { pay_id: "fe3f002e19814eea8aa733ec4fdacafe", amount: "", currency: "", ..request };
    assert!(key.verify(&no_money.text(), "6ED0CFDCE92CE13399552C4221B44E5B036DE943D7F84E33D1E73DF9871AE7C8"));
    let result = mac::OfResult {
        pay_id: "7bbb448155234d8cbee323778952ce28",
        trans_id: "TID-12033175321270170232",
        merchant_id: "YourMerchantID",
        status: "AUTHORIZED",
        code: "00000000",
    };
    assert!(key.verify(&result.text(), "F1DE7608013C1E3FD3CC9964A049E26703137C0A6F29448545C700B4695EABE5"));
}

#[test]
fn published_texts_decrypt_with_their_spaces_and_zeros() {
    let open = |key: &str, len, data| {
        let opened = Cipher::blowfish(key.as_bytes()).expect("a key").open(len, data).expect("readable");
        String::from_utf8(opened.to_vec()).expect("UTF-8")
    };
    let key = "16CharKeyLength!";
    let spaced = "4105AAFDC6445BF2EB8242371136F4886413347EEB8731B9";
    let zeroed = "4105aafdc6445bf2eb8242371136f488a4812b38a821e753";
    assert_eq!(open(key, 23, spaced), "Unencrypted plain text!");
    assert_eq!(open(key, 23, zeroed), "Unencrypted plain text!");
    assert_eq!(open("password", 9, "14ec7a6da0fbb3e50a84b47302443328"), "plaintext");
    assert_eq!(open("short", 8, "d5322f2d20ef1e90"), "ABCDEFGH");
    let data = "2b22663ce05888aa0ce2bbd7cb79032a6a28532fd045e188f61012c5c5fbff57026778f2b6f83ee9";
    assert_eq!(open("aB3dEf9hJk2mNp5q", 34, data), "PayID=123&Amount=4200&Currency=EUR");
}

/// Fills up by hand and encrypts block by block, so that each habit is really on the wire.
fn padded(cipher_text: &[u8], habit: &str) -> Vec<u8> {
    let mut bytes = cipher_text.to_vec();
    let gap = (8 - bytes.len() % 8) % 8;
    let pkcs = |bytes: &mut Vec<u8>| {
        let count = 8 - bytes.len() % 8;
        bytes.extend(vec![count as u8; count]);
    };
    match habit {
        "zero" => bytes.extend(vec![0; gap]),
        "space" => bytes.extend(vec![b' '; gap]),
        "x" => bytes.extend(vec![b'x'; gap]),
        "pkcs" => pkcs(&mut bytes),
        "zero and pkcs" => {
            bytes.extend(vec![0; gap]);
            pkcs(&mut bytes);
        }
        "pkcs twice" => {
            pkcs(&mut bytes);
            pkcs(&mut bytes);
        }
        other => panic!("{other}"),
    }
    bytes
}

#[test]
fn every_padding_and_both_ways_to_count_give_the_same_text() {
    let cipher = Cipher::blowfish(b"r5Tn8Wq2Zb6Yk3Hd").expect("a key");
    let entropy = Entropy::seeded(1);
    for extra in 0..9 {
        let text = format!("TransID=T-1&OrderDesc=Größe, Köln {}", "y".repeat(extra));
        for habit in ["zero", "space", "x", "pkcs", "zero and pkcs", "pkcs twice"] {
            // Whole blocks are sealed without further filling, whatever the habit put into them.
            let data = cipher.seal(&padded(text.as_bytes(), habit), &entropy).data;
            let by_bytes = cipher.open(text.len(), &data).expect("readable");
            assert_eq!(*by_bytes, text.as_bytes(), "{habit}, bytes, {extra}");
            let by_characters = cipher.open(text.chars().count(), &data).expect("readable");
            assert_eq!(*by_characters, text.as_bytes(), "{habit}, characters, {extra}");
        }
    }
}

#[test]
fn a_broken_message_is_an_error_and_not_a_text() {
    let cipher = Cipher::blowfish(b"r5Tn8Wq2Zb6Yk3Hd").expect("a key");
    let sealed = cipher.seal(b"Status=OK&Code=00000000", &Entropy::seeded(1));
    assert_eq!(cipher.open(99, &sealed.data), Err(CodecError::TooShort { len: 99, available: 24 }));
    assert_eq!(cipher.open(23, &sealed.data[..46]), Err(CodecError::BrokenBlock));
    assert_eq!(cipher.open(23, &sealed.data[..47]), Err(CodecError::NotHex));
    let half = CodecError::TooShort { len: 23, available: 16 };
    assert_eq!(cipher.open(23, &sealed.data[..32]), Err(half));
    assert_eq!(cipher.open(1, "00-00"), Err(CodecError::NotBlowfish));
    assert!(Cipher::blowfish(b"").is_err() && Cipher::aes(b"short").is_err());
}

#[test]
fn parameter_text_splits_at_the_first_equals_sign_and_decodes_nothing() {
    let fields = Fields::parse("&&card=eyJhIjoxfQ==&TransID=a+b%20c&junk&transid=second&Empty=&");
    assert_eq!(fields.text("CARD"), "eyJhIjoxfQ==");
    assert_eq!(fields.text("TransID"), "a+b%20c");
    assert_eq!(fields.present("empty"), None);
    assert_eq!(fields.find("junk"), None);
    assert_eq!(format!("{fields:?}"), r#"["card", "TransID", "transid", "Empty"]"#);
}

#[test]
fn envelopes_are_found_in_noise_and_in_any_order() {
    let sealed = |len, data: &str| Ok(Envelope::Sealed { len, data: data.to_owned() });
    assert_eq!(Envelope::of_answer(b"<br>\nLen=8&amp;Data=AB"), sealed(8, "AB"));
    assert_eq!(Envelope::of_answer(b"mid=m&Data=AB&len=8\r\n"), sealed(8, "AB"));
    assert_eq!(Envelope::of_form(b"a=1&Data=A%42&Len=8"), sealed(8, "AB"));
    assert_eq!(Envelope::of_answer(b"Data=AB"), Err(CodecError::BadLen));
    assert_eq!(Envelope::of_answer(b"<html>502</html>"), Err(CodecError::Empty));
    let Ok(Envelope::Clear(clear)) = Envelope::of_form(b"Description=K%F6ln+am+Rhein&Code=1") else {
        panic!()
    };
    assert_eq!(clear.text("description"), "Köln am Rhein");
}

proptest! {
    #[test]
    fn sealing_and_opening_are_inverse(bytes in proptest::collection::vec(1_u8..127, 0..200), seed in 0_u64..99) {
        let entropy = Entropy::seeded(seed);
        for cipher in [Cipher::blowfish(&[7; 16]), Cipher::aes(&[7; 16]), Cipher::aes(&[7; 24]), Cipher::aes(&[7; 32])] {
            let cipher = cipher.expect("a key");
            let sealed = cipher.seal(&bytes, &entropy);
            prop_assert_eq!(&*cipher.open(sealed.len, &sealed.data).expect("readable"), &bytes);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..120), len in any::<usize>()) {
        let cipher = Cipher::blowfish(&[7; 16]).expect("a key");
        for envelope in [Envelope::of_answer(&body), Envelope::of_form(&body)].into_iter().flatten() {
            let _ = envelope.open(&cipher);
        }
        let _ = cipher.open(len, &hex::encode(&body));
    }
}
