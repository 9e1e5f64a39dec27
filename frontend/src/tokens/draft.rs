//! What a person is typing, and how it becomes what the server takes. Text stays as typed until it is sent;
//! the checks are those of `latchkey_shared`, so the page and the server cannot disagree.

use std::collections::BTreeSet;

use latchkey_shared::{
    AllowedAddresses, CallsPerMinute, Description, ExtensionId, ExtensionRef, ExternalId, ModuleId, NewTokenBody,
    Problem, Problems, Timestamp, Token, TokenName, TokenUpdateBody, problem,
};

use crate::browser::dates;

/// When a token is to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expiration {
    /// Never.
    #[default]
    Never,
    /// So many days from the moment of saving.
    Days(u16),
    /// At the end of the local day that is typed.
    Date,
    /// When it ends already: an edit leaves it as it is.
    At(Timestamp),
}

impl Expiration {
    /// The numbers of days that are offered.
    pub const DAYS: [u16; 4] = [30, 60, 90, 365];

    /// The word for the choice in the form: `never`, `90`, `date`, `at`.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Never => "never".to_owned(),
            Self::Days(days) => days.to_string(),
            Self::Date => "date".to_owned(),
            Self::At(_) => "at".to_owned(),
        }
    }
}

/// The time, as far as a draft needs it.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// This moment.
    pub now: Timestamp,
    /// The first moment of a local day `yyyy-mm-dd`.
    pub start_of_day: fn(&str) -> Option<Timestamp>,
    /// The last moment of a local day `yyyy-mm-dd`.
    pub end_of_day: fn(&str) -> Option<Timestamp>,
    /// The local day of a moment, `yyyy-mm-dd`.
    pub day_of: fn(Timestamp) -> String,
}

impl Clock {
    /// The browser's clock.
    #[must_use]
    pub fn browser() -> Self {
        Self {
            now: dates::now(),
            start_of_day: dates::start_of_local_day,
            end_of_day: dates::end_of_local_day,
            day_of: dates::local_day,
        }
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
    /// The choice.
    pub expiration: Expiration,
    /// The local day for [`Expiration::Date`], `yyyy-mm-dd` as typed.
    pub date: String,
    /// When it ends already, which an edit may keep.
    pub ends: Option<Timestamp>,
    /// The local day on which it begins, `yyyy-mm-dd` as typed; empty for no beginning.
    pub not_before: String,
    /// When it begins already: an edit that leaves the day leaves the moment.
    pub begins: Option<Timestamp>,
    /// Addresses and networks as typed, a line each.
    pub addresses: String,
    /// Calls a minute as typed; empty for any number.
    pub calls: String,
    /// The chosen extension.
    pub extension: Option<ExtensionId>,
    /// The chosen modules; *All* stands alone.
    pub modules: BTreeSet<ModuleId>,
}

impl Draft {
    /// What the form for editing `token` starts with.
    #[must_use]
    pub fn of(token: &Token, clock: Clock) -> Self {
        Self {
            name: token.name.clone(),
            external_id: token.external_id.clone().unwrap_or_default(),
            description: token.description.clone().unwrap_or_default(),
            expiration: token.expiration_date.map_or(Expiration::Never, Expiration::At),
            date: String::new(),
            ends: token.expiration_date,
            not_before: token.not_before.map(clock.day_of).unwrap_or_default(),
            begins: token.not_before,
            addresses: token.allowed_addresses.join("\n"),
            calls: token.calls_per_minute.map(|calls| calls.to_string()).unwrap_or_default(),
            extension: token.extension.id.parse().ok(),
            modules: set_of(token.permissions.iter().filter_map(|it| it.object.id.parse().ok())),
        }
    }

