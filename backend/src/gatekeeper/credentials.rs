//! How a client shows its key: in the forms that an API takes, and in one of them at a time.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use latchkey_shared::{PresentedKey, TokenId};

use super::AuthError;
use crate::catalogue::api::CredentialForm;

/// Some programs leave the padding out.
const BASIC: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where many programs put a key.
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Where the decoded pair of HTTP Basic is kept while it is used.
pub type Buffer = [u8; 96];

/// Room for a pair.
pub const BUFFER: Buffer = [0; 96];

/// The key of a request; none if it shows none in a form that the API takes.
///
/// # Errors
/// [`AuthError::Missing`] for two, of which another program could read the other one; [`AuthError::Form`] for one in an
/// `Authorization` that the API does not take keys from, which is passed on to it; otherwise what is wrong with the key.
pub fn read<'a>(
    forms: &[CredentialForm],
    headers: &'a HeaderMap,
    buffer: &'a mut Buffer,
) -> Result<Option<PresentedKey<'a>>, AuthError> {
    if !takes_authorization(forms) && headers.get_all(AUTHORIZATION).iter().any(is_key) {
        return Err(AuthError::Form);
    }
    let mut shown: Option<(&CredentialForm, &'a [u8])> = None;
    for form in forms {
        let mut values = match form {
            CredentialForm::Header(name) => headers.get_all(name).iter(),
            _ => headers.get_all(AUTHORIZATION).iter(),
        };
        let value = match (values.next(), values.next()) {
            (None, _) => continue,
            (Some(value), None) => value.as_bytes().trim_ascii(),
            _ => return Err(AuthError::Missing),
        };
        let value = match form {
            CredentialForm::ApiKey => after_scheme(value, b"ApiKey"),
            CredentialForm::Bearer => after_scheme(value, b"Bearer"),
            CredentialForm::Basic => after_scheme(value, b"Basic"),
            // As it was copied from the console, or the pair alone.
            CredentialForm::Header(_) => Some(after_scheme(value, b"ApiKey").unwrap_or(value)),
        };
        if let Some(value) = value
            && shown.replace((form, value)).is_some()
        {
            return Err(AuthError::Missing);
        }
    }
    let Some((form, value)) = shown else { return Ok(None) };
    let pair = match form {
        CredentialForm::Basic => {
            let length = BASIC.decode_slice(value, buffer).map_err(|_| AuthError::Malformed)?;
            &buffer[..length]
        }
        _ => value,
    };
    Ok(Some(PresentedKey::from_pair(pair)?))
}

/// What follows a scheme, which may be written in any case.
fn after_scheme<'a>(value: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (found, rest) = value.split_at_checked(scheme.len())?;
    let ends = rest.first().is_none_or(u8::is_ascii_whitespace);
    (found.eq_ignore_ascii_case(scheme) && ends).then(|| rest.trim_ascii_start())
}

/// The key in `Authorization: ApiKey`, which is how Latchkey's own API takes it.
///
/// # Errors
/// [`AuthError`].
pub fn read_own(headers: &HeaderMap) -> Result<PresentedKey<'_>, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(PresentedKey::from_header(value.as_bytes())?),
        // Another program could read the other one.
        _ => Err(AuthError::Missing),
    }
}

/// What to call a request that shows no key in a form that the API takes.
#[must_use]
pub fn nothing_shown(forms: &[CredentialForm], headers: &HeaderMap) -> AuthError {
    if possible_pairs(forms, headers).any(|pair| PresentedKey::from_pair(&pair).is_ok()) {
        AuthError::Form
    } else if takes_authorization(forms) && headers.contains_key(AUTHORIZATION) {
        AuthError::Malformed
    } else {
        AuthError::Missing
    }
}

/// The id in front of what is no key, or is one in a form that the API does not take. For the log: anybody can send it.
#[must_use]
pub fn claimed_id(forms: &[CredentialForm], headers: &HeaderMap) -> Option<TokenId> {
    possible_pairs(forms, headers).find_map(|pair| {
        let id = pair.split(|byte| *byte == b':').next()?;
        std::str::from_utf8(id).ok()?.parse().ok()
    })
}

/// What may be an id and a secret, in any form.
fn possible_pairs(forms: &[CredentialForm], headers: &HeaderMap) -> impl Iterator<Item = Vec<u8>> {
    let own = forms.iter().filter_map(|form| match form {
        CredentialForm::Header(name) => Some(name.clone()),
        _ => None,
    });
    let values = [AUTHORIZATION, X_API_KEY].into_iter().chain(own).flat_map(|name| headers.get_all(name));
    values.map(|value| possible_pair(value).into_owned()).collect::<Vec<_>>().into_iter()
}

/// What may be an id and a secret in a header, in any form.
fn possible_pair(value: &HeaderValue) -> Cow<'_, [u8]> {
    let value = value.as_bytes().trim_ascii();
    let after = |scheme: &[u8]| after_scheme(value, scheme);
    match after(b"Basic").and_then(|basic| BASIC.decode(basic).ok()) {
        Some(decoded) => decoded.into(),
        None => after(b"ApiKey").or_else(|| after(b"Bearer")).unwrap_or(value).into(),
    }
}

fn is_key(value: &HeaderValue) -> bool {
    PresentedKey::from_pair(&possible_pair(value)).is_ok()
}

