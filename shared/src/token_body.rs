//! What creates and changes a token.
//!
//! A body is read as text first ([`NewTokenBody`]) and becomes valid by construction ([`NewToken`]) or a list
//! of [`Problems`], each naming its field. The console and the server run the same code.

use serde::{Deserialize, Serialize};

#[cfg(feature = "openapi")]
use crate::Network;
use crate::{
    AllowedAddresses, CallsPerMinute, Description, ExternalId, ModuleId, ObjectRef, PermissionGrant, Problem, Problems,
    Timestamp, TokenName, problem::REQUIRED,
};

/// The body of `POST /auth/tokens`, as it arrives.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewTokenBody {
    /// Required, at most 128 characters.
    #[cfg_attr(feature = "openapi", schema(required, value_type = TokenName))]
    pub name: String,
    /// At most 128 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ExternalId>))]
    pub external_id: Option<String>,
    /// At most 255 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Description>))]
    pub description: Option<String>,
    /// Required, by id or by name.
    #[cfg_attr(feature = "openapi", schema(required, value_type = ExtensionRef))]
    pub extension: Option<ExtensionRef>,
    /// The account that shall own it; no other than the caller's own.
    #[cfg_attr(feature = "openapi", schema(ignore))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<ObjectRef<String>>,
    /// The modules to grant; left out for an extension that fixes them.
    pub permissions: Option<Vec<PermissionGrant>>,
    /// RFC 3339, in the future; null for a token that does not end.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
    pub expiration_date: Option<String>,
    /// Before that moment the key does not work; RFC 3339, before `expiration_date`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// The addresses and networks from which the key works, 1 to 50; left out or null for any.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<Network>>, min_items = 1, max_items = 50))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_addresses: Option<Vec<String>>,
    /// How many calls a minute the key is good for; null for any number.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<CallsPerMinute>))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "whole")]
    pub calls_per_minute: Option<i64>,
}

/// How a new token names its extension.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtensionRef {
    /// `EXT-ddd-ddd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name for programs: `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A new token whose texts and dates are valid. That its extension and modules exist is checked against the
/// catalogue, which only the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The name.
    pub name: TokenName,
    /// What another system calls it.
    pub external_id: Option<ExternalId>,
    /// What it is for.
    pub description: Option<Description>,
    /// The extension, by id or by name.
    pub extension: ExtensionRef,
    /// The id of the account that shall own it, when the body said.
    pub owner: Option<String>,
    /// The modules to grant, each once; `None` when the body did not say.
    pub permissions: Option<Vec<ModuleId>>,
    /// When it ends.
    pub expiration_date: Option<Timestamp>,
    /// When it begins.
    pub not_before: Option<Timestamp>,
    /// From where it may be used.
    pub allowed_addresses: Option<AllowedAddresses>,
    /// How often it may be used.
    pub calls_per_minute: Option<CallsPerMinute>,
}

impl TryFrom<NewTokenBody> for NewToken {
    type Error = Problems;

    fn try_from(body: NewTokenBody) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let name = problems.check("name", TokenName::try_from(body.name));
        let external_id = optional(&mut problems, "external_id", body.external_id, ExternalId::try_from);
        let description = optional(&mut problems, "description", body.description, Description::try_from);
        let extension = problems
            .check("extension", body.extension.filter(|it| it.id.is_some() || it.name.is_some()).ok_or(REQUIRED));
        let expiration_date = moment(&mut problems, "expiration_date", body.expiration_date);
        let not_before = moment(&mut problems, "not_before", body.not_before).flatten();
        let allowed_addresses = addresses(&mut problems, body.allowed_addresses);
        let calls_per_minute = calls(&mut problems, body.calls_per_minute);
        let permissions = body.permissions.map(modules_once);
        let owner = body.owner.map(|owner| owner.id);
        match (name, external_id, description, extension, expiration_date) {
            (Some(name), Some(external_id), Some(description), Some(extension), Some(expiration_date))
                if problems.0.is_empty() =>
            {
                Ok(Self {
                    name,
                    external_id,
                    description,
                    extension,
                    owner,
                    permissions,
                    expiration_date,
                    not_before,
                    allowed_addresses,
                    calls_per_minute,
                })
            }
            _ => Err(problems),
        }
    }
}

