//! Passwords: Argon2id on threads where waiting is allowed, and only a few at a time, because each takes 19 MiB and a
//! good part of a second: a flood of sign-ins must not stand in the way of payouts.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// The shortest password that is taken.
pub const SHORTEST: usize = 12;
/// A longer one would only make work.
pub const LONGEST: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("must have at least {SHORTEST} characters")]
    Short,
    #[error("must have at most {LONGEST} characters")]
    Long,
    #[error("must not hold the name")]
    HoldsName,
    #[error("is too simple: it repeats a few characters")]
    Simple,
    #[error("could not be hashed")]
    Hashing,
}

/// Length is what counts; a password of a few characters over and over is none.
pub fn check(password: &str, name: &str) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(PasswordError::Short);
    }
    if length > LONGEST {
        return Err(PasswordError::Long);
    }
    if password.to_lowercase().contains(name) {
        return Err(PasswordError::HoldsName);
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 { Err(PasswordError::Simple) } else { Ok(()) }
}

pub fn hash(password: &SecretString) -> Result<String, PasswordError> {
    hash_with(&Argon2::default(), password)
}

/// For passwords that are printed anyway: a sandbox must not wait for them.
pub fn hash_known_to_all(password: &SecretString) -> Result<String, PasswordError> {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).map_err(|_| PasswordError::Hashing)?;
    hash_with(&Argon2::new(Algorithm::Argon2id, Version::V0x13, params), password)
}

fn hash_with(argon2: &Argon2<'_>, password: &SecretString) -> Result<String, PasswordError> {
    let hash = argon2.hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Hashing)
}

/// Whether the password is that of the hash, by the parameters in the hash.
pub fn fits(password: &SecretString, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok()
}

/// Checks passwords, a few at a time.
#[derive(Clone)]
pub struct Gate {
    places: Arc<Semaphore>,
    /// A password that nobody has, and its hash once it was needed: who does not exist takes as long as who does.
    drawn: SecretString,
    nobodys: Arc<OnceLock<String>>,
}

/// So many at a time: about 80 MiB.
const PLACES: usize = 4;

impl Gate {
    pub fn new(drawn: SecretString) -> Gate {
        Gate { places: Arc::new(Semaphore::new(PLACES)), drawn, nobodys: Arc::default() }
    }

    /// Whether the password fits; nobody's is checked where there is no hash.
    pub async fn fits(&self, password: SecretString, hash: Option<&str>) -> bool {
        let (known, hash) = (hash.is_some(), hash.map(str::to_owned));
        let (drawn, nobodys) = (self.drawn.clone(), self.nobodys.clone());
        let checked = self.working(move || match hash {
            Some(hash) => fits(&password, &hash),
            None => fits(&password, nobodys.get_or_init(|| self::hash(&drawn).unwrap_or_default())),
        });
        checked.await.unwrap_or(false) && known
    }

    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        self.working(move || hash(&password)).await.unwrap_or(Err(PasswordError::Hashing))
    }

    async fn working<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let place = self.places.clone().acquire_owned().await.ok()?;
        let worked = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        worked.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn a_hash_fits_its_password_and_no_other() {
        let hash = hash(&secret("correct horse battery")).expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(fits(&secret("correct horse battery"), &hash));
        assert!(!fits(&secret("correct horse batterz"), &hash));
        assert!(!fits(&secret("correct horse battery"), "no hash"));
    }

    #[test]
    fn cheap_hashes_are_checked_by_their_own_parameters() {
        let hash = hash_known_to_all(&secret("known to everybody")).expect("hashed");
        assert!(fits(&secret("known to everybody"), &hash) && !fits(&secret("known to nobody"), &hash));
    }

    #[tokio::test]
    async fn nobody_has_nobodys_password() {
        let gate = Gate::new(secret("drawn at the start"));
        assert!(!gate.fits(secret("drawn at the start"), None).await);
    }

    #[test]
    fn weak_passwords_are_told_apart() {
        assert_eq!(check("short", "olga"), Err(PasswordError::Short));
        assert_eq!(check(&"x".repeat(300), "olga"), Err(PasswordError::Long));
        assert_eq!(check("My name is OLGA!", "olga"), Err(PasswordError::HoldsName));
        assert_eq!(check("abababababab", "olga"), Err(PasswordError::Simple));
        assert_eq!(check("correct horse battery", "olga"), Ok(()));
    }
}
