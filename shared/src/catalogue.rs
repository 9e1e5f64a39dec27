//! Modules and extensions: what a platform is made of and what its tokens are for.

use serde::{Deserialize, Serialize};

use crate::{ExtensionId, ModuleId};

/// A unit of permission, and the paths that it opens.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// `MD-dddd`; `MD-0000` is *All*.
    pub id: ModuleId,
    /// The label of the check box, at most 32 characters.
    pub name: String,
    /// One sentence on what the module covers.
    #[serde(default)]
    pub description: String,
    /// What it opens: path prefixes, each starting with `/`, some of them behind a method (`GET /reports`).
    #[serde(default)]
    pub paths: Vec<String>,
    /// The API that it is of, where the catalogue describes several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// Whether *All* stands for it, too.
    pub in_all: bool,
}

impl Module {
    /// Whether a token that holds the modules with the ids `held` may use this one. *All* stands for every module of the API,
    /// also for those added after the token was made.
    #[must_use]
    pub fn is_held<'a>(&self, held: impl IntoIterator<Item = &'a str>) -> bool {
        held.into_iter().any(|id| id == self.id.as_str() || (self.in_all && id == ModuleId::ALL))
    }
}

/// An API that the gatekeeper stands before.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueApi {
    /// What modules call it; empty in a catalogue that describes none.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Where clients find it.
    pub url: Option<String>,
    /// Its hosts; none for any.
    pub hosts: Vec<String>,
    /// What stands before the path of every rule: `/v2`, or `/`.
    pub base_path: String,
    /// How a client shows its key: `apikey`, `bearer`, `basic`, or the name of a header.
    pub credentials: Vec<String>,
    /// The rules for what needs no key.
    pub public: Vec<String>,
    /// Whether it lets everything pass and notes what it would refuse.
    pub observes: bool,
}

/// Which credential a token of an extension shows.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// The header value `ApiKey SU-…:<secret>`.
    ApiKey,
    /// 40 hex digits that the extension trades for the key.
    Handle,
}

/// Whether a person chooses the modules of a token, or its extension does.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ExtensionPermissions {
    /// The word `ask`.
    Ask(Ask),
    /// Exactly these modules, for every token of the extension.
    Fixed(Vec<ModuleId>),
}

/// The word `ask`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    /// A person chooses.
    Ask,
}

impl ExtensionPermissions {
    /// The modules that the extension fixes; `None` when a person chooses.
    #[must_use]
    pub fn fixed(&self) -> Option<&[ModuleId]> {
        match self {
            Self::Ask(_) => None,
            Self::Fixed(modules) => Some(modules),
        }
    }
}

/// The kind of integration that a token is for.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// `EXT-ddd-ddd`.
    pub id: ExtensionId,
    /// The name for programs: lower case, without spaces, at most 50 characters.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What it connects to.
    #[serde(default)]
    pub description: String,
    /// The name of the picture beside the title, one of those that the console knows; others show a plug.
    #[serde(default)]
    pub icon: String,
    /// What a token of this extension shows.
    pub credential: Credential,
    /// Who chooses the modules.
    pub permissions: ExtensionPermissions,
    /// What accounts can have of it.
    #[serde(default)]
    pub constraints: Constraints,
}

/// `{"account": {"tokens": 5}}`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraints {
    /// For each account.
    #[serde(default)]
    pub account: AccountConstraints,
}

/// What one account can have of an extension.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConstraints {
    /// How many tokens that are not deleted; null means as many as it likes.
    #[serde(default)]
    pub tokens: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_the_word_ask_or_a_list() {
        let asked: ExtensionPermissions = serde_json::from_str("\"ask\"").unwrap();
        assert_eq!(asked.fixed(), None);
        let fixed: ExtensionPermissions = serde_json::from_str("[\"MD-0002\"]").unwrap();
        assert_eq!(fixed.fixed().unwrap().len(), 1);
        assert!(serde_json::from_str::<ExtensionPermissions>("\"never\"").is_err());
    }
}
