//! Where the database is.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use thiserror::Error;
use url::Url;

/// The address of a database. `Display` shows it without its password, for messages and logs.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A PostgreSQL server, with everything that is needed to connect.
    Postgres(String),
}

/// What is wrong with the text of an address. The text may hold a password, so no message repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Neither of the two databases.
    #[error("--database must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME")]
    Scheme,
    /// No file, or `:memory:`.
    #[error("--database sqlite: must be followed by the path of a file, such as sqlite:/var/lib/latchkey/latchkey.db")]
    NoFile,
    /// `?mode=…`.
    #[error("--database sqlite: takes a path and no parameters; a file with ? in its name must be in --data-dir")]
    Parameters,
    /// More than one line, or nothing.
    #[error("--database must be one line")]
    Lines,
    /// A parameter that sqlx does not know, whose value may be a password.
    #[error(
        "--database postgres:// has an unknown parameter; known are sslmode, sslrootcert, sslcert, sslkey, host, port, \
         dbname, user, password, application_name and options"
    )]
    UnknownParameter,
    /// Not a URL.
    #[error(
        "--database is no URL of the form postgres://USER:PASSWORD@HOST/NAME; encode special characters of the password"
    )]
    Url,
}

/// Parameters of an address that sqlx knows. It logs others with their values.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

impl Address {
    /// The file of SQLite.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() || text.contains(char::is_control) {
            return Err(AddressError::Lines);
        }
        let (scheme, rest) = text.split_once(':').ok_or(AddressError::Scheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => {
                if rest.contains('?') {
                    return Err(AddressError::Parameters);
                }
                // `sqlite:PATH` and `sqlite://PATH`; other tools write an absolute path with three or four slashes.
                let path = match rest.len() - rest.trim_start_matches('/').len() {
                    2 => &rest[2..],
                    slashes => &rest[slashes.saturating_sub(1)..],
                };
                if path.is_empty() || path.starts_with(':') || path.ends_with('/') {
                    return Err(AddressError::NoFile);
                }
                Ok(Self::Sqlite(path.into()))
            }
            "postgres" | "postgresql" => {
                let text = format!("postgres:{rest}");
                match Url::parse(&text) {
                    Ok(url) if rest.starts_with("//") && !url.cannot_be_a_base() => {
                        let is_known = |name: &str| PARAMETERS.contains(&name) || name.starts_with("options[");
                        if url.query_pairs().all(|(name, _)| is_known(&name)) {
                            Ok(Self::Postgres(text))
                        } else {
                            Err(AddressError::UnknownParameter)
                        }
                    }
                    _ => Err(AddressError::Url),
                }
            }
            _ => Err(AddressError::Scheme),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(text) => {
                // Parameters may hold a password, too.
                let Ok(url) = Url::parse(text) else { return f.write_str("postgres:") };
                f.write_str("postgres://")?;
                if !url.username().is_empty() {
                    write!(f, "{}@", url.username())?;
                }
                f.write_str(url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
        }
    }
}

/// A text without the passwords of addresses in it, for messages that repeat what somebody has typed.
#[must_use]
pub fn without_passwords(text: &str) -> String {
    let mut parts = text.split("://");
    let mut hidden = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        hidden += "://";
        let end = part.find(|letter: char| letter.is_whitespace() || matches!(letter, '\'' | '"' | '`'));
        let (address, rest) = part.split_at(end.unwrap_or(part.len()));
        // The placeholder in our own messages.
        let address_or_placeholder = address.strip_prefix("USER:PASSWORD@").map_or(address, |_| "");
        let shown = address_or_placeholder.rsplit_once('@').map_or(address, |(_, host)| host);
        let shown = shown.split('?').next().unwrap_or_default();
        hidden += if shown.len() < address.len() { "\u{2026}" } else { "" };
        hidden += shown;
        hidden += rest;
    }
    hidden
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_addresses_of_other_tools_name_the_same_file() {
        for (text, path) in [
            ("sqlite:latchkey.db", "latchkey.db"),
            ("sqlite:a b/100%.db#x", "a b/100%.db#x"),
            ("sqlite://latchkey.db", "latchkey.db"),
            ("sqlite:./latchkey.db", "./latchkey.db"),
            ("sqlite:/srv/latchkey.db", "/srv/latchkey.db"),
            ("sqlite:///srv/latchkey.db", "/srv/latchkey.db"),
            ("sqlite:////srv/latchkey.db", "/srv/latchkey.db"),
            ("SQLite:latchkey.db", "latchkey.db"),
        ] {
            assert_eq!(text.parse(), Ok(Address::Sqlite(path.into())), "{text}");
        }
        for (text, error) in [
            ("sqlite:", AddressError::NoFile),
            ("sqlite://", AddressError::NoFile),
            ("sqlite::memory:", AddressError::NoFile),
            ("sqlite://:memory:", AddressError::NoFile),
            ("sqlite:folder/", AddressError::NoFile),
            ("sqlite:latchkey.db?mode=rwc", AddressError::Parameters),
            ("latchkey.db", AddressError::Scheme),
            ("mysql://root:s3cret@db/x", AddressError::Scheme),
            ("", AddressError::Lines),
            ("postgres://u:s3cret@h/x\nmore", AddressError::Lines),
            ("postgres://h/x?sslpassword=s3cret", AddressError::UnknownParameter),
            ("postgres:latchkey", AddressError::Url),
            ("postgres://user:s3c#ret@db:x/latchkey", AddressError::Url),
        ] {
            assert_eq!(text.parse::<Address>(), Err(error), "{text}");
            assert!(!error.to_string().contains("s3c"));
        }
    }

    #[test]
    fn password_is_taken_out_of_a_message() {
        for (text, shown) in [
            ("unexpected argument 'postgres://u:S3c@h/x' found", "unexpected argument 'postgres://\u{2026}h/x' found"),
            ("postgres://u:p@ss@h/x: no", "postgres://\u{2026}h/x: no"),
            ("postgres://h/x?password=S3c", "postgres://\u{2026}h/x"),
            (
                "must be like https://keys.example.com, without a path",
                "must be like https://keys.example.com, without a path",
            ),
            ("no address", "no address"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }

    #[test]
    fn password_is_shown_in_no_form_of_the_address() {
        for (text, shown) in [
            ("postgres://user:s3cret@db/latchkey", "postgres://user@db/latchkey"),
            ("POSTGRESQL://user:s3cret@db:6432/latchkey", "postgres://user@db:6432/latchkey"),
            ("postgres://user:p%40s3cret@db/latchkey?sslmode=require", "postgres://user@db/latchkey"),
            ("postgres://db/latchkey?user=user&password=s3cret", "postgres://db/latchkey"),
            ("postgres://user:s3cret@[2001:db8::1]/latchkey", "postgres://user@[2001:db8::1]/latchkey"),
            ("postgres:///latchkey?host=/run/postgresql", "postgres:///latchkey"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.to_string().as_str(), format!("{address:?}").as_str()), (shown, shown), "{text}");
        }
    }
}