/// The body of `PUT /auth/tokens/{id}`, as it arrives. What is left out stays as it is; null clears.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenUpdateBody {
    /// The new name.
    #[cfg_attr(feature = "openapi", schema(value_type = TokenName))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new external id.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ExternalId>))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub external_id: Option<Option<String>>,
    /// The new description.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Description>))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub description: Option<Option<String>>,
    /// The new end.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub expiration_date: Option<Option<String>>,
    /// Before that moment the key does not work.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub not_before: Option<Option<String>>,
    /// The addresses and networks from which the key works, 1 to 50; null for any.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<Network>>, min_items = 1, max_items = 50))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub allowed_addresses: Option<Option<Vec<String>>>,
    /// How many calls a minute the key is good for; null for any number.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<CallsPerMinute>))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_null")]
    pub calls_per_minute: Option<Option<i64>>,
    /// All modules that the token shall have, replacing those that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<PermissionGrant>>,
    /// The one that the token has: another is refused.
    #[cfg_attr(feature = "openapi", schema(ignore))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<ExtensionRef>,
}

/// A change whose texts and dates are valid. `None` leaves a property as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenUpdate {
    /// The new name.
    pub name: Option<TokenName>,
    /// The new external id, or none.
    pub external_id: Option<Option<ExternalId>>,
    /// The new description, or none.
    pub description: Option<Option<Description>>,
    /// The new end, or none.
    pub expiration_date: Option<Option<Timestamp>>,
    /// The new beginning, or none.
    pub not_before: Option<Option<Timestamp>>,
    /// The new networks, or none.
    pub allowed_addresses: Option<Option<AllowedAddresses>>,
    /// The new limit, or none.
    pub calls_per_minute: Option<Option<CallsPerMinute>>,
    /// All modules that the token shall have, each once.
    pub permissions: Option<Vec<ModuleId>>,
    /// What the body said that the extension is.
    pub extension: Option<ExtensionRef>,
}

impl TryFrom<TokenUpdateBody> for TokenUpdate {
    type Error = Problems;

    fn try_from(body: TokenUpdateBody) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let name = body.name.map(|name| problems.check("name", TokenName::try_from(name)));
        let external_id =
            body.external_id.map(|text| optional(&mut problems, "external_id", text, ExternalId::try_from));
        let description =
            body.description.map(|text| optional(&mut problems, "description", text, Description::try_from));
        let expiration_date = body.expiration_date.map(|text| moment(&mut problems, "expiration_date", text));
        let not_before = body.not_before.map(|text| moment(&mut problems, "not_before", text).flatten());
        let allowed_addresses = body.allowed_addresses.map(|texts| addresses(&mut problems, texts));
        let calls_per_minute = body.calls_per_minute.map(|number| calls(&mut problems, number));
        if !problems.0.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            not_before,
            allowed_addresses,
            calls_per_minute,
            name: name.flatten(),
            external_id: external_id.map(Option::flatten),
            description: description.map(Option::flatten),
            expiration_date: expiration_date.map(Option::flatten),
            permissions: body.permissions.map(modules_once),
            extension: body.extension,
        })
    }
}

/// The body of `renew` and `rotate`, as it arrives; there may be none.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplacementBody {
    /// When the new secret ends, RFC 3339, in the future; null for never. Left out, the end stays as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub expiration_date: Option<Option<String>>,
    /// Only for `rotate`: how long the old secret works on, in seconds, at most 7 days.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "whole")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800, value_type = Option<i64>))]
    pub overlap: Option<i64>,
}

/// The body of `POST /auth/tokens/{id}/overlap`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverlapBody {
    /// How long the previous secret works from now on, in seconds, at most 7 days; 0 ends it at once. Required.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800, value_type = i64, required = true))]
    #[serde(default, deserialize_with = "whole")]
    pub overlap: Option<i64>,
}

