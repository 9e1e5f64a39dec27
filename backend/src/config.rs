//! What the operator chooses, from the command line or the environment. `latchkey serve --help` prints these
//! comments: they are the manual.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, str::FromStr, time::Duration};

use clap::{Args, FromArgMatches as _, ValueEnum};
use latchkey_shared::{Email, Network, Problem, TokenName};
use url::Url;

use crate::{
    accounts, gatekeeper,
    http::client_ip::{ClientIpHeader, Proxies},
    keys::{self, Key, KeyFileError},
    store::{Address, AddressError},
};

/// Where data are kept; the same for every command.
#[derive(Debug, Clone, Args)]
pub struct DataConfig {
    /// Where the embedded database and the master key are kept. The server makes it when it is absent, for its owner alone.
    #[arg(long, env = "LATCHKEY_DATA_DIR", value_name = "DIR", default_value = "latchkey-data")]
    pub data_dir: PathBuf,

    /// The database: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME. By default sqlite, in the data folder.
    #[arg(long, env = "LATCHKEY_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,

    /// A file that holds the database's address, readable by its owner alone (mode 600), so that its password is
    /// neither in the list of processes nor in the environment.
    #[arg(long, env = "LATCHKEY_DATABASE_FILE", value_name = "FILE", conflicts_with = "database")]
    pub database_file: Option<PathBuf>,
}

impl DataConfig {
    /// The database's address.
    ///
    /// # Errors
    /// Says what is wrong with it, or with its file, on one line and without the address.
    pub fn address(&self) -> Result<Address, String> {
        match (&self.database, &self.database_file) {
            (Some(text), _) => text.parse().map_err(|error: AddressError| error.to_string()),
            (None, Some(path)) => {
                let text = keys::secret_file(path).map_err(|error| error.to_string())?;
                let text = text.ok_or_else(|| format!("--database-file: {} does not exist", path.display()))?;
                if text.trim().is_empty() {
                    return Err(format!("--database-file: {} is empty", path.display()));
                }
                text.parse().map_err(|error| format!("--database-file {}: {error}", path.display()))
            }
            (None, None) => Ok(Address::Sqlite(self.data_dir.join("latchkey.db"))),
        }
    }
}

/// A variable of the environment; an empty one counts as unset. Bytes that are no UTF-8 become U+FFFD.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
}

/// A password from the environment, or from the file that the environment names with `…_FILE` behind it. The line end
/// that editors and secret stores leave is no part of it.
///
/// # Errors
/// Says what is wrong with the variable or the file.
pub fn password(name: &str) -> Result<Option<String>, String> {
    let without_line_end = |text: &str| text.trim_end_matches(['\r', '\n']).to_owned();
    let file = format!("{name}_FILE");
    match (variable(name), variable(&file)) {
        (Some(_), Some(_)) => Err(format!("{name} and {file} are both set")),
        (Some(text), None) if text.contains(char::REPLACEMENT_CHARACTER) => Err(format!("{name} is not UTF-8")),
        (Some(text), None) => Ok(Some(without_line_end(&text))),
        (None, Some(path)) => {
            let text = keys::secret_file(path.as_ref()).map_err(|error| error.to_string())?;
            let text = text.ok_or_else(|| format!("{file}: {path} does not exist"))?;
            Ok(Some(without_line_end(&text)))
        }
        (None, None) => Ok(None),
    }
}

/// For how long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It is never removed.
    Forever,
    /// For so many days.
    Days(NonZeroU32),
}

impl Keep {
    /// The days, if it is removed at all.
    #[must_use]
    pub fn days(self) -> Option<u32> {
        match self {
            Self::Forever => None,
            Self::Days(days) => Some(days.get()),
        }
    }
}

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "forever" => Ok(Self::Forever),
            days => days.parse().map(Self::Days).map_err(|_| "must be a number of days, or `forever`".to_owned()),
        }
    }
}

