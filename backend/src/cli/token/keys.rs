//! `latchkey token create`, `show` and `rotate`: tokens one by one, and the only commands that print a key.

use std::{fmt::Write as _, time::Duration};

use axum::http::HeaderMap;
use clap::Args;
use latchkey_shared::{ExtensionRef, Module, ModuleId, NewTokenBody, ReplacementBody, Secret, Timestamp};
use serde_json::{Value, json};

use super::super::operator::{Operator, catalogue_in_force, token_id};
use crate::{
    accounts::first_start,
    catalogue::{Catalogue, api::CredentialForm, integrations},
    clock::Clock,
    config::{Config, KeyConfig},
    http::Caller,
    keys::Keys,
    rng::Rng,
    serve,
    state::AppState,
    store::{Store, TokenRow, entities::token},
    tokens::{
        create::{self, Once},
        previous_works, rotate, status,
    },
};

/// What making a key needs.
#[derive(Debug, Args)]
pub struct Maker {
    #[command(flatten)]
    operator: Operator,

    #[command(flatten)]
    key: KeyConfig,
}

/// A token to create.
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    maker: Maker,

    /// Its name.
    #[arg(long)]
    name: String,

    /// Its id in your own system. If the account has such a token, nothing is created, and no key is printed.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,

    /// What it is for.
    #[arg(long)]
    description: Option<String>,

    /// The kind of integration, by name. By default the first of the catalogue.
    #[arg(long, value_name = "NAME")]
    extension: Option<String>,

    /// A module that it may use, by id or by name; several times for several. Required, unless the extension says which.
    #[arg(long = "module", value_name = "ID|NAME")]
    modules: Vec<String>,

    /// When it ends: in so many days (90d), or a date like 2040-01-31T00:00:00Z. By default never.
    #[arg(long, value_name = "DAYS|DATE")]
    expires: Option<String>,

    /// An address or network from which the key works; several times for several.
    #[arg(long = "allowed-address", value_name = "NETWORK")]
    addresses: Vec<String>,

    /// How many calls a minute the key is good for.
    #[arg(long, value_name = "NUMBER")]
    calls_per_minute: Option<i64>,

    /// The account that owns it. By default the first.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

/// A token to look at.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    operator: Operator,

    /// The token.
    #[arg(value_name = "SU-ddd-ddd-ddd")]
    id: String,
}

/// A token that gets a new key.
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    maker: Maker,

    /// The token.
    #[arg(value_name = "SU-ddd-ddd-ddd")]
    id: String,

    /// For how long the old key works on, like 30m, 24h or 7d. By default not at all. There are two keys at most: a token
    /// that was rotated before with an overlap loses the older one.
    #[arg(long, value_name = "TIME", value_parser = time)]
    overlap: Option<Duration>,
}

/// A number of seconds, minutes, hours or days, with `s`, `m`, `h` or `d` behind it.
fn time(text: &str) -> Result<Duration, String> {
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let read = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(*unit)?.parse().ok()?;
        number.checked_mul(*seconds).map(Duration::from_secs)
    });
    read.ok_or_else(|| "must be like 90s, 30m, 24h or 7d".to_owned())
}

impl Maker {
    /// The parts of a server, over its database and its master key, with the catalogue in force and without any that runs.
    pub async fn app(&self) -> Result<AppState, String> {
        let Self { operator, key } = self;
        let store = operator.store().await?;
        let missing = || format!("there is no master key in {}", key.path(&operator.data).display());
        let master = key.given(&operator.data).map_err(|error| error.to_string())?.ok_or_else(missing)?;
        let check =
            first_start::key_check(&store).await?.ok_or("the database is not set up yet: start the server once")?;
        Keys::derive(&master).verify(&check).map_err(|error| error.to_string())?;
        let config = Config::of_command(operator.data.clone(), key.clone())?;
        let catalogue = catalogue_in_force(&store).await?;
        let (clock, rng) = (Clock::system(), Rng::system());
        let app = serve::assemble(config, catalogue, store, &master, clock, rng).await;
        app.map(|(app, _)| app).map_err(|error| error.to_string())
    }

