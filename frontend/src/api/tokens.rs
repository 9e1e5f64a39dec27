//! Everything that can be done with tokens.

use latchkey_shared::{
    CreatedToken, Explanation, ModuleId, NewTokenBody, OverlapBody, PermissionGrant, ReplacementBody, RevealedToken,
    SampleCall, Secret, Token, TokenId, TokenUpdateBody,
};
use serde::Deserialize;

use super::{Answer, Api, Call, Failure, Method, parse};

/// One page of a list, and how many rows there are in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows of this page.
    pub tokens: Vec<Token>,
    /// How many rows match.
    pub total: usize,
}

/// A token after a rotation. The shared type for this would be read by code of its own, which weighs two kilobytes.
#[derive(Debug)]
pub struct Rotated {
    /// The token.
    pub token: Token,
    /// Its new secret.
    pub secret: Secret,
    /// Its new handle, where it is used by handle.
    pub handle: Option<Secret>,
}

/// A token and the version that was read, for `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The token.
    pub token: Token,
    /// The value of its `ETag`.
    pub etag: String,
}

impl Api {
    /// The rows that an RQL query selects.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn list_tokens(self, rql: &str) -> Result<Page, Failure> {
        let answer = self.send(Call::new(Method::Get, &format!("/auth/tokens?{rql}"))).await?;
        let tokens: Vec<Token> = parse(&answer)?;
        let total = answer.content_range.as_deref().and_then(total).unwrap_or(tokens.len());
        Ok(Page { tokens, total })
    }

    /// How many tokens an RQL query selects. The query is empty, or has `&` at its end.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn count_tokens(self, filter: &str) -> Result<usize, Failure> {
        Ok(self.list_tokens(&format!("{filter}limit=0")).await?.total)
    }

    /// Creates a token. The same `key` again gives the same token again, not a second one.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Invalid`] names the fields.
    pub async fn create_token(self, body: &NewTokenBody, key: &str) -> Result<CreatedToken, Failure> {
        let call = Call::new(Method::Post, "/auth/tokens").header("Idempotency-Key", key).json(body);
        let answer = self.send(call).await?;
        // The answer is a token and its secrets in one object. Read in two turns, because taking a flattened
        // object apart in one is heavy in the bundle.
        let RevealedToken { token, handle, .. } = parse(&answer)?;
        Ok(CreatedToken { info: parse(&answer)?, token, handle })
    }

    /// One token with its version.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn token(self, id: &str) -> Result<Versioned, Failure> {
        // Anything may stand in the address bar; only what can be an id is worth a request.
        let id: TokenId = id.parse().map_err(|_| Failure::NotFound)?;
        versioned(&self.send(Call::new(Method::Get, &format!("/auth/tokens/{id}"))).await?)
    }

    /// Changes a token that is still at version `etag`.
    ///
    /// # Errors
    /// [`Failure::Changed`] when it is not.
    pub async fn update_token(self, id: &TokenId, etag: &str, body: &TokenUpdateBody) -> Result<Versioned, Failure> {
        let call = Call::new(Method::Put, &format!("/auth/tokens/{id}")).header("If-Match", etag).json(body);
        versioned(&self.send(call).await?)
    }

    /// Takes a module away from a token.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn withdraw_module(self, id: &TokenId, module: &ModuleId) -> Result<(), Failure> {
        let call = Call::new(Method::Delete, &format!("/auth/tokens/{id}/permissions"));
        self.send(call.json(&PermissionGrant::from(module.clone()))).await.map(|_| ())
    }

    /// A call that the key of a token opens.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn sample_call(self, id: &str) -> Result<Option<SampleCall>, Failure> {
        parse(&self.send(Call::new(Method::Get, &format!("/auth/tokens/{id}/sample"))).await?)
    }

    /// What would become of the request that `query` describes.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn explain(self, id: &TokenId, query: &str) -> Result<Explanation, Failure> {
        parse(&self.send(Call::new(Method::Get, &format!("/auth/tokens/{id}/explain?{query}"))).await?)
    }

    /// Grants a module to a token.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn grant_module(self, id: &TokenId, module: &ModuleId) -> Result<(), Failure> {
        let call = Call::new(Method::Post, &format!("/auth/tokens/{id}/permissions"));
        self.send(call.json(&PermissionGrant::from(module.clone()))).await.map(|_| ())
    }

    /// Gives a token a new secret; the old one works on for `overlap` seconds. The same `key` again gives the same
    /// secret again.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn rotate_token(self, id: &TokenId, overlap: i64, key: &str) -> Result<Rotated, Failure> {
        #[derive(Deserialize)]
        struct Secrets {
            token: Secret,
            handle: Option<Secret>,
        }
        let body = ReplacementBody { overlap: Some(overlap), ..ReplacementBody::default() };
        let call = Call::new(Method::Post, &format!("/auth/tokens/{id}/rotate")).header("Idempotency-Key", key);
        let answer = self.send(call.json(&body)).await?;
        let Secrets { token: secret, handle } = parse(&answer)?;
        Ok(Rotated { token: versioned(&answer)?.token, secret, handle })
    }

    /// Ends the previous secret of a token after `overlap` seconds from now.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn set_overlap(self, id: &TokenId, overlap: i64) -> Result<(), Failure> {
        let call = Call::new(Method::Post, &format!("/auth/tokens/{id}/overlap"));
        self.send(call.json(&OverlapBody { overlap: Some(overlap) })).await.map(|_| ())
    }

    /// The secret of a token, for the person in front of the page.
    ///
    /// # Errors
    /// [`Failure::Forbidden`] with `AUTH_004` when the password must be given again first.
    pub async fn reveal_token(self, id: &TokenId) -> Result<RevealedToken, Failure> {
        parse(&self.send(Call::new(Method::Post, &format!("/auth/tokens/{id}/reveal"))).await?)
    }
}

fn versioned(answer: &Answer) -> Result<Versioned, Failure> {
    Ok(Versioned { token: parse(answer)?, etag: answer.etag.clone().unwrap_or_default() })
}

/// The number of rows in `items 0-24/317`.
pub(super) fn total(content_range: &str) -> Option<usize> {
    content_range.rsplit_once('/')?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_stands_behind_the_slash() {
        assert_eq!(total("items 0-24/317"), Some(317));
        assert_eq!(total("items 0-0/0"), Some(0));
        assert_eq!(total("items 0-24/*"), None);
    }
}