/// A list of networks, separated by commas.
#[derive(Debug, Clone, Default)]
pub struct Networks(pub Vec<Network>);

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let networks = text.split(',').map(str::trim).filter(|network| !network.is_empty());
        networks.map(str::parse).collect::<Result<_, Problem>>().map(Self).map_err(|problem| problem.to_string())
    }
}

/// An address to listen on, for clap.
fn listen(text: &str) -> Result<SocketAddr, String> {
    let wrong = || "must be like 127.0.0.1:8080, or 0.0.0.0:8080 for every address of this machine".to_owned();
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    match text.rsplit_once(':') {
        Some((host, port)) if host.eq_ignore_ascii_case("localhost") => {
            port.parse().map(|port| ([127, 0, 0, 1], port).into()).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ServerRole {
    /// Everything.
    All,
    /// The API and the page.
    Console,
    /// The checks.
    Gatekeeper,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Where the master key is kept.
#[derive(Debug, Clone, Args)]
pub struct KeyConfig {
    /// The master key: 64 hex digits, readable by its owner alone (mode 600). By default master.key in the data
    /// folder, made on first start. Keep a copy apart from the database's. LATCHKEY_MASTER_KEY may hold the
    /// digits themselves instead.
    #[arg(long, env = "LATCHKEY_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
}

impl KeyConfig {
    /// The file of the master key.
    #[must_use]
    pub fn path(&self, data: &DataConfig) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| data.data_dir.join("master.key"))
    }

    /// The master key that the operator gave, if any.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn given(&self, data: &DataConfig) -> Result<Option<Key>, KeyFileError> {
        match (variable("LATCHKEY_MASTER_KEY"), &self.master_key_file) {
            (Some(_), Some(_)) => Err(KeyFileError::Both("LATCHKEY_MASTER_KEY", "--master-key-file")),
            (Some(text), None) => keys::parse(&text, "LATCHKEY_MASTER_KEY").map(Some),
            (None, _) => keys::read(&self.path(data)),
        }
    }
}

/// How the server runs.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// The address to listen on. Port 0 takes a free one and prints it.
    #[arg(long, env = "LATCHKEY_LISTEN", value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", value_parser = listen)]
    pub listen: SocketAddr,

    /// Where data are kept.
    #[command(flatten)]
    pub data: DataConfig,

    /// What this process does: all; console, the API and the page alone; or gatekeeper, which answers proxies and
    /// resource servers, and holds no key that reveals another. Console and gatekeeper need PostgreSQL.
    #[arg(long, env = "LATCHKEY_ROLE", value_enum, default_value_t = ServerRole::All)]
    pub role: ServerRole,

    /// Answer proxies and resource servers (/gateway and /oauth2/introspect) on this address, and no longer on the one
    /// above.
    #[arg(long, env = "LATCHKEY_GATEWAY_LISTEN", value_name = "ADDR:PORT", value_parser = listen)]
    pub gateway_listen: Option<SocketAddr>,

    /// Serve /metrics for Prometheus on this address. By default nowhere.
    #[arg(long, env = "LATCHKEY_METRICS_LISTEN", value_name = "ADDR:PORT", value_parser = listen)]
    pub metrics_listen: Option<SocketAddr>,

    /// How the log is written: text, or json for programs.
    #[arg(long, env = "LATCHKEY_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// The pepper, for a gatekeeper, which has no master key: what `latchkey pepper` prints, readable by its owner
    /// alone. LATCHKEY_PEPPER may hold the digits themselves instead.
    #[arg(long, env = "LATCHKEY_PEPPER_FILE", value_name = "FILE")]
    pub pepper_file: Option<PathBuf>,

    /// The modules and extensions of your platform, as TOML. By default those that are built in.
    #[arg(long, env = "LATCHKEY_CATALOGUE", value_name = "FILE")]
    pub catalogue: Option<PathBuf>,

    /// Where the master key is kept.
    #[command(flatten)]
    pub key: KeyConfig,

    /// Leave out the example API: /agreements and its rows.
    #[arg(long = "no-examples", env = "LATCHKEY_NO_EXAMPLES", action = clap::ArgAction::SetTrue, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_examples: bool,

    /// The address under which people reach the console, such as https://keys.example.com. With https, cookies are sent
    /// over TLS alone and browsers are told to insist on it. A refusal names it, so give it to gatekeepers, too.
    #[arg(long, env = "LATCHKEY_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<String>,

    /// The proxies before the server, as networks: 10.0.0.0/8,127.0.0.1. What they say of the client's address counts;
    /// from anybody else it does not.
    #[arg(
        long,
        env = "LATCHKEY_TRUSTED_PROXIES",
        value_name = "NETWORKS",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: Networks,

    /// The header in which those proxies name the client. Only this one counts.
    #[arg(long, env = "LATCHKEY_CLIENT_IP_HEADER", value_enum, default_value_t)]
    pub client_ip_header: ClientIpHeader,

    /// For how many seconds cached keys go on working while the database is unreachable (PostgreSQL). Changes are
    /// refused meanwhile.
    #[arg(long, env = "LATCHKEY_DATABASE_GRACE", value_name = "SECONDS", default_value_t = 60)]
    pub database_grace: u64,

    /// How many seconds after giving their password a user may view keys, create, rotate, renew and enable tokens, and
    /// give them more access. Later the console asks for the password again.
    #[arg(long, env = "LATCHKEY_RECENT_SIGN_IN", value_name = "SECONDS", default_value_t = 3600)]
    pub recent_sign_in: u32,

    /// For how many days the calls of each token are kept, by day, or `forever`.
    #[arg(long, env = "LATCHKEY_KEEP_CALLS", value_name = "DAYS", default_value = "400")]
    pub keep_calls: Keep,

    /// For how many days the events of the audit trail are kept, or `forever`.
    #[arg(long, env = "LATCHKEY_KEEP_EVENTS", value_name = "DAYS", default_value = "forever")]
    pub keep_events: Keep,

    /// On an empty database: the address of the first admin.
    #[arg(long, env = "LATCHKEY_ADMIN_EMAIL", value_name = "EMAIL", default_value = "admin@localhost", value_parser = email)]
    pub admin_email: Email,

    /// On an empty database: the password of the first admin, from LATCHKEY_ADMIN_PASSWORD or the file that
    /// LATCHKEY_ADMIN_PASSWORD_FILE names. By default one is made and printed once.
    #[arg(skip)]
    pub admin_password: Option<String>,

    /// On an empty database: the name of the account.
    #[arg(long, env = "LATCHKEY_ACCOUNT_NAME", value_name = "NAME", default_value = "My Organisation", value_parser = name)]
    pub account_name: String,
}