    /// Waits until servers have seen what was committed.
    pub async fn settle(&self) -> Result<(), String> {
        self.operator.settle().await
    }

    pub fn print(&self, told: &Told) -> Result<(), String> {
        self.operator.print_one(&told.json, &told.text)
    }
}

/// The module that somebody names by its id or its name.
pub fn module(catalogue: &Catalogue, wanted: &str) -> Result<ModuleId, String> {
    let is_meant = |it: &&Module| it.id.as_str() == wanted || it.name.eq_ignore_ascii_case(wanted);
    catalogue.modules.iter().find(is_meant).map(|it| it.id.clone()).ok_or_else(|| {
        let names: Vec<&str> = catalogue.modules.iter().map(|it| it.name.as_str()).collect();
        format!("{wanted:?} is not a module of the catalogue in force, which has {}", names.join(", "))
    })
}

/// What is printed.
pub struct Told {
    json: Value,
    text: String,
}

impl Told {
    /// A token, without its key.
    pub fn token(row: &TokenRow, now: Timestamp) -> Self {
        let TokenRow { token, modules, last_use, .. } = row;
        let date = |at: Option<i64>| at.map(|at| Timestamp::from_unix(at).to_string());
        let modules: Vec<&str> = modules.iter().map(ModuleId::as_str).collect();
        let facts = [
            ("id", Some(token.id.clone())),
            ("account", Some(token.account_id.clone())),
            ("name", Some(token.name.clone())),
            ("status", Some(status(token, now).as_str().to_owned())),
            ("external_id", token.external_id.clone()),
            ("description", token.description.clone()),
            ("extension", Some(token.extension_name.clone())),
            ("modules", Some(modules.join(","))),
            ("expires", date(token.expires_at)),
            ("allowed_addresses", token.allowed_addresses.clone()),
            ("calls_per_minute", token.calls_per_minute.map(|calls| calls.to_string())),
            ("created", date(Some(token.created_at))),
            ("created_by", Some(token.created_by_name.clone())),
            ("last_used", date(last_use.as_ref().map(|last| last.at))),
            ("previous_key_works_until", previous_until(token, now)),
        ];
        let text = facts.iter().filter_map(|(name, value)| Some(format!("{name}\t{}\n", value.as_ref()?))).collect();
        let mut json = Value::from_iter(facts.into_iter().map(|(name, value)| (name, Value::from(value))));
        json["modules"] = modules.into();
        Self { json, text }
    }

    /// A new key, in itself and as the headers of the APIs that it opens.
    fn key(app: &AppState, row: &TokenRow, secret: &Secret, handle: Option<&Secret>) -> Self {
        let id = &row.token.id;
        let key = format!("{id}:{}", secret.expose());
        let catalogue = app.catalogue();
        let opens = |api: usize| {
            let mut rules = catalogue.rules.iter().filter(|rule| rule.api == api);
            row.modules.iter().any(ModuleId::is_all) || rules.any(|rule| catalogue.opens(&row.modules, &rule.module))
        };
        let apis = catalogue.apis.iter().enumerate().filter(|(at, _)| opens(*at)).map(|(_, api)| api);
        let mut headers: Vec<(&str, String)> =
            apis.filter_map(|api| Some((api.name.as_str(), api.credentials.first()?.header(&key)))).collect();
        let own = CredentialForm::ApiKey.header(&key);
        if catalogue.opens(&row.modules, &integrations()) && !headers.iter().any(|(_, header)| *header == own) {
            headers.push(("latchkey", own));
        }
        let mut text = format!("id\t{id}\nkey\t{key}\n");
        for (api, header) in &headers {
            let _ = writeln!(text, "header\t{header}{}{api}", if api.is_empty() { "" } else { "\t" });
        }
        let headers: Vec<Value> = headers.iter().map(|(api, header)| json!({ "api": api, "header": header })).collect();
        let handle = handle.map(Secret::expose);
        Self { json: json!({ "id": id, "key": key, "headers": headers, "handle": handle }), text }
    }
}

