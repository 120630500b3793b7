//! The bytes of Paygate's wire: encrypted `Data` with its `Len`, MACs, and the parameter text inside.
//!
//! Lives here: cipher, MAC, `Name=Value` text. Does not: which parameters a call has, or what an answer means.

pub mod cipher;
pub mod envelope;
pub mod fields;
pub mod mac;
mod padding;

pub use cipher::{Cipher, Sealed};
pub use envelope::Envelope;
pub use fields::Fields;
pub use mac::MacKey;

/// Why bytes can't be read, or a key can't be used. Never carries any of the bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("the encryption key has {length} bytes, {allowed} are allowed")]
    KeyLength { length: usize, allowed: &'static str },
    #[error("Data is not hexadecimal, or a digit of it is missing")]
    NotHex,
    #[error("Data is not made of whole blocks")]
    BrokenBlock,
    #[error("Data has no initialisation vector although the account uses AES")]
    NoVector,
    #[error("Data is AES although the account uses Blowfish")]
    NotBlowfish,
    #[error("Len says {len} bytes, Data holds {available}")]
    TooShort { len: usize, available: usize },
    #[error("Len is missing or no number")]
    BadLen,
    #[error("there is neither Data nor a readable parameter")]
    Empty,
}

#[cfg(test)]
mod tests;