impl Config {
    /// The configuration of a command that uses parts of a server: that of a server with the same environment.
    ///
    /// # Errors
    /// What is wrong with the environment.
    pub fn of_command(data: DataConfig, key: KeyConfig) -> Result<Self, String> {
        let command = Self::augment_args(clap::Command::new("latchkey"));
        let matches = command.try_get_matches_from(["latchkey"]).map_err(|error| error.to_string())?;
        let config = Self::from_arg_matches(&matches).map_err(|error| error.to_string())?;
        Ok(Self { data, key, ..config })
    }

    /// Whether browsers reach the server over TLS.
    #[must_use]
    pub fn is_behind_tls(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Whether the example API is served.
    #[must_use]
    pub fn has_examples(&self) -> bool {
        !self.no_examples
    }

    /// What the gatekeeper needs to know.
    #[must_use]
    pub fn gatekeeper(&self) -> gatekeeper::Options {
        let grace = Duration::from_secs(self.database_grace);
        let proxies = Proxies { networks: self.trusted_proxies.0.clone(), header: self.client_ip_header };
        gatekeeper::Options { proxies, grace, console: self.public_url.clone() }
    }

    /// Whether proxies and resource servers are answered beside the API.
    #[must_use]
    pub fn has_gateway(&self) -> bool {
        self.role != ServerRole::Console && self.gateway_listen.is_none()
    }

    /// The pepper that the operator gave a gatekeeper.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn pepper(&self) -> Result<Key, KeyFileError> {
        match (variable("LATCHKEY_PEPPER"), &self.pepper_file) {
            (Some(_), Some(_)) => Err(KeyFileError::Both("LATCHKEY_PEPPER", "--pepper-file")),
            (Some(text), None) => keys::parse(&text, "LATCHKEY_PEPPER"),
            (None, Some(path)) => keys::read(path)?.ok_or_else(|| KeyFileError::Absent(path.clone())),
            (None, None) => Err(KeyFileError::NoPepper),
        }
    }
}

