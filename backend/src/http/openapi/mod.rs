//! The API document, OpenAPI 3.1, at `/public/v1/openapi.json`. Paths, bodies and answers come from the annotations
//! of the handlers and the declarations of the collections; what each route needs, and how it can refuse, from its
//! line in [`crate::routes::routes`].

mod examples;

use axum::{Extension, body::Bytes, http::header, response::IntoResponse};
use latchkey_shared::ErrorBody;
use serde_json::{Value, json};
use utoipa::{
    OpenApi,
    openapi::{
        Components, Content, HttpMethod, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, ResponseBuilder,
        Schema, Server, Type,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::{AnyOfBuilder, ArrayBuilder},
        security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme},
    },
};

use super::{Access, Route, paths};
use crate::{
    accounts, catalogue,
    collections::{self, Collection},
    events,
    rql::{Kind, Property, Query},
    sessions, statistics, tokens,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Latchkey", description = ABOUT, license(name = "Apache-2.0", identifier = "Apache-2.0")),
    paths(
        tokens::list::handler,
        tokens::create::handler,
        tokens::bulk::handler,
        tokens::export::handler,
        tokens::own::show,
        tokens::own::rotate,
        tokens::get::handler,
        tokens::update::handler,
        tokens::delete::handler,
        tokens::activate::handler,
        tokens::deactivate::handler,
        tokens::rotate::renew,
        tokens::rotate::rotate,
        tokens::overlap::handler,
        tokens::reveal::handler,
        tokens::permissions::list,
        tokens::permissions::grant,
        tokens::permissions::withdraw,
        tokens::explain::handler,
        tokens::sample::handler,
        tokens::usage::handler,
        tokens::hand_over::show,
        tokens::hand_over::make,
        tokens::hand_over::withdraw,
        tokens::holder::open,
        tokens::holder::take,
        tokens::holder::rotate,
        tokens::observed::list,
        events::list::handler,
        events::list::export_csv,
        events::list::export_json,
        events::live::handler,
        statistics::aggregates,
        statistics::summary,
        sessions::sign_in::handler,
        sessions::sign_out::handler,
        sessions::context::handler,
        sessions::own::list,
        sessions::own::end,
        sessions::own::change_password,
        accounts::invitation::handler,
        accounts::users::list,
        accounts::users::invite,
        accounts::users::invite_again,
        accounts::users::update,
        accounts::users::sign_out,
        accounts::list::handler,
        accounts::list::one,
        handler,
        catalogue::list::apis,
        catalogue::list::modules,
        catalogue::list::extensions,
        catalogue::list::module,
        catalogue::list::extension
    ),
    components(schemas(ErrorBody)),
    tags(
        (name = "Tokens", description = "Keys for integrations: create, scope, renew, rotate, disable, delete."),
        (name = "Account", description = "The account that the caller acts for."),
        (name = "Catalogue", description = "APIs, modules and extensions."),
        (name = "Hand-over", description = "Taking a key by a link that works once, without an account."),
        (name = "Session", description = "Signing in with a browser."),
        (name = "Examples", description = "Example collections behind the gatekeeper, read-only.")
    )
)]
struct Annotated;

const ABOUT: &str = "Programs send `Authorization: ApiKey SU-…:<secret>`; browsers have a session. Lists answer a bare \
array with `Content-Range: items first-last/total` and take RQL behind the `?`: `eq(status,active)`, `status=active`, \
`in(id,(a,b))`, `ilike(name,*report*)`, `and(…)`, `or(…)`, `not(…)`, `ordering(-name)`, `select(-events)`. Errors are \
`{\"error_code\", \"errors\": [lines]}`, and `problems` says the same as codes and values where programs need them. Every answer carries `Connect-Version`; to a key that ends within 14 days, its end in \
`X-Token-Expires`; to a key with `calls_per_minute`, what is left of them in `RateLimit` and `RateLimit-Policy`.";

