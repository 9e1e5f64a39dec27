//! Signing in and out, and who is signed in.

use latchkey_shared::{Context, Credentials};

use super::{Api, Call, Failure, Method, parse};

impl Api {
    /// Opens a session. Any wrong credential is [`Failure::Forbidden`] with `AUTH_002`.
    ///
    /// # Errors
    /// [`Failure`], never [`Failure::Unauthorized`] being waited for: this call *is* the sign-in.
    pub async fn sign_in(self, credentials: &Credentials) -> Result<Context, Failure> {
        parse(&self.send_once(Call::new(Method::Post, "/auth/login").json(credentials)).await?)
    }

    /// Ends the session.
    ///
    /// # Errors
    /// [`Failure`]; a session that has ended already counts as success.
    pub async fn sign_out(self) -> Result<(), Failure> {
        match self.send_once(Call::new(Method::Post, "/auth/logout")).await {
            Ok(_) | Err(Failure::Unauthorized) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// [`Failure::Unauthorized`] when nobody is.
    pub async fn context(self) -> Result<Context, Failure> {
        parse(&self.send_once(Call::new(Method::Get, "/auth/context")).await?)
    }
}
