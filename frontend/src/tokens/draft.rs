//! What a person is typing, and how it becomes what the server takes. Text stays as typed until it is sent;
//! the checks are those of `latchkey_shared`, so the page and the server cannot disagree.

use std::collections::BTreeSet;

use latchkey_shared::{
    Description, ExtensionId, ExtensionRef, ExternalId, ModuleId, NewTokenBody, Problems, Timestamp, Token, TokenName,
    TokenUpdateBody,
};

/// When a token is to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expiration {
    /// Never.
    #[default]
    Never,
    /// So many days from the moment of saving.
    Days(u16),
    /// At the end of this local day, `yyyy-mm-dd` as typed.
    Date(String),
    /// When it ends already: an edit leaves it as it is.
    At(Timestamp),
}

impl Expiration {
    /// The numbers of days that are offered.
    pub const DAYS: [u16; 4] = [30, 60, 90, 365];

    /// The word for the choice in the form: `never`, `90`, `date`, `at`.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Never => "never".to_owned(),
            Self::Days(days) => days.to_string(),
            Self::Date(_) => "date".to_owned(),
            Self::At(_) => "at".to_owned(),
        }
    }

    /// The moment; `None` for never.
    fn resolve(&self, clock: Clock) -> Result<Option<Timestamp>, &'static str> {
        match self {
            Self::Never => Ok(None),
            Self::At(moment) => Ok(Some(*moment)),
            Self::Days(days) => Ok(Some(clock.now.plus(i64::from(*days) * 24 * 3600))),
            Self::Date(text) => match (clock.end_of_day)(text) {
                None => Err("needs a date"),
                Some(moment) if moment <= clock.now => Err("must be in the future"),
                Some(moment) => Ok(Some(moment)),
            },
        }
    }
}

/// The time, as far as a draft needs it.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// This moment.
    pub now: Timestamp,
    /// The last moment of a local day `yyyy-mm-dd`.
    pub end_of_day: fn(&str) -> Option<Timestamp>,
}

impl Clock {
    /// The browser's clock.
    #[must_use]
    pub fn browser() -> Self {
        Self { now: crate::browser::dates::now(), end_of_day: crate::browser::dates::end_of_local_day }
    }
}

/// Everything that a person enters for a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// As typed.
    pub name: String,
    /// As typed.
    pub external_id: String,
    /// As typed.
    pub description: String,
    /// The choice, with what is typed for it.
    pub expiration: Expiration,
    /// The chosen extension.
    pub extension: Option<ExtensionId>,
    /// The chosen modules; *All* stands alone.
    pub modules: BTreeSet<ModuleId>,
}

impl Draft {
    /// What the form for editing `token` starts with.
    #[must_use]
    pub fn of(token: &Token) -> Self {
        Self {
            name: token.name.clone(),
            external_id: token.external_id.clone().unwrap_or_default(),
            description: token.description.clone().unwrap_or_default(),
            expiration: token.expiration_date.map_or(Expiration::Never, Expiration::At),
            extension: token.extension.id.parse().ok(),
            modules: set_of(token.permissions.iter().filter_map(|it| it.object.id.parse().ok())),
        }
    }

    /// Every problem that can be told without the server.
    #[must_use]
    pub fn problems(&self, clock: Clock) -> Problems {
        let mut problems = Problems::default();
        problems.check("name", TokenName::try_from(self.name.clone()));
        problems.check("external_id", ExternalId::try_from(self.external_id.clone()));
        problems.check("description", Description::try_from(self.description.clone()));
        problems.check("expiration_date", self.expiration.resolve(clock));
        problems.check("extension", self.extension.as_ref().ok_or("is required"));
        problems
    }

    /// The body that creates the token. `asks` says whether the extension lets a person choose the modules;
    /// otherwise they are left out.
    ///
    /// # Errors
    /// The problems, when there are any.
    pub fn to_new(&self, asks: bool, clock: Clock) -> Result<NewTokenBody, Problems> {
        let problems = self.problems(clock);
        if !problems.0.is_empty() {
            return Err(problems);
        }
        Ok(NewTokenBody {
            name: self.name.trim().to_owned(),
            external_id: given(&self.external_id),
            description: given(&self.description),
            extension: self.extension.as_ref().map(|id| ExtensionRef { id: Some(id.to_string()), name: None }),
            permissions: asks.then(|| self.modules.iter().cloned().map(Into::into).collect()),
            expiration_date: self.moment(clock),
            ..NewTokenBody::default()
        })
    }