/// This document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "get_document", tag = "Catalogue",
    responses((status = 200, description = "The document", body = serde_json::Value)))]
pub async fn handler(Extension(Text(text)): Extension<Text>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

/// The document as JSON.
#[derive(Debug, Clone)]
pub struct Text(Bytes);

impl Text {
    /// Serializes a document.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        Self(serde_json::to_vec(document).unwrap_or_default().into())
    }
}

/// The document of these routes.
#[must_use]
pub fn document<S>(routes: &[Route<S>]) -> Document {
    let mut document = Annotated::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.servers = Some(vec![Server::new(paths::BASE)]);
    let has = |path: &str| routes.iter().any(|route| route.path == path);
    for collection in collections::ALL.iter().filter(|collection| has(collection.path)) {
        let (list, one) = (list_of(collection), one_of(collection));
        document.paths.paths.insert(collection.path.to_owned(), PathItem::new(HttpMethod::Get, list));
        document.paths.paths.insert(format!("{}/{{id}}", collection.path), PathItem::new(HttpMethod::Get, one));
    }
    for route in routes {
        if let Some(operation) = operation(&mut document, route) {
            complete(operation, route);
        }
    }
    for (path, properties) in [
        ("/auth/tokens", tokens::list::PROPERTIES),
        ("/auth/tokens/export.csv", tokens::list::PROPERTIES),
        ("/auth/tokens/{id}/permissions", tokens::permissions::PROPERTIES),
        ("/auth/events", events::list::PROPERTIES),
        ("/auth/events/export.csv", events::list::PROPERTIES),
        ("/auth/events/export.jsonl", events::list::PROPERTIES),
        ("/auth/observed", tokens::observed::PROPERTIES),
        ("/apis", catalogue::list::APIS),
        ("/modules", catalogue::list::MODULES),
        ("/extensions", catalogue::list::EXTENSIONS),
        ("/accounts", accounts::list::PROPERTIES),
    ] {
        if let Some(list) = document.paths.paths.get_mut(path).and_then(|item| item.get.as_mut()) {
            add_query(list, properties);
        }
    }
    examples::add(&mut document);
    let components = document.components.get_or_insert_with(Components::new);
    let key = ApiKeyValue::with_description("Authorization", "`ApiKey SU-ddd-ddd-ddd:<secret>`, as *Copy* gives it.");
    let one = RefOr::Ref(Ref::from_schema_name("Withdrawal"));
    let several = ArrayBuilder::new().items(one.clone());
    components.schemas.insert("Withdrawal".to_owned(), withdrawal());
    components.schemas.insert("OneOrSeveral_Withdrawal".to_owned(), any_of([one, several.into()]));
    components.schemas.values_mut().for_each(drop_null_defaults);
    components.add_security_scheme(KEY, SecurityScheme::ApiKey(ApiKey::Header(key)));
    let cookie = ApiKeyValue::with_description("latchkey", "The session of a browser; `__Host-latchkey` over TLS.");
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    document
}

fn object(properties: &[(&str, RefOr<Schema>)], required: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::Object).required(required);
    properties.iter().fold(object, |object, (name, schema)| object.property(*name, schema.clone())).into()
}

fn any_of(forms: impl IntoIterator<Item = RefOr<Schema>>) -> RefOr<Schema> {
    let any = forms.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item);
    Schema::AnyOf(any.build()).into()
}

/// Takes `"default": null` out of the properties of an object. Left out is not null in an update, and generators take a
/// property with a default for one that is always there.
fn drop_null_defaults(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    for property in object.properties.values_mut() {
        let default = match property {
            RefOr::T(Schema::Object(property)) => &mut property.default,
            RefOr::T(Schema::Array(property)) => &mut property.default,
            RefOr::T(Schema::OneOf(property)) => &mut property.default,
            RefOr::T(Schema::AnyOf(property)) => &mut property.default,
            _ => continue,
        };
        *default = default.take().filter(|value| !value.is_null());
    }
}

