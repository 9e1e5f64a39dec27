//! A catalogue made from an OpenAPI document (3.x, or Swagger 2.0): a module for each tag, and one for its reading.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::Value;

use super::{
    file, integrations, introspection,
    rule::{Rule, Segment},
};

/// The methods that a document may describe (OpenAPI 3.2, *Path Item Object*).
const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];
/// Characters of a name at the most, and of that of the module for reading without its end.
const NAME: usize = 32;
const READ: &str = " (read)";

/// A module that is being made.
#[derive(Debug)]
struct Draft {
    name: String,
    description: String,
    rules: Vec<String>,
}

/// An operation of the document.
#[derive(Debug, Clone)]
struct Operation {
    tag: String,
    method: String,
    path: String,
    segments: Vec<Segment>,
}

impl Operation {
    /// Of two rules that fit a path, the one with the higher rank decides.
    fn rank(&self) -> (usize, Vec<bool>) {
        (self.segments.len(), self.segments.iter().map(|segment| *segment != Segment::Any).collect())
    }

    /// Whether a rule for the path of this one fits that of the other.
    fn is_at_or_above(&self, other: &Self) -> bool {
        self.segments.len() <= other.segments.len()
            && self.segments.iter().zip(&other.segments).all(|(one, other)| one == other || *one == Segment::Any)
    }
}

/// The text of a catalogue for the API that `document` describes, in JSON or YAML.
///
/// # Errors
/// Why the document is none, or describes nothing.
pub fn catalogue(document: &str) -> Result<String, String> {
    let document: Value = match serde_json::from_str(document) {
        Ok(document) => document,
        Err(error) if document.trim_start().starts_with('{') => return Err(format!("not JSON: {error}")),
        Err(_) => serde_norway::from_str(document).map_err(|error| format!("neither JSON nor YAML: {error}"))?,
    };
    let Described { operations, public, left_out } = described(&document)?;
    let mut text = api(&document, &public);
    for path in left_out {
        // It may be anything but a line.
        let path: String = path.chars().filter(|character| !character.is_control()).collect();
        let _ = writeln!(text, "# Left to All, since a rule for it would be one for other paths, too: {path}");
    }
    let mut number = 101;
    for draft in drafts(&document, &operations) {
        let id = loop {
            let id = format!("MD-{number:04}");
            number += 1;
            if ![integrations(), introspection()].iter().any(|taken| taken.as_str() == id) {
                break id;
            }
        };
        let paths: String = draft.rules.iter().map(|rule| format!("    {},\n", quoted(rule))).collect();
        let _ = write!(text, "\n[[modules]]\nid = \"{id}\"\nname = {}\n", quoted(&draft.name));
        if !draft.description.is_empty() {
            let _ = writeln!(text, "description = {}", quoted(&draft.description));
        }
        let _ = write!(text, "paths = [\n{paths}]\n");
    }
    file::parse(&text, "made of the document").map(|_| ()).map_err(|error| error.to_string())?;
    Ok(text)
}

/// A string of TOML, which is one of JSON where it has no control characters.
fn quoted(text: &str) -> String {
    let text: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    Value::from(text).to_string()
}

/// Where the document says that the API is; its first server, with its variables at their defaults.
fn server(document: &Value) -> Option<String> {
    let url = match document["servers"][0]["url"].as_str() {
        Some(url) => {
            let variables = document["servers"][0]["variables"].as_object().into_iter().flatten();
            variables.fold(url.to_owned(), |url, (name, it)| {
                url.replace(&format!("{{{name}}}"), it["default"].as_str().unwrap_or_default())
            })
        }
        None => {
            let scheme = document["schemes"][0].as_str().unwrap_or("https");
            let base_path = document["basePath"].as_str().unwrap_or_default();
            format!("{scheme}://{}{base_path}", document["host"].as_str()?)
        }
    };
    Some(url.trim_end_matches('/').to_owned())
}