/// Until when the previous key of a token works, while it does.
fn previous_until(token: &token::Model, now: Timestamp) -> Option<String> {
    let ends = [token.previous_expires_at, token.expires_at];
    let end = || {
        ends.into_iter()
            .flatten()
            .min()
            .map_or_else(|| "for ever".to_owned(), |at| Timestamp::from_unix(at).to_string())
    };
    previous_works(token, now).then(end)
}

impl Create {
    /// Creates the token and prints its key, once.
    pub async fn run(self) -> Result<(), String> {
        let app = self.maker.app().await?;
        let account = match &self.account {
            Some(id) => {
                let found = app.store.account(id).await?;
                found.ok_or_else(|| format!("--account: there is no account {id}"))?
            }
            None => app.store.first_account().await?.ok_or("there is no account yet")?,
        };
        let caller = Caller::operator(account);
        let body = self.body(&app.catalogue(), app.clock.now())?;
        let created = match create::create_once(&app, &caller, body.clone()).await? {
            Once::Created(created) => created,
            Once::There(row) => return self.told_again(&app, &row, &body),
        };
        self.maker.settle().await?;
        let row = find(&app.store, created.info.id.as_str()).await?;
        let mut told = Told::key(&app, &row, &created.token, Some(&created.handle));
        told.json["created"] = true.into();
        self.maker.print(&told)
    }

    fn body(&self, catalogue: &Catalogue, now: Timestamp) -> Result<NewTokenBody, String> {
        let extension = match &self.extension {
            Some(name) => name.clone(),
            None => catalogue.extensions.first().map(|it| it.name.clone()).unwrap_or_default(),
        };
        let modules = self.modules.iter().map(|wanted| module(catalogue, wanted));
        let modules = modules.collect::<Result<Vec<ModuleId>, _>>().map_err(|error| format!("--module: {error}"))?;
        let named = ExtensionRef { id: None, name: Some(extension.clone()) };
        let asks = catalogue.extension(&named).is_some_and(|it| it.permissions.fixed().is_none());
        if modules.is_empty() && asks {
            let all = "All for every path of the APIs";
            return Err(format!("--module: name at least one, or {all}: the key would open nothing"));
        }
        let expires = match self.expires.as_deref().map(|text| (text, text.strip_suffix('d').map(str::parse::<i64>))) {
            Some((_, Some(Ok(days)))) => Some(now.plus(days.saturating_mul(86_400)).to_string()),
            Some((text, _)) if text.parse::<Timestamp>().is_err() => {
                return Err("--expires: must be days like 90d, or a date like 2040-01-31T00:00:00Z".to_owned());
            }
            Some((text, _)) => Some(text.to_owned()),
            None => None,
        };
        let permissions: Vec<Value> = modules.iter().map(|id| json!({ "object": { "id": id } })).collect();
        let body = json!({
            "name": self.name,
            "external_id": self.external_id,
            "description": self.description,
            "extension": { "name": extension },
            // An extension that fixes its modules takes none.
            "permissions": (!permissions.is_empty()).then_some(permissions),
            "expiration_date": expires,
            "allowed_addresses": (!self.addresses.is_empty()).then_some(&self.addresses),
            "calls_per_minute": self.calls_per_minute,
        });
        serde_json::from_value(body).map_err(|error| error.to_string())
    }