/// What `renew` and `rotate` are asked for, with a date and an overlap that are valid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replacement {
    /// When the new secret ends, if that shall change.
    pub expiration_date: Option<Option<Timestamp>>,
    /// How long the old secret works on, in seconds.
    pub overlap: i64,
}

impl Replacement {
    /// The longest overlap: 7 days, in seconds.
    pub const LONGEST_OVERLAP: i64 = 7 * 24 * 3600;
}

impl TryFrom<ReplacementBody> for Replacement {
    type Error = Problems;

    fn try_from(body: ReplacementBody) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let expiration_date = body.expiration_date.map(|text| moment(&mut problems, "expiration_date", text));
        let overlap = body.overlap.unwrap_or_default();
        if !(0..=Self::LONGEST_OVERLAP).contains(&overlap) {
            problems.0.push(Problem::new("overlap", "must be 0 to 604800 seconds").of("overlap"));
        }
        if !problems.0.is_empty() {
            return Err(problems);
        }
        Ok(Self { expiration_date: expiration_date.map(Option::flatten), overlap })
    }
}

/// Checks a text that may be left out. Blank counts as left out. The outer `Option` is `None` when the check
/// failed and the problem was noted.
#[expect(clippy::option_option, reason = "the two layers are the two questions: was it valid, was it given")]
fn optional<T, E: Into<Problem>>(
    problems: &mut Problems,
    field: &str,
    text: Option<String>,
    check: impl FnOnce(String) -> Result<T, E>,
) -> Option<Option<T>> {
    match text.filter(|text| !text.trim().is_empty()) {
        None => Some(None),
        Some(text) => problems.check(field, check(text)).map(Some),
    }
}

/// Checks a moment that may be left out. A blank one is wrong: a template whose date was not filled in must not make a
/// key that never ends.
#[expect(clippy::option_option, reason = "as in `optional`")]
fn moment(problems: &mut Problems, field: &str, text: Option<String>) -> Option<Option<Timestamp>> {
    match text {
        None => Some(None),
        Some(text) => problems.check(field, text.parse()).map(Some),
    }
}

fn addresses(problems: &mut Problems, texts: Option<Vec<String>>) -> Option<AllowedAddresses> {
    let texts = texts?;
    if texts.is_empty() {
        // A list that a program has put together and that came out empty would open a restricted key to everybody.
        let empty = Err(Problem::new("no_network", "must have an address or a network; null lifts the restriction"));
        return problems.check("allowed_addresses", empty);
    }
    problems.check("allowed_addresses", AllowedAddresses::parse(&texts)).flatten()
}

fn calls(problems: &mut Problems, number: Option<i64>) -> Option<CallsPerMinute> {
    problems.check("calls_per_minute", CallsPerMinute::try_from(number?))
}

fn modules_once(grants: Vec<PermissionGrant>) -> Vec<ModuleId> {
    let mut modules: Vec<ModuleId> = grants.into_iter().map(|grant| grant.object.id).collect();
    modules.sort();
    modules.dedup();
    modules
}

/// Tells a property that is null (`Some(None)`) from one that was left out (`None`, by `serde(default)`).
#[expect(clippy::option_option, reason = "left out, null and given are three things here")]
pub(crate) fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[expect(clippy::option_option, reason = "as above")]
fn whole_or_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    whole(deserializer).map(Some)
}