/// In which forms clients show a key, by the document's security schemes.
fn credentials(document: &Value) -> Vec<String> {
    let schemes = [&document["components"]["securitySchemes"], &document["securityDefinitions"]];
    let all = schemes.into_iter().filter_map(Value::as_object).flat_map(|schemes| schemes.values());
    let form = |it: &Value| {
        let word = |name: &str| it[name].as_str().unwrap_or_default().to_ascii_lowercase();
        match (word("type").as_str(), word("in").as_str(), word("scheme").as_str()) {
            ("http", _, "bearer") => Some("bearer".to_owned()),
            ("http", _, "basic") | ("basic", ..) => Some("basic".to_owned()),
            ("apikey", "header", _) => Some(word("name")).filter(|name| super::api::credential(name).is_ok()),
            _ => None,
        }
    };
    let mut forms: Vec<String> = Vec::new();
    for form in all.filter_map(form) {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    if forms.is_empty() { vec!["bearer".to_owned(), "x-api-key".to_owned()] } else { forms }
}

fn api(document: &Value, public: &[String]) -> String {
    let url = server(document);
    let title = document["info"]["title"].as_str().unwrap_or("API").trim().chars().take(64).collect::<String>();
    let mut text =
        "# Made from an OpenAPI document by `latchkey catalogue from-openapi`. Check what each module opens.\n\n\
                    [[apis]]\nname = \"api\"\n"
            .to_owned();
    let _ = writeln!(text, "title = {}", quoted(if title.is_empty() { "API" } else { &title }));
    let is_known = url.as_ref().is_some_and(|url| !url.contains('{'));
    let url = url.filter(|_| is_known);
    let absolute = url.as_deref().and_then(|url| url.split_once("://")).map(|(_, rest)| rest);
    let (host, path) = match (absolute, url.as_deref()) {
        (Some(rest), _) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        (None, path) => ("", path.unwrap_or_default()),
    };
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    if let (false, Some(url)) = (host.is_empty(), &url) {
        let _ = write!(text, "url = {}\nhosts = [{}]\n", quoted(url), quoted(&host));
    }
    let base_path = path.trim_end_matches('/');
    if !base_path.is_empty() {
        let _ = writeln!(text, "base_path = {}", quoted(base_path));
    }
    text.push_str(
        "# In which forms your clients show their key: \"apikey\", \"bearer\", \"basic\", or the name of a header.\n",
    );
    let forms: Vec<String> = credentials(document).iter().map(|form| quoted(form)).collect();
    let _ = writeln!(text, "credentials = [{}]", forms.join(", "));
    if !public.is_empty() {
        let paths: String = public.iter().map(|rule| format!("    {},\n", quoted(rule))).collect();
        let _ = write!(text, "# What the document asks no key for, and what may be below.\npublic = [\n{paths}]\n");
    }
    if host.is_empty() {
        text.push_str(
            "# The document does not say at which host the API is: add url and hosts, and base_path if it has one.\n",
        );
    }
    text
}

/// What a document describes.
struct Described {
    /// What needs a key, in the order of the document's paths, the shorter paths first; once for each of its tags.
    operations: Vec<Operation>,
    /// Rules for what needs none.
    public: Vec<String>,
    /// The paths that no rule is made for.
    left_out: Vec<String>,
}

fn described(document: &Value) -> Result<Described, String> {
    let paths = document["paths"].as_object().ok_or("it has no paths: is it an OpenAPI document?")?;
    let (mut operations, mut free, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for (path, item) in paths {
        // A rule for the root would be one for all that the document does not describe, and so would one for any first
        // segment.
        let rule = plain(path).filter(|rule| rule.segments.first().is_some_and(|first| *first != Segment::Any));
        let Some(rule) = rule else {
            left_out.push(path.clone());
            continue;
        };
        let of_document = item["$ref"].as_str().and_then(|place| document.pointer(place.strip_prefix('#')?));
        let item = of_document.unwrap_or(item);
        for method in METHODS {
            let Some(operation) = item.get(method).and_then(Value::as_object) else { continue };
            let method = method.to_ascii_uppercase();
            let of = |tag: &str| Operation {
                tag: tag.trim().to_owned(),
                method: method.clone(),
                path: rule.text.clone(),
                segments: rule.segments.clone(),
            };
            let tags: BTreeSet<&str> = operation
                .get("tags")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let untagged = tags.is_empty().then(|| of(&first_word(&rule.text)));
            let all: Vec<Operation> = tags.into_iter().map(of).chain(untagged).collect();
            let needs_no_key = operation.get("security").and_then(Value::as_array).is_some_and(Vec::is_empty);
            if needs_no_key { free.push(all) } else { operations.extend(all) }
        }
    }
    if operations.is_empty() && free.is_empty() {
        return Err("it describes no operation".to_owned());
    }
    // A rule is for what is below, too: where something below needs a key, so does this.
    let mut public = Vec::new();
    let needing = operations.clone();
    for all in free {
        let Some(first) = all.first() else { continue };
        if needing.iter().any(|it| first.is_at_or_above(it) || it.segments == first.segments) {
            operations.extend(all);
        } else {
            public.push(format!("{} {}", first.method, first.path));
        }
    }
    operations.sort_by_key(|it| it.segments.len());
    Ok(Described { operations, public, left_out })
}

/// The rule for a path. One that goes on with a parameter within a segment, `/orders({key})`, ends before it: that is another
/// spelling of `/orders`. A segment that begins with a parameter is one as a whole.
fn plain(path: &str) -> Option<Rule> {
    let mut segments = Vec::new();
    for segment in path.split(['?', '#']).next()?.split('/').filter(|segment| !segment.is_empty()) {
        match (segment.find('{'), segment.find('}')) {
            (Some(0), Some(end)) => segments.push(format!("{{{}}}", &segment[1..end])),
            (Some(begin), _) => {
                segments.push(segment[..begin].trim_end_matches(|last: char| !last.is_alphanumeric()).to_owned());
                break;
            }
            _ => segments.push(segment.to_owned()),
        }
    }
    format!("/{}", segments.join("/")).parse().ok()
}

fn first_word(path: &str) -> String {
    path.split('/').find(|segment| !segment.is_empty() && !segment.starts_with('{')).unwrap_or("API").to_owned()
}

fn drafts(document: &Value, operations: &[Operation]) -> Vec<Draft> {
    let mut tags: Vec<&str> = Vec::new();
    for operation in operations {
        if !tags.contains(&operation.tag.as_str()) {
            tags.push(&operation.tag);
        }
    }
    tags.sort_by_key(|tag| tag.to_lowercase());
    let mut names = BTreeSet::new();
    let mut drafts = Vec::new();
    for tag in tags {
        let description = description(document, tag);
        let of_tag = |it: &&Operation| it.tag == tag;
        let writes = operations.iter().filter(of_tag).any(|it| it.method != "GET" && it.method != "HEAD");
        let reads = operations.iter().filter(of_tag).any(|it| it.method == "GET" || it.method == "HEAD");
        let name = unique(&mut names, tag, if writes { "" } else { READ });
        if writes {
            let rules = shortest(operations, |it| (it.tag == tag).then(|| whole(it, operations)));
            drafts.push(Draft { name, description: description.clone(), rules });
        } else if reads {
            drafts.push(Draft { name, description, rules: reading(operations, tag) });
            continue;
        }
        if reads {
            let name = unique(&mut names, tag, READ);
            drafts.push(Draft { name, description, rules: reading(operations, tag) });
        }
    }
    drafts
}

fn reading(operations: &[Operation], tag: &str) -> Vec<String> {
    let reads = |it: &Operation| it.tag == tag && (it.method == "GET" || it.method == "HEAD");
    shortest(operations, |it| reads(it).then(|| format!("{} {}", it.method, it.path)))
}

/// The rule for an operation: for every method, where the path has none of another tag.
fn whole(operation: &Operation, operations: &[Operation]) -> String {
    let is_own = operations.iter().filter(|it| it.path == operation.path).all(|it| it.tag == operation.tag);
    if is_own { operation.path.clone() } else { format!("{} {}", operation.method, operation.path) }
}

/// The rules of a module, without those that say no more than a shorter one: no other tag has a path between the two.
fn shortest(operations: &[Operation], rule: impl Fn(&Operation) -> Option<String>) -> Vec<String> {
    let method = |rule: &str| rule.split_once(' ').map(|(method, _)| method.to_owned());
    let mut kept: Vec<(String, &Operation)> = Vec::new();
    for operation in operations {
        let Some(text) = rule(operation) else { continue };
        let is_said = kept.iter().any(|(known, above)| {
            let covers = method(known).is_none_or(|known| method(&text) == Some(known));
            let between = |it: &Operation| {
                it.tag != operation.tag
                    && it.path != above.path
                    && it.rank() >= above.rank()
                    && it.is_at_or_above(operation)
            };
            covers && above.is_at_or_above(operation) && !operations.iter().any(between)
        });
        if !is_said {
            kept.push((text, operation));
        }
    }
    let mut seen = BTreeSet::new();
    kept.into_iter().map(|(text, _)| text).filter(|text| seen.insert(text.clone())).collect()
}

fn description(document: &Value, tag: &str) -> String {
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = tags.iter().find(|it| it["name"] == tag).and_then(|it| it["description"].as_str()).unwrap_or_default();
    let line = text.trim().lines().next().unwrap_or_default();
    line.chars().take(160).collect()
}

/// A name that no other module has: *Orders*, *Orders (read)*.
fn unique(names: &mut BTreeSet<String>, tag: &str, end: &str) -> String {
    let mut first = tag.chars();
    let tag: String = first.next().map(|it| it.to_uppercase().chain(first).collect()).unwrap_or_default();
    let tag = if tag.is_empty() { "API".to_owned() } else { tag };
    let reserved = ["all", "integrations", "introspection"];
    for number in 1.. {
        let more = if number == 1 { String::new() } else { format!(" {number}") };
        let room = NAME - end.len() - more.len();
        let name = format!("{}{more}{end}", tag.chars().take(room).collect::<String>().trim_end());
        if !reserved.contains(&name.to_lowercase().as_str()) && names.insert(name.to_lowercase()) {
            return name;
        }
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    const YAML: &str = "openapi: 3.1.0\ninfo: { title: Orders API, version: '1' }\n\
        servers: [{ url: https://api.example.com/v2 }]\n\
        tags: [{ name: orders, description: Orders of customers. }]\npaths:\n\
        \x20 /orders: { get: { tags: [orders] }, post: { tags: [orders] } }\n\
        \x20 /orders/{id}: { get: { tags: [orders] }, delete: { tags: [orders] } }\n\
        \x20 /orders/{id}/invoice: { get: { tags: [billing] } }\n\
        \x20 /orders/{id}.pdf: { get: { tags: [orders] } }\n\
        \x20 /shared: { get: { tags: [billing] }, post: { tags: [orders] } }\n\
        \x20 /health/: { get: {} }\n\x20 /: { get: { tags: [orders] } }\n\x20 /{any}: { get: { tags: [orders] } }\n\
        \x20 /items({key}): { get: { tags: [items] } }\n\x20 /audit: { $ref: '#/x-items/audit' }\n\
        x-items: { audit: { head: { tags: [audit] } } }\n";

    fn made(document: &str) -> Catalogue {
        let text = catalogue(document).unwrap();
        file::parse(&text, "made").unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn tag_becomes_a_module_and_one_for_reading() {
        let catalogue = made(YAML);
        let api = &catalogue.apis[0];
        assert_eq!(
            (api.title.as_str(), api.hosts.as_slice()),
            ("Orders API", ["api.example.com".to_owned()].as_slice())
        );
        assert_eq!(api.base_path, ["v2"]);
        let told: Vec<String> = catalogue
            .modules
            .iter()
            .filter(|it| !it.paths.is_empty())
            .map(|it| format!("{}: {}", it.name, it.paths.join(", ")))
            .collect();
        assert_eq!(
            told,
            [
                "Audit (read): HEAD /audit",
                "Billing (read): GET /shared, GET /orders/{id}/invoice",
                "Health (read): GET /health",
                "Items (read): GET /items",
                "Orders: /orders, POST /shared",
                "Orders (read): GET /orders",
            ]
        );
    }

    #[test]
    fn what_is_no_document_is_refused_with_a_reason() {
        for (text, expected) in [
            ("{\"openapi\": ", "not JSON"),
            ("a: [", "neither JSON nor YAML"),
            ("openapi: 3.1.0", "has no paths"),
            ("paths: { /a: {} }", "describes no operation"),
        ] {
            let error = catalogue(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_needs_no_key_how_a_key_is_shown_and_every_tag_are_taken_over() {
        let text = catalogue(
            "openapi: 3.1.0\nservers: [{ url: 'https://{region}.Example.com/{v}/', variables: { region: { default: eu }, v: { default: v3 } } }]\n\
             components: { securitySchemes: { a: { type: apiKey, in: header, name: X-Pet-Key }, b: { type: http, scheme: Bearer }, c: { type: apiKey, in: query, name: k } } }\n\
             paths:\n\x20 /health: { get: { security: [] } }\n\
             \x20 /pets: { get: { tags: [pets, owners], security: [] }, post: { tags: [pets] } }\n\
             \x20 /pets/{id}: { get: { tags: [pets, owners] } }\n",
        );
        let catalogue = file::parse(&text.unwrap(), "made").unwrap();
        let api = &catalogue.apis[0];
        assert_eq!((api.url.as_deref(), api.base().as_str()), (Some("https://eu.Example.com/v3"), "/v3"));
        assert_eq!(
            api.credentials.iter().map(crate::catalogue::api::CredentialForm::name).collect::<Vec<_>>(),
            ["x-pet-key", "bearer"]
        );
        // What is below GET /pets needs a key.
        assert_eq!(api.public.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(), ["GET /health"]);
        let of = |name: &str| catalogue.modules.iter().find(|it| it.name == name).unwrap().paths.join(", ");
        // The longest path decides, so each of two tags has it.
        assert_eq!(of("Owners (read)"), "GET /pets, GET /pets/{id}");
        assert_eq!(of("Pets (read)"), "GET /pets, GET /pets/{id}");
    }

    #[test]
    fn swagger_has_its_host_apart() {
        let document = r#"{"swagger": "2.0", "schemes": ["http"], "host": "API.example.com:443", "basePath": "/v1/", "paths": {"/a": {"get": {}}}}"#;
        let catalogue = made(document);
        assert_eq!(catalogue.apis[0].hosts, ["api.example.com"]);
        assert_eq!(catalogue.apis[0].base_path, ["v1"]);
        assert_eq!(catalogue.apis[0].url.as_deref(), Some("http://API.example.com:443/v1"));
    }
}
