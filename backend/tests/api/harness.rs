//! A server in this process over a fresh database, and clients that speak to it.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::Response,
};
use clap::Parser as _;
use http_body_util::BodyExt as _;
use latchkey::{
    accounts::user_add::{self, NewUser},
    catalogue::Catalogue,
    clock::Clock,
    config::Config,
    keys::Key,
    rng::Rng,
    routes::{self, Surface},
    rql::Filter,
    serve,
    state::AppState,
    store::{
        EventQuery, Store, TokenRow,
        entities::{account, event, user},
    },
};
use latchkey_shared::{Role, Timestamp};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

pub const ADMIN: &str = "admin@example.com";
pub const PASSWORD: &str = "correct horse battery";
pub const CUSTOM: &str = "EXT-000-001";
pub const ZAPIER: &str = "EXT-000-003";
pub const PARTNERS: &str = "MD-0002";
pub const INTEGRATIONS: &str = "MD-0007";
pub const INTROSPECTION: &str = "MD-9001";
pub const ALL: &str = "MD-0000";

/// Which database a test runs on.
#[derive(Debug, Clone, Copy)]
pub enum Database {
    Sqlite,
    Postgres,
}

pub use Database::{Postgres, Sqlite};

/// A server with its own database.
pub struct Server {
    pub app: AppState,
    pub clock: Clock,
    pub url: String,
    surface: Surface,
    /// Removed when the test is over.
    _folder: tempfile::TempDir,
}

#[derive(clap::Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

pub fn config(flags: &[&str]) -> Config {
    Flags::parse_from(["test", "--admin-email", ADMIN].iter().chain(flags)).config
}

pub fn master() -> Key {
    Key::new([7; 32])
}

/// The address of a new, empty database.
pub async fn new_database(database: Database, folder: &tempfile::TempDir) -> String {
    match database {
        Sqlite => format!("sqlite:{}", folder.path().join("latchkey.db").display()),
        Postgres => {
            let server =
                std::env::var("LATCHKEY_TEST_POSTGRES").expect("run `cargo xtask test`, which starts PostgreSQL");
            let name = format!("t{}", Rng::system().hex::<8>());
            let connection = sea_orm::Database::connect(&server).await.unwrap();
            connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
            connection.close().await.unwrap();
            format!("{}/{name}", server.rsplit_once('/').unwrap().0)
        }
    }
}

impl Server {
    pub async fn start(database: Database) -> Self {
        Self::start_with(database, &[], Catalogue::built_in().unwrap()).await
    }

    /// A server with the catalogue of this text.
    pub async fn start_with_catalogue(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("catalogue.toml");
        std::fs::write(&file, text).unwrap();
        Self::start_with(Sqlite, &[], Catalogue::read(&file).unwrap()).await
    }

    pub async fn start_with(database: Database, flags: &[&str], catalogue: Catalogue) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = new_database(database, &folder).await;
        let store = Store::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        let clock = Clock::manual(Timestamp::from_unix(1_800_000_000));
        let mut config = config(flags);
        config.admin_password = Some(PASSWORD.to_owned());
        let (app, made) =
            serve::assemble(config, catalogue, store, &master(), clock.clone(), Rng::seeded(1)).await.unwrap();
        assert!(made.is_some());
        Self { surface: routes::server(&app), app, clock, url, _folder: folder }
    }

    /// A token of the first account, as it is kept.
    pub async fn row(&self, id: &str) -> TokenRow {
        let account = self.app.store.first_account().await.unwrap().unwrap();
        self.app.store.token(&account.id, id).await.unwrap().unwrap()
    }

    /// Nobody.
    pub fn anonymous(&self) -> Client<'_> {
        Client { server: self, headers: Vec::new() }
    }

    /// Somebody signed in.
    pub async fn sign_in(&self, email: &str) -> Client<'_> {
        let answer = self.anonymous().post("/auth/login", json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        self.anonymous().with("cookie", &cookie)
    }

    /// The first admin, signed in.
    pub async fn admin(&self) -> Client<'_> {
        self.sign_in(ADMIN).await
    }

    /// Another user of the first account, signed in.
    pub async fn user(&self, role: Role) -> Client<'_> {
        let account = self.app.store.first_account().await.unwrap().unwrap();
        self.add_user(&account.id, role.as_str(), role).await
    }

    pub async fn add_user(&self, account_id: &str, name: &str, role: Role) -> Client<'_> {
        let email = format!("{name}@example.com");
        let new = NewUser {
            email: email.clone().try_into().unwrap(),
            name: name.to_owned(),
            role,
            password: PASSWORD.to_owned(),
        };
        let tx = self.app.store.begin().await.unwrap();
        user_add::add(&tx, &self.app.clock, &self.app.rng, account_id, new).await.unwrap();
        tx.commit().await.unwrap();
        self.sign_in(&email).await
    }

    /// Changes a user of [`add_user`](Self::add_user), as an operator does.
    pub async fn change_user(&self, name: &str, change: impl FnOnce(&mut user::Model)) {
        let mut user = self.app.store.user_by_email(&format!("{name}@example.com")).await.unwrap().unwrap();
        change(&mut user);
        let tx = self.app.store.begin().await.unwrap();
        tx.update_user(user).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The admin of a second account, signed in.
    pub async fn stranger(&self) -> Client<'_> {
        let id = "PA-000-001".to_owned();
        let account = account::Model { id: id.clone(), name: "Stranger".to_owned(), created_at: 2_000_000_000 };
        let tx = self.app.store.begin().await.unwrap();
        tx.insert_account(account).await.unwrap();
        tx.commit().await.unwrap();
        self.add_user(&id, "stranger", Role::Admin).await
    }

    /// A client with the key of a token.
    pub fn key(&self, token: &Value) -> Client<'_> {
        self.anonymous().with("authorization", &header_value(token))
    }

    /// The audit trail of the first account, oldest first.
    pub async fn events(&self) -> Vec<event::Model> {
        let account = self.app.store.first_account().await.unwrap().unwrap();
        let filter = Filter::And(Vec::new());
        let query = EventQuery {
            account_id: &account.id,
            filter: &filter,
            ascending: true,
            before: None,
            limit: 100_000,
            offset: 0,
        };
        self.app.store.list_events(&query).await.unwrap().0
    }

    /// What the audit trail of the first account says, oldest first: action and object.
    pub async fn trail(&self) -> Vec<String> {
        self.events()
            .await
            .into_iter()
            .map(|event| format!("{} {} {}", event.actor_name, event.action, event.object_name))
            .collect()
    }
}

