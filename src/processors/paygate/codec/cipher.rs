//! The cipher of one merchant account: Blowfish in ECB mode, or AES in CBC mode. Keyed once, used for ever.

use super::{CodecError, padding};
use crate::clock::Entropy;
use aes::{Aes128, Aes192, Aes256};
use blowfish::Blowfish;
use cipher::block_padding::{Pkcs7, ZeroPadding};
use cipher::common::InnerInit;
use cipher::{BlockCipherDecrypt, BlockCipherEncrypt};
use cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use std::fmt;
use zeroize::Zeroizing;

const BLOWFISH_BLOCK: usize = 8;
const AES_BLOCK: usize = 16;

/// `Data` and `Len` as they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub len: usize,
    pub data: String,
}

/// A keyed cipher. Blowfish's key schedule costs about as much as 4 kB of encryption, so it is done only here.
#[derive(Clone)]
pub struct Cipher(Keyed);

#[derive(Clone)]
enum Keyed {
    Blowfish(Box<Blowfish>),
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Keyed::Blowfish(_) => "Cipher(blowfish)",
            Keyed::Aes128(_) | Keyed::Aes192(_) | Keyed::Aes256(_) => "Cipher(aes)",
        })
    }
}

impl Cipher {
    pub fn blowfish(key: &[u8]) -> Result<Cipher, CodecError> {
        let keyed = Blowfish::new_from_slice(key)
            .map_err(|_| CodecError::KeyLength { length: key.len(), allowed: "4 to 56" })?;
        Ok(Cipher(Keyed::Blowfish(Box::new(keyed))))
    }

    pub fn aes(key: &[u8]) -> Result<Cipher, CodecError> {
        let wrong = |_| CodecError::KeyLength { length: key.len(), allowed: "16, 24 or 32" };
        let keyed = match key.len() {
            24 => Keyed::Aes192(Box::new(Aes192::new_from_slice(key).map_err(wrong)?)),
            32 => Keyed::Aes256(Box::new(Aes256::new_from_slice(key).map_err(wrong)?)),
            _ => Keyed::Aes128(Box::new(Aes128::new_from_slice(key).map_err(wrong)?)),
        };
        Ok(Cipher(keyed))
    }

    /// Encrypts a parameter text. `Len` counts bytes; Blowfish is filled with zeros, as most senders do.
    pub fn seal(&self, text: &[u8], entropy: &Entropy) -> Sealed {
        let data = match &self.0 {
            Keyed::Blowfish(keyed) => {
                hex::encode(ecb::Encryptor::inner_init(&**keyed).encrypt_padded_vec::<ZeroPadding>(text))
            }
            Keyed::Aes128(keyed) => seal_cbc(&**keyed, text, entropy),
            Keyed::Aes192(keyed) => seal_cbc(&**keyed, text, entropy),
            Keyed::Aes256(keyed) => seal_cbc(&**keyed, text, entropy),
        };
        Sealed { len: text.len(), data }
    }

    /// Decrypts `Data` in either case of hex and cuts it to `len`, see [`padding::cut`].
    pub fn open(&self, len: usize, data: &str) -> Result<Zeroizing<Vec<u8>>, CodecError> {
        let plain = match &self.0 {
            Keyed::Blowfish(keyed) => open_ecb(keyed, data)?,
            Keyed::Aes128(keyed) => open_cbc(&**keyed, data)?,
            Keyed::Aes192(keyed) => open_cbc(&**keyed, data)?,
            Keyed::Aes256(keyed) => open_cbc(&**keyed, data)?,
        };
        if len > plain.len() {
            return Err(CodecError::TooShort { len, available: plain.len() });
        }
        let block = if matches!(self.0, Keyed::Blowfish(_)) { BLOWFISH_BLOCK } else { AES_BLOCK };
        Ok(Zeroizing::new(padding::cut(&plain, len, block).to_vec()))
    }
}

fn open_ecb(keyed: &Blowfish, data: &str) -> Result<Zeroizing<Vec<u8>>, CodecError> {
    if data.contains('-') {
        return Err(CodecError::NotBlowfish);
    }
    let mut bytes = Zeroizing::new(hex::decode(data).map_err(|_| CodecError::NotHex)?);
    if bytes.len() % BLOWFISH_BLOCK != 0 {
        return Err(CodecError::BrokenBlock);
    }
    let mut mode = ecb::Decryptor::inner_init(keyed);
    for block in bytes.chunks_exact_mut(BLOWFISH_BLOCK) {
        let block = block.try_into().map_err(|_| CodecError::BrokenBlock)?;
        mode.decrypt_block(block);
    }
    Ok(bytes)
}

/// `hex(IV)-hex(blocks)` with a new random IV for each message.
fn seal_cbc<C>(keyed: C, text: &[u8], entropy: &Entropy) -> String
where
    C: BlockCipherEncrypt<BlockSize = cipher::consts::U16>,
{
    let mut vector = [0; AES_BLOCK];
    entropy.fill(&mut vector);
    let sealed = cbc::Encryptor::inner_iv_init(keyed, &vector.into()).encrypt_padded_vec::<Pkcs7>(text);
    format!("{}-{}", hex::encode(vector), hex::encode(sealed))
}

fn open_cbc<C>(keyed: C, data: &str) -> Result<Zeroizing<Vec<u8>>, CodecError>
where
    C: BlockCipherDecrypt<BlockSize = cipher::consts::U16>,
{
    let (vector, blocks) = data.split_once('-').ok_or(CodecError::NoVector)?;
    let vector: [u8; AES_BLOCK] =
        hex::decode(vector).map_err(|_| CodecError::NotHex)?.try_into().map_err(|_| CodecError::NoVector)?;
    let mut bytes = Zeroizing::new(hex::decode(blocks).map_err(|_| CodecError::NotHex)?);
    if bytes.len() % AES_BLOCK != 0 {
        return Err(CodecError::BrokenBlock);
    }
    let mut mode = cbc::Decryptor::inner_iv_init(keyed, &vector.into());
    for block in bytes.chunks_exact_mut(AES_BLOCK) {
        let block = block.try_into().map_err(|_| CodecError::BrokenBlock)?;
        mode.decrypt_block(block);
    }
    Ok(bytes)
}