    /// The body that changes the token to what the form says.
    ///
    /// # Errors
    /// The problems, when there are any.
    pub fn to_update(&self, asks: bool, clock: Clock) -> Result<TokenUpdateBody, Problems> {
        let mut problems = self.problems(clock);
        // The extension of a token never changes, even when the catalogue has dropped it.
        problems.0.retain(|problem| problem.field != "extension");
        if !problems.0.is_empty() {
            return Err(problems);
        }
        Ok(TokenUpdateBody {
            name: Some(self.name.trim().to_owned()),
            external_id: Some(given(&self.external_id)),
            description: Some(given(&self.description)),
            expiration_date: Some(self.moment(clock)),
            permissions: asks.then(|| self.modules.iter().cloned().map(Into::into).collect()),
            ..TokenUpdateBody::default()
        })
    }

    fn moment(&self, clock: Clock) -> Option<String> {
        self.expiration.resolve(clock).ok().flatten().map(|moment| moment.to_string())
    }
}

/// The set of these. `collect` would sort first, and sorting is heavy in the bundle for the few that there are.
pub fn set_of<T: Ord>(items: impl Iterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for item in items {
        set.insert(item);
    }
    set
}

/// Text that is not blank.
fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of_day(text: &str) -> Option<Timestamp> {
        format!("{text}T23:59:59Z").parse().ok()
    }

    fn clock() -> Clock {
        Clock { now: "2026-11-23T12:00:00Z".parse().unwrap(), end_of_day }
    }

    fn draft() -> Draft {
        Draft { name: " Billing ".to_owned(), extension: "EXT-000-001".parse().ok(), ..Draft::default() }
    }

    #[test]
    fn blank_fields_are_left_out_and_texts_are_trimmed() {
        let body = Draft { external_id: "  ".to_owned(), ..draft() }.to_new(true, clock()).unwrap();
        assert_eq!((body.name.as_str(), body.external_id, body.expiration_date), ("Billing", None, None));
        assert_eq!(body.permissions, Some(Vec::new()));
    }

    #[test]
    fn fixed_permissions_are_the_extension_s_business() {
        assert_eq!(draft().to_new(false, clock()).unwrap().permissions, None);
    }

    #[test]
    fn days_count_from_now_and_a_date_lasts_until_its_evening() {
        let end = |expiration| Draft { expiration, ..draft() }.to_new(true, clock()).unwrap().expiration_date;
        assert_eq!(end(Expiration::Days(30)).as_deref(), Some("2026-12-23T12:00:00+00:00"));
        assert_eq!(end(Expiration::Date("2027-01-31".to_owned())).as_deref(), Some("2027-01-31T23:59:59+00:00"));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let draft = Draft {
            description: "d".repeat(256),
            expiration: Expiration::Date("2020-01-01".to_owned()),
            ..Draft::default()
        };
        let lines = draft.problems(clock()).lines();
        let wanted = [
            "name: is required",
            "description: must be at most 255 characters, and has 256",
            "expiration_date: must be in the future",
            "extension: is required",
        ];
        assert_eq!(lines, wanted);
        assert_eq!(
            Draft { expiration: Expiration::Date(String::new()), ..self::draft() }
                .problems(clock())
                .of("expiration_date"),
            Some("needs a date")
        );
    }

    #[test]
    fn an_edit_keeps_the_exact_end_even_when_it_has_passed() {
        let ended: Timestamp = "2020-01-01T07:08:09Z".parse().unwrap();
        let body = Draft { expiration: Expiration::At(ended), ..draft() }.to_update(true, clock()).unwrap();
        assert_eq!(body.expiration_date, Some(Some("2020-01-01T07:08:09+00:00".to_owned())));
    }
}
