//! Handing a key over by a link: for the user who makes the link, and for the person who has it.

use latchkey_shared::{HandOver, HandOverBody, HandedOver, HolderBody, LinkSecret, TakenKey, TokenId};
use serde::Deserialize;

use super::{Api, Call, Failure, Method, parse};

impl Api {
    /// The last link of a token, or none.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn hand_over(self, id: &TokenId) -> Result<Option<HandOver>, Failure> {
        parse(&self.send(Call::new(Method::Get, &address(id))).await?)
    }

    /// Makes a link in place of an older one. Returns it with its secret.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn make_hand_over(self, id: &TokenId, body: HandOverBody) -> Result<(HandOver, LinkSecret), Failure> {
        #[derive(Deserialize)]
        struct Made {
            secret: LinkSecret,
        }
        let answer = self.send(Call::new(Method::Post, &address(id)).json(&body)).await?;
        // Read twice: deserializing a flattened object weighs more in the bundle.
        Ok((parse(&answer)?, parse::<Made>(&answer)?.secret))
    }

    /// Withdraws the link, or the page of the holder.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn withdraw_hand_over(self, id: &TokenId) -> Result<(), Failure> {
        self.send(Call::new(Method::Delete, &address(id))).await.map(|_| ())
    }

    /// What is handed over by a link, or how the key of a holder's page is used.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when the link does not work.
    pub async fn handed_over(self, secret: LinkSecret) -> Result<HandedOver, Failure> {
        let body = HolderBody { secret, overlap: None, page: None };
        parse(&self.send_once(Call::new(Method::Post, "/auth/hand_over").json(&body)).await?)
    }

    /// Takes the key, once more with the same `page`, the secret that the holder's page shall have; with an overlap in seconds,
    /// rotates the key that was taken.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when the link does not work.
    pub async fn take_key(
        self,
        secret: LinkSecret,
        overlap: Option<i64>,
        page: Option<LinkSecret>,
    ) -> Result<TakenKey, Failure> {
        let path = if overlap.is_some() { "/auth/hand_over/rotate" } else { "/auth/hand_over/take" };
        let body = HolderBody { secret, overlap, page };
        parse(&self.send_once(Call::new(Method::Post, path).json(&body)).await?)
    }
}

fn address(id: &TokenId) -> String {
    format!("/auth/tokens/{id}/hand_over")
}
