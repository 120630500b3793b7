//! The back office's section of the configuration.

use crate::masked;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A session that nobody uses ends after this time.
    pub idle_minutes: u64,
    /// Every session ends after this time.
    pub absolute_hours: u64,
    /// So many wrong passwords or codes in a row make a pause.
    pub failures: u32,
    pub pause_minutes: u64,
    /// So long after a second factor was shown, money is released without showing it again; 0: never.
    pub release_code_minutes: u64,
    /// Whether everybody needs a second factor, or only who has set one up.
    pub second_factor: SecondFactor,
    /// Seals the secrets of second factors; without it none can be set up.
    #[serde(serialize_with = "masked::secret")]
    pub sealing_key: Option<SecretString>,
    pub sealing_key_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Deserialize, Serialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    Optional,
    Required,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            idle_minutes: 30,
            absolute_hours: 12,
            failures: 8,
            pause_minutes: 15,
            release_code_minutes: 5,
            second_factor: SecondFactor::Required,
            sealing_key: None,
            sealing_key_file: None,
        }
    }
}
