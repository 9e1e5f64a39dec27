//! A wizard that begins with what its address says, and the address that says what is in a wizard. Integration authors
//! put such a link into their documentation.

use latchkey_shared::{ExtensionId, ModuleId};

use crate::{
    browser::text::encode,
    routes::NEW_TOKEN,
    texts::t,
    tokens::draft::{Clock, Draft, Expiration, set_of},
};

/// What the address says: the token to copy, and what is filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefill {
    /// The id of the token of which this one is a copy.
    pub copy_of: Option<String>,
    /// The extension by its name, which the catalogue knows.
    pub extension: Option<String>,
    /// What is filled in.
    pub draft: Draft,
}

impl Prefill {
    /// Reads the parameters of an address. What makes no sense counts as not given; what is too long is refused by the
    /// form, as if it was typed.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name| get(name).unwrap_or_default().chars().take(1000).collect::<String>();
        let modules = text("modules");
        let modules = modules.split(',').filter_map(|id| id.trim().parse::<ModuleId>().ok());
        let expiration = match get("expires_in").and_then(|days| days.parse::<u16>().ok()) {
            Some(days) if (1..=3650).contains(&days) => Expiration::Days(days),
            _ => Expiration::Never,
        };
        let draft = Draft {
            name: text("name"),
            external_id: text("external_id"),
            description: text("description"),
            expiration,
            addresses: text("allowed_addresses").replace(',', "\n"),
            calls: text("calls_per_minute"),
            extension: text("extension").parse::<ExtensionId>().ok(),
            modules: set_of(modules),
            ..Draft::default()
        };
        Self { copy_of: get("copy").filter(|id| id.starts_with("SU-")), extension: get("extension"), draft }
    }
}

/// What a copy of a token begins with.
#[must_use]
pub fn copy_of(token: &latchkey_shared::Token, clock: Clock) -> Draft {
    let draft = Draft::of(token, clock);
    // The same external id would name two tokens, and a beginning or an end has its own time.
    Draft {
        name: t().create.name_of_copy.with([&draft.name.trim()]),
        external_id: String::new(),
        expiration: Expiration::Never,
        ends: None,
        not_before: String::new(),
        begins: None,
        ..draft
    }
}

/// The address of a wizard that begins with this.
#[must_use]
pub fn address(draft: &Draft) -> String {
    let modules: Vec<&str> = draft.modules.iter().map(ModuleId::as_str).collect();
    let days = match draft.expiration {
        Expiration::Days(days) => days.to_string(),
        _ => String::new(),
    };
    let extension = draft.extension.as_ref().map(ToString::to_string).unwrap_or_default();
    let parts = [
        ("name", draft.name.trim()),
        ("external_id", draft.external_id.trim()),
        ("description", draft.description.trim()),
        ("extension", &extension),
        ("modules", &modules.join(",")),
        ("expires_in", &days),
        ("allowed_addresses", &draft.addresses.trim().replace('\n', ",")),
        ("calls_per_minute", draft.calls.trim()),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if parts.is_empty() { NEW_TOKEN.to_owned() } else { format!("{NEW_TOKEN}?{}", parts.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_of_a_wizard_fills_in_the_same() {
        let pairs = [
            ("name", "Acme & Söhne"),
            ("extension", "EXT-000-001"),
            ("modules", "MD-0002,MD-0003"),
            ("expires_in", "90"),
            ("allowed_addresses", "192.0.2.1,2001:db8::/32"),
            ("calls_per_minute", "600"),
        ];
        let read = |pairs: &[(&str, &str)]| {
            Prefill::read(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
        };
        let prefill = read(&pairs);
        assert_eq!(prefill.draft.expiration, Expiration::Days(90));
        assert_eq!(
            address(&prefill.draft),
            "/integrations/tokens/new?name=Acme%20%26%20S%C3%B6hne&extension=EXT-000-001&modules=MD-0002%2CMD-0003\
             &expires_in=90&allowed_addresses=192.0.2.1%2C2001%3Adb8%3A%3A%2F32&calls_per_minute=600"
        );
        assert_eq!(read(&[("modules", "x,MD-1"), ("expires_in", "0"), ("extension", "?")]).draft, Draft::default());
        let named = read(&[("extension", "zapier")]);
        assert_eq!((named.extension.as_deref(), named.draft.extension), (Some("zapier"), None));
        assert_eq!(read(&[("copy", "SU-160-984-311")]).copy_of.as_deref(), Some("SU-160-984-311"));
    }
}