/// A permission by its own id, or by its module.
fn withdrawal() -> RefOr<Schema> {
    let module = RefOr::Ref(Ref::from_schema_name("ObjectRef_ModuleId"));
    any_of([object(&[("id", string(None, None))], "id"), object(&[("object", module)], "object")])
}

const KEY: &str = "key";
const SESSION: &str = "session";

/// Every operation of the document.
fn operations(document: &mut Document) -> impl Iterator<Item = &mut Operation> {
    let paths = document.paths.paths.values_mut();
    paths.flat_map(|item| [&mut item.get, &mut item.post, &mut item.put, &mut item.delete]).filter_map(Option::as_mut)
}

/// The operation that describes `route`.
fn operation<'a>(document: &'a mut Document, route: &Route<impl Sized>) -> Option<&'a mut Operation> {
    let item = document.paths.paths.get_mut(&route.path)?;
    match route.method.as_str() {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

/// What every operation has by its kind: who may call it, and how it refuses.
fn complete(operation: &mut Operation, route: &Route<impl Sized>) {
    let requirement = |name| SecurityRequirement::new(name, Vec::<String>::new());
    operation.security = match route.access {
        Access::Public => Some(Vec::new()),
        Access::Session | Access::Admin | Access::Reveal => Some(vec![requirement(SESSION)]),
        Access::Key => Some(vec![requirement(KEY)]),
        _ => Some(vec![requirement(KEY), requirement(SESSION)]),
    };
    let changes = route.method != axum::http::Method::GET;
    let has_id = route.path.contains("{id}");
    let has_body = operation.request_body.is_some();
    let is_list = operation.responses.responses.get("200").is_some_and(answers_a_list);
    let of_token = ["/auth/tokens/{id}", "/auth/tokens/self"].iter().any(|start| route.path.starts_with(start));
    let has_query = ["/export.", "/explain"].iter().any(|part| route.path.contains(part));
    let refusals = [
        (is_list || has_body || has_query, "400", "A field of the body or the query is wrong"),
        (true, "401", "No credentials, or none that count"),
        (route.access != Access::Public || changes, "403", "The caller may not do this"),
        (has_id, "404", "There is no such object in the caller's account"),
        (has_body, "408", "The body did not arrive in time"),
        (
            changes && route.access != Access::Public && route.path != "/auth/logout",
            "409",
            "The object is not in a state for this",
        ),
        (
            of_token && changes,
            "412",
            "`If-Match` named the `ETag` of an earlier revision: the object has changed since it was read",
        ),
        (has_body, "413", "The body is too large"),
        (has_body, "415", "The body is not JSON"),
        (true, "429", "Too many attempts, or more calls of a key than it is good for: see `Retry-After`"),
        (true, "503", "The server cannot answer right now"),
    ];
    for (_, status, about) in refusals.into_iter().filter(|(applies, ..)| *applies) {
        let mut body = Content::new(Some(RefOr::Ref(Ref::from_schema_name("ErrorBody"))));
        body.example = examples::of_error(status);
        let response = ResponseBuilder::new().description(about).content("application/json", body).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
    let mut parameters = operation.parameters.take().unwrap_or_default();
    if has_id {
        parameters.push(parameter("id", ParameterIn::Path, "The id of the object", id_schema(&route.path)));
    }
    if of_token && changes {
        let about =
            "The `ETag` of the revision that was read: when somebody has changed the token since, nothing is done";
        parameters.push(parameter("If-Match", ParameterIn::Header, about, string(None, None)));
    }
    if REPEATABLE.contains(&route.path.as_str()) && route.method == axum::http::Method::POST {
        let about = "Repeated within a day, the same request does nothing again and gets the same answer";
        parameters.push(parameter("Idempotency-Key", ParameterIn::Header, about, string(Some("^[!-~]{1,255}$"), None)));
    }
    if has_id && route.method == axum::http::Method::GET && !is_list {
        let about = "The `ETag` of what is known: when it is still the same, the answer is 304 without a body";
        parameters.push(parameter("If-None-Match", ParameterIn::Header, about, string(None, None)));
        let same = ResponseBuilder::new().description("It is as `If-None-Match` knows it").build();
        operation.responses.responses.insert("304".to_owned(), RefOr::T(same));
    }
    operation.parameters = Some(parameters);
    if is_list {
        add_paging(operation);
    }
}

/// What may be sent again under an `Idempotency-Key`.
const REPEATABLE: [&str; 4] =
    ["/auth/tokens", "/auth/tokens/{id}/permissions", "/auth/tokens/{id}/renew", "/auth/tokens/{id}/rotate"];

fn answers_a_list(response: &RefOr<utoipa::openapi::Response>) -> bool {
    let RefOr::T(response) = response else { return false };
    let content = response.content.values().next();
    let content = serde_json::to_value(content).unwrap_or_default();
    content["schema"]["type"] == "array"
}

fn id_schema(path: &str) -> RefOr<Schema> {
    let pattern = match path {
        path if path.starts_with("/auth/tokens") => "^SU-[0-9]{3}-[0-9]{3}-[0-9]{3}$",
        _ => "^[A-Z][A-Z0-9-]{1,30}$",
    };
    string(Some(pattern), None)
}

fn string(pattern: Option<&str>, example: Option<Value>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).pattern(pattern).examples(example).into()
}

fn parameter(name: &str, place: ParameterIn, about: &str, schema: RefOr<Schema>) -> RefOr<Parameter> {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(required);
    RefOr::T(parameter.description(Some(about)).schema(Some(schema)).build())
}

/// `limit` and `offset`, and the header that tells where the page is.
fn add_paging(operation: &mut Operation) {
    let number = || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).into();
    let limit =
        format!("Rows of the page: {} unless told, at most {}; 0 only counts", Query::DEFAULT_LIMIT, Query::MAX_LIMIT);
    operation.parameters.get_or_insert_default().extend([
        parameter("limit", ParameterIn::Query, &limit, number()),
        parameter("offset", ParameterIn::Query, "Rows to pass over", number()),
    ]);
}

