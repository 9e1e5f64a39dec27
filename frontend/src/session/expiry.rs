//! The session has ended under an open page: sign in over it, lose nothing.

use latchkey_shared::Context;
use leptos::prelude::*;

use super::{Session, context::Phase, password_dialog::PasswordDialog};
use crate::browser::page;

/// Opens over whatever page is shown as soon as a request finds the session ended. The page and everything
/// typed into it stay, and the requests that wait are repeated after signing in.
#[component]
pub fn SessionExpiry() -> impl IntoView {
    let session = expect_context::<Session>();
    let on_success = Callback::new(move |context: Context| {
        let same = matches!(session.phase.get_untracked(),
            Phase::SignedIn(before) if before.user.id == context.user.id && before.account.id == context.account.id);
        if same {
            session.signed_in(context);
        } else {
            // Another person must not see what the page still holds.
            page::load("/");
        }
    });
    view! {
        <PasswordDialog
            open=session.ended
            title="Sign in again"
            text="Your session has ended. Sign in again to go on where you are; nothing that you typed is lost."
            action="Sign in"
            cancel="Leave this page"
            on_cancel=Callback::new(|()| page::load("/sign-in"))
            on_success=on_success
            dismissable=false
        />
    }
    .into_any()
}
