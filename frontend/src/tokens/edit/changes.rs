//! How two versions of a token differ, in words.

use std::collections::BTreeSet;

use latchkey_shared::ModuleId;

use crate::{
    api::Catalogue,
    texts::t,
    tokens::draft::{Draft, Expiration},
};

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its words on the page.
    pub field: &'static str,
    /// What is in the form.
    pub mine: String,
    /// What the server has now.
    pub theirs: String,
    /// Whether theirs stays when mine is saved, because the form was not changed there.
    pub is_kept: bool,
}

/// Theirs, with what the person has changed since `base` put over it: nobody overwrites what they did not touch.
#[must_use]
pub fn merged(base: &Draft, mine: &Draft, theirs: &Draft) -> Draft {
    fn pick<T: PartialEq + Clone>(base: &T, mine: &T, theirs: &T) -> T {
        if mine == base { theirs.clone() } else { mine.clone() }
    }
    Draft {
        name: pick(&base.name, &mine.name, &theirs.name),
        external_id: pick(&base.external_id, &mine.external_id, &theirs.external_id),
        description: pick(&base.description, &mine.description, &theirs.description),
        expiration: pick(&base.expiration, &mine.expiration, &theirs.expiration),
        date: mine.date.clone(),
        ends: theirs.ends,
        not_before: pick(&base.not_before, &mine.not_before, &theirs.not_before),
        begins: theirs.begins,
        addresses: pick(&base.addresses, &mine.addresses, &theirs.addresses),
        calls: pick(&base.calls, &mine.calls, &theirs.calls),
        extension: theirs.extension.clone(),
        modules: pick(&base.modules, &mine.modules, &theirs.modules),
    }
}

/// How the form, which began as `base`, differs from theirs. `day` writes a moment for people.
#[must_use]
pub fn changes(
    base: &Draft,
    mine: &Draft,
    theirs: &Draft,
    catalogue: &Catalogue,
    day: fn(latchkey_shared::Timestamp) -> String,
) -> Vec<Change> {
    let texts = &t().settings;
    let end = |draft: &Draft| match draft.expiration {
        Expiration::Never => String::new(),
        Expiration::Days(days) => t().edit.days_from_now.of(days.into()),
        Expiration::Date => draft.date.clone(),
        Expiration::At(moment) => day(moment),
    };
    let names = |modules: &BTreeSet<ModuleId>| {
        modules.iter().map(|id| catalogue.module_name(id)).collect::<Vec<_>>().join(", ")
    };
    let networks = |draft: &Draft| draft.networks().map_or_else(|_| draft.addresses.clone(), |it| it.join(", "));
    let rows = |draft: &Draft| {
        [
            (texts.name, draft.name.trim().to_owned()),
            (texts.external_id, draft.external_id.trim().to_owned()),
            (texts.description, draft.description.trim().to_owned()),
            (texts.expiration, end(draft)),
            (texts.not_before, draft.not_before.clone()),
            (texts.allowed_addresses, networks(draft)),
            (texts.calls_per_minute, draft.calls.trim().to_owned()),
            (texts.permissions, names(&draft.modules)),
        ]
    };
    let saved = rows(&merged(base, mine, theirs));
    let sides = rows(mine).into_iter().zip(rows(theirs)).zip(saved);
    sides
        .filter(|((mine, theirs), _)| mine != theirs)
        .map(|(((field, mine), (_, theirs)), (_, saved))| Change { field, mine, is_kept: saved == theirs, theirs })
        .collect()
}

#[cfg(test)]
mod tests {
    use latchkey_shared::Token;

    use super::*;
    use crate::tokens::draft::Clock;

    fn token(name: &str, modules: &str) -> Token {
        let json = format!(
            r#"{{"id":"SU-000-000-001","name":"{name}","description":null,"external_id":null,
            "owner":{{"id":"VA-000-001","name":"A"}},"status":"active","extension":{{"id":"EXT-000-001","name":"custom"}},
            "permissions":{modules},"expiration_date":null,
            "events":{{"created":{{"at":"2026-01-01T00:00:00Z","by":{{"id":"UR-000-000-001","name":"A"}}}},
            "updated":{{"at":"2026-01-01T00:00:00Z","by":{{"id":"UR-000-000-001","name":"A"}}}}}}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn draft(token: &Token) -> Draft {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let day_of = |moment: latchkey_shared::Timestamp| moment.to_string()[..10].to_owned();
        Draft::of(token, Clock { now, start_of_day: |_| None, end_of_day: |_| None, day_of })
    }

    fn found(mine: &Draft, theirs: &Token) -> Vec<Change> {
        changes(&draft(&token("Billing", "[]")), mine, &draft(theirs), &Catalogue::default(), |moment| {
            moment.to_string()
        })
    }

    #[test]
    fn only_what_i_touched_goes_over_theirs() {
        let base = draft(&token("Billing", "[]"));
        let theirs = draft(&token("Invoices", r#"[{"id":"TP-1","object":{"id":"MD-0000","name":"All"}}]"#));
        let mine = Draft { description: "Mine".to_owned(), ..base.clone() };
        assert_eq!(merged(&base, &mine, &theirs), Draft { description: "Mine".to_owned(), ..theirs.clone() });
        let mine = Draft { name: "Bills".to_owned(), ..base.clone() };
        assert_eq!(merged(&base, &mine, &theirs), Draft { name: "Bills".to_owned(), ..theirs });
    }

    #[test]
    fn equal_versions_do_not_differ() {
        let theirs = token("Billing", "[]");
        assert_eq!(found(&draft(&theirs), &theirs), []);
    }

    #[test]
    fn each_property_that_differs_is_named_with_both_sides() {
        let theirs = token("Invoices", r#"[{"id":"TP-1","object":{"id":"MD-0000","name":"All"}}]"#);
        let mine = Draft { expiration: Expiration::Days(30), ..draft(&token("Billing", "[]")) };
        let change = |field, mine: &str, theirs: &str, is_kept| Change {
            field,
            mine: mine.to_owned(),
            theirs: theirs.to_owned(),
            is_kept,
        };
        let wanted = [
            change("Name", "Billing", "Invoices", true),
            change("Expiration", "30 days from now", "", false),
            change("Permissions", "", "All Modules", true),
        ];
        assert_eq!(found(&mine, &theirs), wanted);
    }

    #[test]
    fn restrictions_that_differ_are_named_and_untouched_ones_are_theirs() {
        let base = draft(&token("Billing", "[]"));
        let theirs = Token {
            not_before: "2027-01-31T07:08:09Z".parse().ok(),
            allowed_addresses: vec!["192.0.2.1".to_owned()],
            calls_per_minute: Some(60),
            ..token("Billing", "[]")
        };
        let mine = Draft { addresses: "192.0.2.7 ,192.0.2.2".to_owned(), ..base.clone() };
        let merged = merged(&base, &mine, &draft(&theirs));
        assert_eq!((merged.begins, merged.calls.as_str()), (theirs.not_before, "60"));
        let wanted = Change {
            field: "Allowed addresses",
            mine: "192.0.2.2, 192.0.2.7".to_owned(),
            theirs: "192.0.2.1".to_owned(),
            is_kept: false,
        };
        assert_eq!(found(&merged, &theirs), [wanted]);
    }
}