/// Every property that the collection declares, as the plainest form of RQL: `property=value`; and all of RQL as one
/// parameter, for generated clients, which can send nothing else.
fn add_query(operation: &mut Operation, properties: &[Property]) {
    let parameters = operation.parameters.get_or_insert_default();
    for property in properties.iter().filter(|property| property.kind != Kind::Object) {
        let (kind, form) = match property.kind {
            Kind::Boolean => (Type::Boolean, ""),
            Kind::Integer => (Type::Integer, ""),
            Kind::Moment => (Type::String, ", a day or a moment of RFC 3339"),
            Kind::Text | Kind::Object => (Type::String, ", in quotes when it has signs of RQL"),
        };
        let order = if property.orderable { "; may be ordered by" } else { "" };
        let about = format!("Rows whose `{}` is this{form}{order}", property.name);
        let schema = ObjectBuilder::new().schema_type(kind).into();
        parameters.push(parameter(property.name, ParameterIn::Query, &about, schema));
    }
    let about =
        "All of RQL but `search` in one parameter, encoded like any other: `and(eq(status,active),like(name,*a*))`";
    let named = properties.iter().find(|property| property.name == "id").or(properties.first());
    let example = format!("ne({},X)", named.map_or("id", |property| property.name));
    parameters.push(parameter("rql", ParameterIn::Query, about, string(None, Some(json!(example)))));
    if properties.iter().any(|property| property.orderable) {
        let nulls = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["first", "last"]));
        let about = "Where rows without a value are ordered: before every value (`first`, unless told), or after all";
        parameters.push(parameter("nulls", ParameterIn::Query, about, nulls.into()));
    }
    let searched: Vec<&str> = properties.iter().filter(|it| it.searchable).map(|it| it.name).collect();
    if !searched.is_empty() {
        let about = format!("Rows that hold these words in {}", searched.join(", "));
        parameters.push(parameter("search", ParameterIn::Query, &about, string(None, None)));
    }
}