/// The key of a created token, as clients send it.
pub fn header_value(token: &Value) -> String {
    format!("ApiKey {}:{}", token["id"].as_str().unwrap(), token["token"].as_str().unwrap())
}

/// A body that creates a token with `modules`.
pub fn new_token(name: &str, modules: &[&str]) -> Value {
    let permissions: Vec<Value> = modules.iter().map(|id| json!({ "object": { "id": id } })).collect();
    json!({ "name": name, "extension": { "id": CUSTOM }, "permissions": permissions })
}

/// Somebody who calls.
#[derive(Clone)]
pub struct Client<'a> {
    server: &'a Server,
    headers: Vec<(String, String)>,
}

impl Client<'_> {
    /// Sends one more header with every request.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// Sends a request. `path` is below the API's base path, unless it names what stands beside it,
    /// or says so: `//beside/sign-in`.
    pub async fn send(&self, method: Method, path: &str, body: Body) -> Answer {
        let (parts, body) = self.open(method, path, body).await.into_parts();
        // A stream of events never ends.
        let is_endless = parts.headers.get(header::CONTENT_TYPE).is_some_and(|it| it == "text/event-stream");
        let body = if is_endless { Body::empty() } else { body };
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body: text, json }
    }

    /// As [`send`](Self::send), without waiting for the body.
    pub async fn open(&self, method: Method, path: &str, body: Body) -> Response {
        let beside = ["/public/", "/gateway", "/oauth2", "/healthz", "/readyz", "/nothing.js", "/api-reference"]
            .iter()
            .any(|start| path.starts_with(start));
        let path = match path.strip_prefix("//beside") {
            Some(path) => path.to_owned(),
            None if beside => path.to_owned(),
            None => format!("/public/v1{path}"),
        };
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let peer = "192.0.2.7:4000".parse().unwrap();
        self.server.surface.respond(peer, request.body(body).unwrap()).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        let client = self.with(header::CONTENT_TYPE.as_str(), "application/json");
        client.send(method, path, Body::from(body.to_string())).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }

    /// A POST without a body, as the Connect clients send actions.
    pub async fn act(&self, path: &str) -> Answer {
        self.send(Method::POST, path, Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Body::empty()).await
    }

    /// Creates a token with `modules`, or ends the test.
    pub async fn create(&self, name: &str, modules: &[&str]) -> Value {
        self.post("/auth/tokens", new_token(name, modules)).await.expect(StatusCode::CREATED)
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub json: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The revision that the `ETag` begins with.
    pub fn revision(&self) -> &str {
        self.header("etag").trim_matches('"').split('-').next().unwrap_or_default()
    }

    /// The body, when the status is `status`.
    pub fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.json
    }

    /// Checks an error: its status, its code, and that the body has the one shape that clients understand.
    pub fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.json["error_code"], code, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/json");
        let errors = self.json["errors"].as_array().unwrap();
        // The codes of the lines, where there are any, and nothing else.
        let problems = self.json.get("problems").map(|problems| problems.as_array().unwrap().len());
        assert!(problems.is_none_or(|count| count == errors.len()), "{}", self.body);
        assert_eq!(self.json.as_object().unwrap().len(), 2 + usize::from(problems.is_some()), "{}", self.body);
        let lines: Vec<&str> = errors.iter().map(|line| line.as_str().unwrap()).collect();
        lines.join("\n")
    }
}