/// A whole number, which JSON may write as `60.0`, too.
pub(crate) fn whole<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<f64>::deserialize(deserializer)? else { return Ok(None) };
    if number.fract() != 0.0 {
        return Err(serde::de::Error::custom("must be a whole number"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "what is too large becomes the largest, and is refused")]
    Ok(Some(number as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> NewTokenBody {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn empty_body_names_each_required_field() {
        let problems = NewToken::try_from(body("{}")).unwrap_err();
        assert_eq!(problems.lines(), ["name: is required", "extension: is required"]);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let json = format!(
            r#"{{"name": "{}", "external_id": "{}", "extension": {{}}, "expiration_date": "soon"}}"#,
            "n".repeat(129),
            "e".repeat(129)
        );
        let problems = NewToken::try_from(body(&json)).unwrap_err();
        let fields: Vec<_> = problems.0.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["name", "external_id", "extension", "expiration_date"]);
    }

    #[test]
    fn blank_optional_texts_count_as_left_out() {
        let token =
            NewToken::try_from(body(r#"{"name": "a", "external_id": " ", "extension": {"name": "custom"}}"#)).unwrap();
        assert_eq!(token.external_id, None);
    }

    #[test]
    fn module_is_granted_once() {
        let json = r#"{"name": "a", "extension": {"name": "custom"},
            "permissions": [{"object": {"id": "MD-0002"}}, {"object": {"id": "MD-0001"}}, {"object": {"id": "MD-0002"}}]}"#;
        let modules = NewToken::try_from(body(json)).unwrap().permissions.unwrap();
        assert_eq!(modules.iter().map(ModuleId::as_str).collect::<Vec<_>>(), ["MD-0001", "MD-0002"]);
    }

    #[test]
    fn update_tells_left_out_from_cleared() {
        let update =
            |json: &str| TokenUpdate::try_from(serde_json::from_str::<TokenUpdateBody>(json).unwrap()).unwrap();
        assert_eq!(update("{}"), TokenUpdate::default());
        assert_eq!(update(r#"{"description": null}"#).description, Some(None));
        assert_eq!(update(r#"{"description": ""}"#).description, Some(None));
        assert_eq!(update(r#"{"expiration_date": null}"#).expiration_date, Some(None));
    }

    #[test]
    fn update_cannot_clear_the_name() {
        let body: TokenUpdateBody = serde_json::from_str(r#"{"name": ""}"#).unwrap();
        assert_eq!(TokenUpdate::try_from(body).unwrap_err().lines(), ["name: is required"]);
    }

    #[test]
    fn each_rule_that_is_wrong_is_named() {
        let json = r#"{"name": "a", "extension": {"name": "custom"}, "not_before": "soon",
            "allowed_addresses": ["192.0.2.1", "192.0.2.7/24"], "calls_per_minute": 0}"#;
        let problems = NewToken::try_from(body(json)).unwrap_err();
        let fields: Vec<_> = problems.0.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["not_before", "allowed_addresses", "calls_per_minute"]);
        let update = |json: &str| TokenUpdate::try_from(serde_json::from_str::<TokenUpdateBody>(json).unwrap());
        let cleared = update(r#"{"not_before": null, "allowed_addresses": null, "calls_per_minute": null}"#).unwrap();
        assert_eq!((cleared.not_before, cleared.calls_per_minute), (Some(None), Some(None)));
        assert_eq!(cleared.allowed_addresses, Some(None));
        assert_eq!(update(r#"{"calls_per_minute": 60}"#).unwrap().calls_per_minute.flatten().unwrap().get(), 60);
        assert_eq!(
            update(r#"{"calls_per_minute": 1000001}"#).unwrap_err().lines(),
            ["calls_per_minute: must be a whole number from 1 to 1000000"]
        );
    }

    #[test]
    fn replacement_names_what_is_wrong_with_it() {
        let replacement = |json: &str| Replacement::try_from(serde_json::from_str::<ReplacementBody>(json).unwrap());
        assert_eq!(replacement("{}").unwrap(), Replacement::default());
        assert_eq!(replacement(r#"{"expiration_date": null}"#).unwrap().expiration_date, Some(None));
        assert_eq!(replacement(r#"{"overlap": 3600}"#).unwrap().overlap, 3600);
        let problems = replacement(r#"{"expiration_date": "soon", "overlap": 604801}"#).unwrap_err();
        let fields: Vec<_> = problems.0.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["expiration_date", "overlap"]);
        assert_eq!(replacement(r#"{"overlap": 60.0}"#).unwrap().overlap, 60);
        assert!(replacement(r#"{"overlap": -1}"#).is_err());
        assert!(replacement(r#"{"overlap": 1e300}"#).is_err());
        assert!(serde_json::from_str::<ReplacementBody>(r#"{"overlap": 0.5}"#).is_err());
    }
}