    /// Whether both ask for the same token.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let plain = |it: &Self| {
            let texts = [&it.name, &it.external_id, &it.description, &it.not_before, &it.calls];
            let texts = texts.map(|text| text.trim().to_owned());
            (texts, it.expiration, it.networks().unwrap_or_default(), it.modules.clone())
        };
        plain(self) == plain(other)
    }

    /// Every problem that can be told without the server.
    #[must_use]
    pub fn problems(&self, clock: Clock) -> Problems {
        let mut problems = Problems::default();
        problems.check("name", TokenName::try_from(self.name.clone()));
        problems.check("external_id", ExternalId::try_from(self.external_id.clone()));
        problems.check("description", Description::try_from(self.description.clone()));
        let end = problems.check("expiration_date", self.end(clock)).flatten();
        problems.check("not_before", self.beginning(clock, end));
        problems.check("allowed_addresses", self.networks());
        problems.check("calls_per_minute", self.limit());
        problems.check("extension", self.extension.as_ref().ok_or(problem::REQUIRED));
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
            not_before: self.begin(clock),
            allowed_addresses: Some(self.networks().unwrap_or_default()).filter(|it| !it.is_empty()),
            calls_per_minute: self.limit().unwrap_or_default(),
            owner: None,
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
            not_before: Some(self.begin(clock)),
            allowed_addresses: Some(self.networks().ok().filter(|it| !it.is_empty())),
            calls_per_minute: Some(self.limit().unwrap_or_default()),
            permissions: asks.then(|| self.modules.iter().cloned().map(Into::into).collect()),
            extension: None,
        })
    }

    /// When it ends; `None` for never.
    fn end(&self, clock: Clock) -> Result<Option<Timestamp>, Problem> {
        match self.expiration {
            Expiration::Never => Ok(None),
            Expiration::At(moment) => Ok(Some(moment)),
            Expiration::Days(days) => Ok(Some(clock.now.plus(i64::from(days) * 24 * 3600))),
            Expiration::Date => match (clock.end_of_day)(&self.date) {
                None => Err(Problem::new("needs_date", "needs a date")),
                Some(moment) if moment <= clock.now => Err(problem::IN_THE_PAST),
                Some(moment) => Ok(Some(moment)),
            },
        }
    }

    /// When it begins, which is before it ends.
    fn beginning(&self, clock: Clock, end: Option<Timestamp>) -> Result<Option<Timestamp>, Problem> {
        if self.not_before.is_empty() {
            return Ok(None);
        }
        let kept = self.begins.filter(|moment| (clock.day_of)(*moment) == self.not_before);
        match kept.or_else(|| (clock.start_of_day)(&self.not_before)) {
            None => Err(Problem::new("needs_whole_date", "needs a whole date")),
            Some(moment) if end.is_some_and(|end| moment >= end) => {
                Err(Problem { message: "must be before the expiration".into(), ..problem::BEGINS_AFTER_ITS_END })
            }
            moment => Ok(moment),
        }
    }

    /// The networks in order, each once; none for any address. Commas and blanks part them as lines do.
    ///
    /// # Errors
    /// Says what is wrong with the first one that is.
    pub fn networks(&self) -> Result<Vec<String>, Problem> {
        let typed = self.addresses.split([',', ' ', '\t', '\r', '\n']);
        let typed: Vec<&str> = typed.filter(|text| !text.is_empty()).collect();
        Ok(AllowedAddresses::parse(&typed)?.map(|it| it.to_texts()).unwrap_or_default())
    }

    fn limit(&self) -> Result<Option<i64>, Problem> {
        let typed = self.calls.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        // What is no number is as wrong as a number out of range, and the words are the same.
        CallsPerMinute::try_from(i64::from(typed.parse::<u32>().unwrap_or_default()))
            .map(|calls| Some(calls.get().into()))
    }

    fn begin(&self, clock: Clock) -> Option<String> {
        self.beginning(clock, None).ok().flatten().map(|moment| moment.to_string())
    }

    fn moment(&self, clock: Clock) -> Option<String> {
        self.end(clock).ok().flatten().map(|moment| moment.to_string())
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
        let start_of_day = |text: &str| format!("{text}T00:00:00Z").parse().ok();
        let day_of = |moment: Timestamp| moment.to_string()[..10].to_owned();
        Clock { now: "2026-11-23T12:00:00Z".parse().unwrap(), start_of_day, end_of_day, day_of }
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
        let end = |expiration| {
            let draft = Draft { expiration, date: "2027-01-31".to_owned(), ..draft() };
            draft.to_new(true, clock()).unwrap().expiration_date
        };
        assert_eq!(end(Expiration::Never), None);
        assert_eq!(end(Expiration::Days(30)).as_deref(), Some("2026-12-23T12:00:00+00:00"));
        assert_eq!(end(Expiration::Date).as_deref(), Some("2027-01-31T23:59:59+00:00"));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let draft = Draft {
            description: "d".repeat(256),
            expiration: Expiration::Date,
            date: "2020-01-01".to_owned(),
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
            Draft { expiration: Expiration::Date, ..self::draft() }
                .problems(clock())
                .of("expiration_date")
                .map(|it| &*it.message),
            Some("needs a date")
        );
    }

    #[test]
    fn an_edit_keeps_the_exact_end_even_when_it_has_passed() {
        let ended: Timestamp = "2020-01-01T07:08:09Z".parse().unwrap();
        let body = Draft { expiration: Expiration::At(ended), ..draft() }.to_update(true, clock()).unwrap();
        assert_eq!(body.expiration_date, Some(Some("2020-01-01T07:08:09+00:00".to_owned())));
    }

    #[test]
    fn each_restriction_that_is_wrong_is_told() {
        let wrong = Draft {
            expiration: Expiration::Days(30),
            not_before: "2026-12-24".to_owned(),
            addresses: "192.0.2.1\n192.0.2.7/24".to_owned(),
            calls: "1.5".to_owned(),
            ..draft()
        };
        let wanted = [
            "not_before: must be before the expiration",
            "allowed_addresses: \"192.0.2.7/24\" has address bits beyond its prefix: 192.0.2.0/24 is the network",
            "calls_per_minute: must be a whole number from 1 to 1000000",
        ];
        assert_eq!(wrong.problems(clock()).lines(), wanted);
        let half = Draft { not_before: "?".to_owned(), ..draft() };
        assert_eq!(half.problems(clock()).of("not_before").map(|it| &*it.message), Some("needs a whole date"));
    }

    #[test]
    fn restrictions_are_sent_as_the_server_keeps_them() {
        let draft = Draft {
            not_before: "2027-01-31".to_owned(),
            addresses: " 2001:db8::/32, 192.0.2.1\r\n\n192.0.2.1 ".to_owned(),
            calls: " 600 ".to_owned(),
            ..draft()
        };
        let body = draft.to_new(true, clock()).unwrap();
        assert_eq!(body.not_before.as_deref(), Some("2027-01-31T00:00:00+00:00"));
        assert_eq!(body.allowed_addresses, Some(vec!["192.0.2.1".to_owned(), "2001:db8::/32".to_owned()]));
        assert_eq!(body.calls_per_minute, Some(600));
    }

    #[test]
    fn an_edit_clears_restrictions_and_keeps_the_exact_beginning_of_a_day_that_stays() {
        let cleared = draft().to_update(true, clock()).unwrap();
        assert_eq!((cleared.not_before, cleared.calls_per_minute), (Some(None), Some(None)));
        assert_eq!(cleared.allowed_addresses, Some(None));
        let begins = "2027-01-31T07:08:09Z".parse().ok();
        let kept = Draft { not_before: "2027-01-31".to_owned(), begins, ..draft() };
        let update = kept.to_update(true, clock()).unwrap();
        assert_eq!(update.not_before, Some(Some("2027-01-31T07:08:09+00:00".to_owned())));
    }
}