/// Whether a key may be in `Authorization`; otherwise that is for the API.
fn takes_authorization(forms: &[CredentialForm]) -> bool {
    forms.iter().any(|form| !matches!(form, CredentialForm::Header(_)))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    use latchkey_shared::{ApiKey, Secret};

    use super::*;

    fn pair() -> String {
        let id = "SU-160-984-311".parse().unwrap();
        let key = ApiKey { secret: Secret::new(&id, &[9; 16]), id };
        key.header_value().replace("ApiKey ", "")
    }

    fn read_all(forms: &[CredentialForm], headers: &[(&str, &str)]) -> Result<bool, AuthError> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()))
            .collect();
        let mut buffer = BUFFER;
        let key = read(forms, &headers, &mut buffer)?;
        assert!(key.is_none_or(|key| key.id == "SU-160-984-311"));
        Ok(key.is_some())
    }

    fn own() -> CredentialForm {
        CredentialForm::Header(HeaderName::from_static("x-api-key"))
    }

    #[test]
    fn key_is_read_in_each_form_that_the_api_takes_and_in_no_other() {
        let pair = pair();
        let (api_key, bearer) = (format!("ApiKey {pair}"), format!("bearer {pair}"));
        let basic = format!("Basic {}", STANDARD.encode(&pair));
        let forms = [
            (CredentialForm::ApiKey, "authorization", api_key.as_str()),
            (CredentialForm::Bearer, "authorization", bearer.as_str()),
            (CredentialForm::Basic, "authorization", basic.as_str()),
            (own(), "x-api-key", pair.as_str()),
        ];
        for (taken, ..) in &forms {
            for (form, name, value) in &forms {
                let shown = read_all(std::slice::from_ref(taken), &[(*name, *value)]);
                // It would be passed on to the API.
                let is_passed_on = *taken == own() && taken != form;
                let expected = if is_passed_on { Err(AuthError::Form) } else { Ok(taken == form) };
                assert_eq!(shown, expected, "{taken:?} {form:?}");
            }
        }
        assert_eq!(read_all(&[own()], &[("x-api-key", &api_key)]), Ok(true), "as it was copied");
        let unpadded = format!("Basic {}", STANDARD_NO_PAD.encode(&pair));
        assert_eq!(read_all(&[CredentialForm::Basic], &[("authorization", &unpadded)]), Ok(true));
    }

    #[test]
    fn key_in_a_form_that_the_api_does_not_take_is_told_from_none_and_names_its_token() {
        let pair = pair();
        let (jwt, cut) = ("Bearer a.b.c".to_owned(), format!("Bearer {}", &pair[..30]));
        let basic = format!("Basic {}", STANDARD.encode(&pair));
        let id = Some("SU-160-984-311");
        let (bearer, header) = (&[CredentialForm::Bearer][..], &[own()][..]);
        for (forms, name, value, why, claimed) in [
            (bearer, "authorization", format!("ApiKey {pair}"), AuthError::Form, id),
            (bearer, "authorization", basic, AuthError::Form, id),
            (bearer, "x-api-key", pair.clone(), AuthError::Form, id),
            (header, "authorization", format!("Bearer {pair}"), AuthError::Form, id),
            (bearer, "authorization", "Digest x".to_owned(), AuthError::Malformed, None),
            (bearer, "authorization", cut, AuthError::Malformed, id),
            // The sign-in of the API's own users.
            (header, "authorization", jwt, AuthError::Missing, None),
            (bearer, "accept", "*/*".to_owned(), AuthError::Missing, None),
        ] {
            let headers =
                HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::try_from(value).unwrap())]);
            let told = (nothing_shown(forms, &headers), claimed_id(forms, &headers).map(String::from));
            assert_eq!(told, (why, claimed.map(str::to_owned)), "{headers:?}");
        }
    }

    #[test]
    fn two_keys_at_once_are_refused() {
        let pair = pair();
        let both = [("x-api-key", pair.as_str()), ("authorization", &format!("Bearer {pair}"))];
        let forms = [CredentialForm::Bearer, own()];
        assert_eq!(read_all(&forms, &both), Err(AuthError::Missing));
        assert_eq!(read_all(&forms, &[both[0], both[0]]), Err(AuthError::Missing));
        // Where the API takes its own header alone, Authorization is for the API, and no key belongs there.
        assert_eq!(read_all(&forms[1..], &both), Err(AuthError::Form));
        assert_eq!(read_all(&forms[1..], &[both[0], ("authorization", "Bearer a.b.c")]), Ok(true));
        assert_eq!(read_all(&forms, &[both[0], ("authorization", "Digest x")]), Ok(true));
    }

    #[test]
    fn what_is_no_key_is_refused_and_nothing_is_no_key() {
        assert_eq!(read_all(&[own()], &[]), Ok(false));
        assert_eq!(read_all(&[own()], &[("x-api-key", "")]), Err(AuthError::Malformed));
        assert_eq!(read_all(&[CredentialForm::ApiKey], &[("authorization", "ApiKey")]), Err(AuthError::Malformed));
        for basic in ["Basic !", &format!("Basic {}", "A".repeat(4000)), "Basic eDp5"] {
            assert_eq!(
                read_all(&[CredentialForm::Basic], &[("authorization", basic)]),
                Err(AuthError::Malformed),
                "{basic}"
            );
        }
        let cut = pair();
        let cut = [("authorization", &*format!("Bearer {}0", &cut[..cut.len() - 1]))];
        assert!(matches!(read_all(&[CredentialForm::Bearer], &cut), Err(AuthError::Checksum) | Ok(true)));
    }
}