fn list_of(collection: &Collection) -> Operation {
    let example = collection.rows.first().cloned().unwrap_or_default();
    let row = ObjectBuilder::new().schema_type(Type::Object).property("id", string(None, None)).required("id");
    let rows = ArrayBuilder::new().items(row).examples([json!([example])]);
    let mut operation = OperationBuilder::new()
        .operation_id(Some(format!("list_{}", identifier(collection))))
        .tag("Examples")
        .summary(Some(format!("A page of {}s", collection.noun)))
        .response("200", answer("A page", rows.into()))
        .build();
    add_query(&mut operation, collection.properties);
    operation
}

fn one_of(collection: &Collection) -> Operation {
    let example = collection.rows.first().cloned();
    let row = ObjectBuilder::new().schema_type(Type::Object).property("id", string(None, None)).required("id");
    OperationBuilder::new()
        .operation_id(Some(format!("get_{}", identifier(collection))))
        .tag("Examples")
        .summary(Some(format!("One {}", collection.noun)))
        .response("200", answer("The object", row.examples(example).into()))
        .build()
}

fn identifier(collection: &Collection) -> String {
    collection.noun.replace(' ', "_")
}

fn answer(about: &str, schema: RefOr<Schema>) -> RefOr<utoipa::openapi::Response> {
    RefOr::T(ResponseBuilder::new().description(about).content("application/json", Content::new(Some(schema))).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let mut document = document(&routes::routes(true));
        let mut described: Vec<String> = Vec::new();
        for (path, item) in &document.paths.paths {
            let methods = [("GET", &item.get), ("POST", &item.post), ("PUT", &item.put), ("DELETE", &item.delete)];
            described
                .extend(methods.iter().filter(|(_, it)| it.is_some()).map(|(method, _)| format!("{method} {path}")));
        }
        let mut routes: Vec<String> =
            routes::routes(true).iter().map(|route| format!("{} {}", route.method, route.path)).collect();
        described.sort();
        routes.sort();
        assert_eq!(described, routes);
        for route in routes::routes(true) {
            let operation = operation(&mut document, &route).unwrap();
            assert!(operation.operation_id.is_some(), "{}", route.path);
            // The document is no example of itself.
            assert!(
                route.path == "/openapi.json" || !examples::is_missing(operation),
                "{} {}",
                route.method,
                route.path
            );
        }
    }

    /// A pattern that is stricter than the server makes generated clients refuse what it takes.
    #[test]
    fn only_ids_secrets_and_keys_of_requests_have_patterns() {
        let document = serde_json::to_string_pretty(&document(&routes::routes(true))).unwrap();
        let patterns: std::collections::BTreeSet<&str> =
            document.lines().filter_map(|line| line.trim().strip_prefix("\"pattern\": ")).collect();
        for pattern in patterns {
            let is_id = ["\"^SU-", "\"^MD-", "\"^EXT-", "\"^UR-", "\"^(VA|PA)-", "\"^[A-Z][A-Z0-9-]{1,30}$"];
            let is_known = is_id.iter().any(|start| pattern.starts_with(start))
                || pattern.starts_with("\"^[0-9a-f]{40}$")
                || pattern.starts_with("\"^[0-9a-f]{64}$")
                || pattern.starts_with("\"^[!-~]{1,255}$");
            assert!(is_known, "{pattern}");
        }
    }

    #[test]
    fn document_is_a_snapshot() {
        insta::assert_json_snapshot!(document(&routes::routes(true)));
    }
}
