//! The session has ended under an open page, or the sign-in is too long ago for what the user wants: the password is asked for
//! over the page, and nothing is lost.

use latchkey_shared::Context;
use leptos::prelude::*;

use super::{Session, context::Phase, password_dialog::PasswordDialog};
use crate::browser::page;

/// Open over whatever page is shown as soon as a request finds that the password is needed. The page and everything typed
/// into it stay, and the requests that wait are repeated afterwards.
#[component]
pub fn PasswordDialogs() -> impl IntoView {
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
    // Esc closes the dialog without a word.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = session.confirming.get();
        if was_open == Some(true) && !is_open {
            session.not_confirmed();
        }
        is_open
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
        <PasswordDialog
            open=session.confirming
            title="Confirm that it is you"
            text="You signed in a while ago. Enter your password to go on."
            action="Confirm"
            on_success=on_success
        />
    }
    .into_any()
}
