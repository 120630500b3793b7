//! How settings are shown: whole, but for secrets.

use secrecy::SecretString;
use serde::Serializer;

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// A secret that is set shows that it is; one that is not is left out.
pub fn secret<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => serializer.serialize_some(MASK),
        None => serializer.serialize_none(),
    }
}

/// A database's URL without its password.
pub fn url<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&without_password(url))
}

/// Hides the password of `scheme://user:password@host/…` and of a `password=…` among the parameters.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (address, query) =
        rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
    // The last @: a password may hold one of its own. A file's path has neither user nor password.
    let address = match address.rsplit_once('@') {
        Some((user, host)) if scheme.starts_with("postgres") => match user.split_once(':') {
            Some((user, _)) => format!("{user}:{MASK}@{host}"),
            None => format!("{user}@{host}"),
        },
        _ => address.to_owned(),
    };
    let parameters = query.map(|query| {
        let hidden = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}={MASK}"),
            _ => pair.to_owned(),
        });
        format!("?{}", hidden.collect::<Vec<_>>().join("&"))
    });
    format!("{scheme}://{address}{}", parameters.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_their_passwords_and_nothing_else() {
        for (url, shown) in [
            ("sqlite://var/tillgate.db", "sqlite://var/tillgate.db"),
            ("sqlite://var/a:b@c.db", "sqlite://var/a:b@c.db"),
            ("postgres://till@db/gate", "postgres://till@db/gate"),
            (
                "postgres://till:s3c:r@et@db:5432/gate?sslmode=require",
                "postgres://till:***@db:5432/gate?sslmode=require",
            ),
            (
                "postgresql:///gate?user=a&password=b&sslpassword=c",
                "postgresql:///gate?user=a&password=***&sslpassword=***",
            ),
            ("not a url", "not a url"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
