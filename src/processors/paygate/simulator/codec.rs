//! The simulator's own reading and writing of the wire, made from single cipher blocks.
//!
//! It shares nothing with the client's codec on purpose: an error in one is seen by the other.

use aes::Aes256;
use aes::{Aes128, Aes192};
use blowfish::Blowfish;
use cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit, consts::U16};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// How the last block is filled up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filling {
    /// As the platform itself is said to do.
    #[default]
    Spaces,
    Zeros,
    Letters,
    Pkcs,
    PkcsTwice,
    ZerosThenPkcs,
    /// Bytes that nobody fills with.
    Garbage,
}

/// The keys of one merchant.
pub struct Keys {
    block: Block,
    mac: Vec<u8>,
}

enum Block {
    Blowfish(Box<Blowfish>),
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
}

impl Keys {
    /// `aes` says that the merchant asked for it; then the password has 16, 24 or 32 bytes.
    pub fn new(password: &[u8], mac: &[u8], aes: bool) -> Option<Keys> {
        let block = match (aes, password.len()) {
            (false, _) => Block::Blowfish(Box::new(Blowfish::new_from_slice(password).ok()?)),
            (true, 16) => Block::Aes128(Box::new(Aes128::new_from_slice(password).ok()?)),
            (true, 24) => Block::Aes192(Box::new(Aes192::new_from_slice(password).ok()?)),
            (true, 32) => Block::Aes256(Box::new(Aes256::new_from_slice(password).ok()?)),
            (true, _) => return None,
        };
        Some(Keys { block, mac: mac.to_vec() })
    }

    /// Encrypts a text; `vector` is used with AES only.
    pub fn lock(&self, text: &[u8], filling: Filling, vector: [u8; 16]) -> String {
        let mut bytes = text.to_vec();
        if !matches!(self.block, Block::Blowfish(_)) {
            let count = 16 - bytes.len() % 16;
            bytes.resize(bytes.len() + count, count as u8);
            let mut previous = vector;
            for chunk in bytes.chunks_exact_mut(16) {
                for (byte, before) in chunk.iter_mut().zip(previous) {
                    *byte ^= before;
                }
                self.one_aes_block(chunk, true);
                previous.copy_from_slice(chunk);
            }
            return format!("{}-{}", to_hex(&vector), to_hex(&bytes));
        }
        fill(&mut bytes, filling);
        if let Block::Blowfish(key) = &self.block {
            for chunk in bytes.chunks_exact_mut(8) {
                let mut block = Array::from([0; 8]);
                block.copy_from_slice(chunk);
                key.encrypt_block(&mut block);
                chunk.copy_from_slice(&block);
            }
        }
        to_hex(&bytes)
    }

    /// Decrypts and cuts to `len` bytes, as the platform must do since it takes every padding.
    pub fn unlock(&self, data: &str, len: usize) -> Option<Vec<u8>> {
        let mut bytes = if let Block::Blowfish(key) = &self.block {
            let mut bytes = from_hex(data)?;
            if bytes.len() % 8 != 0 {
                return None;
            }
            for chunk in bytes.chunks_exact_mut(8) {
                let mut block = Array::from([0; 8]);
                block.copy_from_slice(chunk);
                key.decrypt_block(&mut block);
                chunk.copy_from_slice(&block);
            }
            bytes
        } else {
            let (vector, data) = data.split_once('-')?;
            let mut previous = from_hex(vector)?;
            let mut bytes = from_hex(data)?;
            if bytes.len() % 16 != 0 || previous.len() != 16 {
                return None;
            }
            for chunk in bytes.chunks_exact_mut(16) {
                let sealed = chunk.to_vec();
                self.one_aes_block(chunk, false);
                for (byte, before) in chunk.iter_mut().zip(&previous) {
                    *byte ^= before;
                }
                previous = sealed;
            }
            bytes
        };
        if len > bytes.len() {
            return None;
        }
        bytes.truncate(len);
        Some(bytes)
    }