    /// Prints a token that is there already. One that may do something else than was asked for is an error: whoever asked
    /// would take it for what they have described.
    fn told_again(&self, app: &AppState, row: &TokenRow, body: &NewTokenBody) -> Result<(), String> {
        let mut wanted: Vec<&str> = body.permissions.iter().flatten().map(|it| it.object.id.as_str()).collect();
        let mut held: Vec<&str> = row.modules.iter().map(ModuleId::as_str).collect();
        wanted.sort_unstable();
        held.sort_unstable();
        let extension = body.extension.as_ref().and_then(|it| it.name.as_deref()).unwrap_or_default();
        let fixes =
            app.catalogue().extension_by_id(&row.token.extension_id).is_some_and(|it| it.permissions.fixed().is_some());
        let wanted_end = body.expiration_date.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        let ends_in_time = wanted_end.is_none_or(|end| row.token.expires_at.is_some_and(|own| own <= end.unix()));
        let same_rules = (body.allowed_addresses.is_none()
            || body.allowed_addresses.as_ref().map(|all| all.join(",")) == row.token.allowed_addresses)
            && (body.calls_per_minute.is_none() || body.calls_per_minute == row.token.calls_per_minute.map(i64::from));
        let status = status(&row.token, app.clock.now());
        if row.token.extension_name != extension
            || (!fixes && wanted != held)
            || !same_rules
            || !ends_in_time
            || !status.is_usable()
        {
            return Err(format!(
                "{} has this external id; it is {}, for {} with {}, from {}, with {} calls a minute and {}: nothing was created",
                row.token.id,
                status.as_str(),
                row.token.extension_name,
                if held.is_empty() { "no module".to_owned() } else { held.join(", ") },
                row.token.allowed_addresses.as_deref().unwrap_or("any address"),
                row.token.calls_per_minute.map_or_else(|| "any number of".to_owned(), |calls| calls.to_string()),
                row.token
                    .expires_at
                    .map_or_else(|| "without an end".to_owned(), |end| format!("until {}", Timestamp::from_unix(end))),
            ));
        }
        let mut told = Told::token(row, app.clock.now());
        told.json["created"] = false.into();
        self.maker.print(&told)
    }
}

/// The token of an id, of any account.
pub async fn find(store: &Store, id: &str) -> Result<TokenRow, String> {
    let id = token_id(id)?;
    let id = id.as_str();
    store.any_token(id).await?.ok_or_else(|| format!("there is no token {id}"))
}

/// The operator, for the account that owns a token.
pub async fn caller_for(app: &AppState, id: &str) -> Result<Caller, String> {
    let account_id = find(&app.store, id).await?.token.account_id;
    let account = app.store.account(&account_id).await?;
    Ok(Caller::operator(account.ok_or_else(|| format!("there is no account {account_id}"))?))
}

impl Show {
    /// Prints the token, without its key.
    pub async fn run(self) -> Result<(), String> {
        let store = self.operator.store().await?;
        let told = Told::token(&find(&store, &self.id).await?, Clock::system().now());
        self.operator.print_one(&told.json, &told.text)
    }
}

impl Rotate {
    /// Gives the token a new key and prints it, once.
    pub async fn run(self) -> Result<(), String> {
        let app = self.maker.app().await?;
        let caller = caller_for(&app, &self.id).await?;
        let overlap = self.overlap.map(|overlap| i64::try_from(overlap.as_secs()).unwrap_or(i64::MAX));
        let body = serde_json::from_value::<ReplacementBody>(json!({ "overlap": overlap }));
        let body = body.map_err(|error| error.to_string())?;
        let replaced =
            rotate::replace(&app, &caller, &self.id, &HeaderMap::new(), body, rotate::Rotation::Rotate).await;
        let replaced = replaced?.body;
        self.maker.settle().await?;
        let row = find(&app.store, &self.id).await?;
        let mut told = Told::key(&app, &row, &replaced.token, replaced.handle.as_ref());
        let until = previous_until(&row.token, app.clock.now());
        let _ = writeln!(told.text, "previous key works until\t{}", until.as_deref().unwrap_or("now"));
        told.json["previous_key_works_until"] = until.into();
        self.maker.print(&told)
    }
}
