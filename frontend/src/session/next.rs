//! Where to go after signing in: back to where the person was, and never to another site.

use crate::{browser::text::encode, routes::HOME};

/// `next` if it is a path on this site, [`HOME`] otherwise. `//host` and `/\host` are other sites to a
/// browser, and it drops tabs and line breaks before it looks, so none of these get through.
#[must_use]
pub fn safe(next: Option<&str>) -> String {
    let fine = |path: &&str| {
        let rest = path.strip_prefix('/');
        rest.is_some_and(|rest| !rest.starts_with(['/', '\\']))
            && !path.contains(|c: char| c.is_control())
            && !path.starts_with("/sign-in")
    };
    next.filter(fine).unwrap_or(HOME).to_owned()
}

/// The address of the sign-in that leads to `next`, an address of this site.
#[must_use]
pub fn sign_in_address(next: &str) -> String {
    format!("/sign-in?next={}", encode(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_site_is_followed() {
        for path in ["/", "/integrations/tokens?q=a&page=2", "/integrations/tokens/SU-000-000-001/general"] {
            assert_eq!(safe(Some(path)), path);
        }
    }

    #[test]
    fn nothing_leads_to_another_site_or_in_a_circle() {
        let hostile = [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "evil",
            "",
            "/\t/evil.example",
            "/\n/evil.example",
            "/sign-in?next=/sign-in",
        ];
        for path in hostile {
            assert_eq!(safe(Some(path)), HOME, "{path:?}");
        }
        assert_eq!(safe(None), HOME);
    }
}