    fn one_aes_block(&self, chunk: &mut [u8], encrypt: bool) {
        let mut block: Array<u8, U16> = Array::from([0; 16]);
        block.copy_from_slice(chunk);
        match (&self.block, encrypt) {
            (Block::Aes128(key), true) => key.encrypt_block(&mut block),
            (Block::Aes192(key), true) => key.encrypt_block(&mut block),
            (Block::Aes256(key), true) => key.encrypt_block(&mut block),
            (Block::Aes128(key), false) => key.decrypt_block(&mut block),
            (Block::Aes192(key), false) => key.decrypt_block(&mut block),
            (Block::Aes256(key), false) => key.decrypt_block(&mut block),
            (Block::Blowfish(_), _) => {}
        }
        chunk.copy_from_slice(&block);
    }

    /// The MAC over five values, in upper case as the platform sends it.
    pub fn mac(&self, values: [&str; 5]) -> String {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.mac).expect("HMAC takes keys of any length");
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                mac.update(b"*");
            }
            mac.update(value.as_bytes());
        }
        to_hex(&mac.finalize().into_bytes())
    }
}

fn fill(bytes: &mut Vec<u8>, filling: Filling) {
    let gap = (8 - bytes.len() % 8) % 8;
    let whole = bytes.len() + gap;
    let pkcs_to = if gap == 0 { (whole + 8, 8) } else { (whole, gap) };
    match filling {
        Filling::Spaces => bytes.resize(whole, b' '),
        Filling::Zeros => bytes.resize(whole, 0),
        Filling::Letters => bytes.resize(whole, b'x'),
        Filling::Garbage => bytes.resize(whole, b'?'),
        Filling::Pkcs => bytes.resize(pkcs_to.0, pkcs_to.1 as u8),
        Filling::PkcsTwice => {
            bytes.resize(pkcs_to.0, pkcs_to.1 as u8);
            bytes.resize(bytes.len() + 8, 8);
        }
        Filling::ZerosThenPkcs => {
            bytes.resize(whole, 0);
            bytes.resize(whole + 8, 8);
        }
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// A request's parameters; names are kept in lower case, the first of two counts.
#[derive(Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    pub fn parse(bytes: &[u8]) -> Params {
        let mut params = Params::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = rest.iter().position(|&b| b == b'&').unwrap_or(rest.len());
            let piece = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            if let Some(at) = piece.iter().position(|&b| b == b'=') {
                // The platform works in ISO-8859-1: one byte, one character.
                let latin = |bytes: &[u8]| bytes.iter().map(|&b| b as char).collect::<String>();
                params.0.push((latin(&piece[..at]).to_lowercase(), latin(&piece[at + 1..])));
            }
        }
        params
    }

    pub fn get(&self, name: &str) -> &str {
        let name = name.to_lowercase();
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_and_signs_what_others_wrote() {
        let recorded = include_str!("../../../../tests/data/paygate/vectors.json");
        let recorded: serde_json::Value = serde_json::from_str(recorded).unwrap();
        for vector in recorded["vectors"].as_array().unwrap() {
            let text = |name: &str| vector[name].as_str().unwrap();
            let aes = text("cipher").starts_with("aes");
            let keys = Keys::new(text("key").as_bytes(), text("hmac_key").as_bytes(), aes).unwrap();
            let len = vector["byte_len"].as_u64().unwrap() as usize;
            let opened = keys.unlock(text("data_hex"), len).unwrap();
            let expected: Vec<u8> = match text("charset") {
                "iso-8859-1" => text("plaintext").chars().map(|c| c as u8).collect(),
                _ => text("plaintext").as_bytes().to_vec(),
            };
            assert_eq!(opened, expected);
            let parts: Vec<&str> = text("mac_input").split('*').collect();
            assert_eq!(keys.mac(parts.try_into().unwrap()), text("mac_hex").to_uppercase());
            let locked = keys.lock(&opened, Filling::Zeros, [9; 16]);
            assert_eq!(keys.unlock(&locked, len).unwrap(), opened);
            if text("cipher") == "blowfish-ecb" && text("padding") == "zero" {
                assert_eq!(locked, text("data_hex").to_uppercase());
            }
        }
    }
}
