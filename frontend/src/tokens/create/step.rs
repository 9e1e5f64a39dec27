//! The steps of the wizard and which of them may be shown.

use latchkey_shared::Problems;

use crate::texts::t;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Name, external id, description, expiration, restrictions.
    General,
    /// What the token is for.
    Extension,
    /// What it may do; left out when the extension says.
    Permissions,
    /// What was created.
    Summary,
}

impl Step {
    const ALL: [Self; 4] = [Self::General, Self::Extension, Self::Permissions, Self::Summary];

    /// The words on the page.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::General => t().settings.general,
            Self::Extension => t().settings.extension,
            Self::Permissions => t().settings.permissions,
            Self::Summary => t().create.summary,
        }
    }

    /// The word in the address.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Extension => "extension",
            Self::Permissions => "permissions",
            Self::Summary => "summary",
        }
    }

    /// The steps that are walked through.
    #[must_use]
    pub fn walked(asks: bool) -> Vec<Self> {
        Self::ALL.into_iter().filter(|step| asks || *step != Self::Permissions).collect()
    }

    /// The step in which a field of the body is mended.
    #[must_use]
    pub fn of_field(field: &str) -> Option<Self> {
        match field.split('.').next().unwrap_or_default() {
            "name" | "external_id" | "description" | "expiration_date" | "not_before" | "allowed_addresses"
            | "calls_per_minute" => Some(Self::General),
            "extension" => Some(Self::Extension),
            "permissions" => Some(Self::Permissions),
            _ => None,
        }
    }

    /// The first step that has a problem.
    #[must_use]
    pub fn first_with(problems: &Problems) -> Option<Self> {
        problems.0.iter().filter_map(|problem| Self::of_field(&problem.field)).min()
    }

    /// The step to show when the address asks for `wanted`: never one beyond a step that is not filled in, and
    /// the summary exactly when there is a token.
    #[must_use]
    pub fn to_show(wanted: Option<&str>, problems: &Problems, asks: bool, created: bool) -> Self {
        if created {
            return Self::Summary;
        }
        let last = if asks { Self::Permissions } else { Self::Extension };
        let wanted = Self::ALL.into_iter().find(|step| Some(step.slug()) == wanted).unwrap_or(Self::General);
        wanted.min(last).min(Self::first_with(problems).unwrap_or(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_is_skipped_by_its_address() {
        let empty = Problems::one("name", "is required");
        assert_eq!(Step::to_show(Some("permissions"), &empty, true, false), Step::General);
        assert_eq!(Step::to_show(Some("summary"), &Problems::default(), true, false), Step::Permissions);
        assert_eq!(Step::to_show(Some("nonsense"), &Problems::default(), true, false), Step::General);
    }

    #[test]
    fn fixed_permissions_leave_the_step_out() {
        assert_eq!(Step::walked(false), [Step::General, Step::Extension, Step::Summary]);
        assert_eq!(Step::to_show(Some("permissions"), &Problems::default(), false, false), Step::Extension);
    }

    #[test]
    fn after_creating_there_is_only_the_summary() {
        assert_eq!(Step::to_show(Some("general"), &Problems::default(), true, true), Step::Summary);
    }

    #[test]
    fn a_problem_leads_to_its_step() {
        let problems = Problems(vec![
            latchkey_shared::Problem::other("unknown module").of("permissions"),
            latchkey_shared::Problem::other("must be in the future").of("expiration_date"),
        ]);
        assert_eq!(Step::first_with(&problems), Some(Step::General));
    }
}