/// An e-mail address, for clap.
///
/// # Errors
/// Says what is wrong with it.
pub fn email(text: &str) -> Result<Email, String> {
    accounts::sign_in_address(text).map_err(|problem| problem.to_string())
}

fn name(text: &str) -> Result<String, String> {
    TokenName::try_from(text.to_owned()).map(Into::into).map_err(|problem| problem.to_string())
}

/// The origin of a URL as browsers send it in `Origin`: lower case, the host in ASCII, without a default port and
/// without a slash at the end.
fn public_url(text: &str) -> Result<String, String> {
    let wrong = || "must be like https://keys.example.com, without a path".to_owned();
    let text = text.trim();
    let url = Url::parse(text).map_err(|error| format!("{} ({error})", wrong()))?;
    let host = url.host_str().unwrap_or_default();
    let is_name = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let is_host = host.starts_with('[') || host.split('.').all(is_name);
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_bare =
        is_bare && url.username().is_empty() && url.password().is_none() && !text.contains(char::is_whitespace);
    if !matches!(url.scheme(), "http" | "https") || !is_host || !is_bare {
        return Err(wrong());
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_takes_localhost_and_explains_the_rest() {
        assert_eq!(listen("Localhost:8080").unwrap().to_string(), "127.0.0.1:8080");
        assert_eq!(listen(" [::1]:8080").unwrap().to_string(), "[::1]:8080");
        for text in ["8080", ":8080", "localhost", "localhost:http", "example.com:8080", ""] {
            assert!(listen(text).unwrap_err().contains("127.0.0.1:8080"), "{text}");
        }
    }

    #[test]
    fn retention_is_days_or_forever() {
        assert_eq!("forever".parse(), Ok(Keep::Forever));
        assert_eq!("400".parse::<Keep>().unwrap().days(), Some(400));
        for text in ["0", "-1", "", "never", "1.5"] {
            assert!(text.parse::<Keep>().is_err(), "{text}");
        }
    }

    #[test]
    fn networks_may_have_blanks_and_a_comma_at_the_end() {
        let networks: Networks = " 10.0.0.0/8 , 127.0.0.1,".parse().unwrap();
        assert_eq!(networks.0.len(), 2);
        assert!(Networks::from_str("10.0.0.1/8").is_err());
        assert!(Networks::from_str("").unwrap().0.is_empty());
    }

    #[test]
    fn public_url_is_the_origin_that_browsers_send() {
        for (text, origin) in [
            ("https://keys.example.com", "https://keys.example.com"),
            ("https://keys.example.com/", "https://keys.example.com"),
            ("HTTPS://Keys.Example.COM:443/", "https://keys.example.com"),
            ("http://keys.example.com:80", "http://keys.example.com"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
            (" https://keys.example.com\n", "https://keys.example.com"),
            ("https://k\u{e4}ys.example.com", "https://xn--kys-qla.example.com"),
        ] {
            assert_eq!(public_url(text).as_deref(), Ok(origin), "{text:?}");
        }
        for text in [
            "keys.example.com",
            "ftp://keys.example.com",
            "https://",
            "https://keys.example.com/console",
            "https://keys.example.com/?a",
            "https://keys.example.com/#a",
            "https://keys example.com",
            "https://user:secret@keys.example.com",
            "https://keys.example.com:abc",
            "https://keys.example.com:99999",
            "https://a,b",
            "https://keys..example.com",
        ] {
            let problem = public_url(text).unwrap_err();
            assert!(problem.contains("https://keys.example.com") && !problem.contains("secret"), "{text:?}");
        }
    }
}
