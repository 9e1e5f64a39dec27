//! Users, their invitations, and the own sessions and password.

use latchkey_shared::{
    Invitation, InvitationBody, Invited, NewUserBody, PasswordBody, SessionDetails, UserDetails, UserId, UserUpdateBody,
};

use super::{Api, Call, Failure, Method, parse};

impl Api {
    /// The users of the account.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn users(self) -> Result<Vec<UserDetails>, Failure> {
        parse(&self.send(Call::new(Method::Get, "/auth/users")).await?)
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Invalid`] names the fields.
    pub async fn invite_user(self, body: &NewUserBody) -> Result<Invitation, Failure> {
        parse(&self.send(Call::new(Method::Post, "/auth/users").json(body)).await?)
    }

    /// Makes a new invitation.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn invite_user_again(self, id: &UserId) -> Result<Invitation, Failure> {
        parse(&self.send(Call::new(Method::Post, &format!("/auth/users/{id}/invite"))).await?)
    }

    /// Changes what a user may do.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn update_user(self, id: &UserId, body: &UserUpdateBody) -> Result<(), Failure> {
        self.send(Call::new(Method::Put, &format!("/auth/users/{id}")).json(body)).await.map(|_| ())
    }

    /// Ends every session of a user.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn sign_user_out(self, id: &UserId) -> Result<(), Failure> {
        self.send(Call::new(Method::Post, &format!("/auth/users/{id}/sign_out"))).await.map(|_| ())
    }

    /// Whose invitation it is.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when it is used or has expired.
    pub async fn invitation(self, secret: &str) -> Result<Invited, Failure> {
        let body = InvitationBody { secret: secret.to_owned(), password: None };
        parse(&self.send_once(Call::new(Method::Post, "/auth/invitation").json(&body)).await?)
    }

    /// Sets the password of an invitation.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Invalid`] says what is wrong with the password.
    pub async fn follow_invitation(self, secret: &str, password: &str) -> Result<(), Failure> {
        let body = InvitationBody { secret: secret.to_owned(), password: Some(password.to_owned()) };
        self.send_once(Call::new(Method::Post, "/auth/invitation").json(&body)).await.map(|_| ())
    }

    /// The own sessions.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn sessions(self) -> Result<Vec<SessionDetails>, Failure> {
        parse(&self.send(Call::new(Method::Get, "/auth/sessions")).await?)
    }

    /// Ends one of the own sessions.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn end_session(self, id: &str) -> Result<(), Failure> {
        self.send(Call::new(Method::Delete, &format!("/auth/sessions/{id}"))).await.map(|_| ())
    }

    /// Sets another password.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Invalid`] names the fields.
    pub async fn change_password(self, body: &PasswordBody) -> Result<(), Failure> {
        self.send(Call::new(Method::Post, "/auth/password").json(body)).await.map(|_| ())
    }
}
