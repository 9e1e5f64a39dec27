//! The session has ended under an open page, or the sign-in is too long ago for what the user wants: the password is
//! asked for over the page, and nothing is lost.

use latchkey_shared::{Context, Credentials};
use leptos::{prelude::*, task::spawn_local};

use super::{Session, context::Phase, next};
use crate::{
    api::Api,
    browser::{field, focus, page},
    texts::t,
    ui::{Button, Dialog, Note, TextField, Variant},
};

/// Open over whatever page is shown as soon as a request finds that the password is needed. The page and everything
/// typed into it stay, and the requests that wait are repeated afterwards.
#[component]
pub fn PasswordDialogs() -> impl IntoView {
    let session = expect_context::<Session>();
    let texts = &t().session;
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
            dismissable=false
            title=texts.ended_title
            text=texts.ended_text
            action=texts.sign_in
            cancel=texts.leave_page
            on_cancel=Callback::new(|()| page::load(&next::sign_in_address(&page::address())))
            on_success=on_success
        />
        <PasswordDialog
            open=session.confirming
            title=texts.confirm_title
            text=texts.confirm_text
            action=texts.confirm
            cancel=t().common.cancel
            on_cancel=move |()| session.not_confirmed()
            on_success=on_success
        />
    }
    .into_any()
}

/// Asks for the password, signs in with it, and hands the new session to `on_success` before it closes. The
/// page beneath stays as it is.
#[component]
fn PasswordDialog(
    /// Whether it is shown.
    #[prop(into)]
    open: Signal<bool>,
    /// Its title.
    title: &'static str,
    /// Why the password is wanted.
    text: &'static str,
    /// The words on the button.
    action: &'static str,
    /// The words for the way out.
    cancel: &'static str,
    /// The user has taken the way out.
    #[prop(into)]
    on_cancel: Callback<()>,
    /// The user has signed in; `open` must become false.
    on_success: Callback<Context>,
    /// Whether Esc is the way out, too.
    #[prop(default = true)]
    dismissable: bool,
) -> impl IntoView {
    view! {
        <Dialog open=open on_close=on_cancel title=title dismissable=dismissable>
            <PasswordForm text=text action=action cancel=cancel on_cancel=on_cancel on_success=on_success />
        </Dialog>
    }
    .into_any()
}

#[component]
fn PasswordForm(
    text: &'static str,
    action: &'static str,
    cancel: &'static str,
    on_cancel: Callback<()>,
    on_success: Callback<Context>,
) -> impl IntoView {
    let (api, session) = (expect_context::<Api>(), expect_context::<Session>());
    let password = RwSignal::new(String::new());
    let (problem, busy) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        if let Some(value) = field::value("field-confirm-password") {
            password.set(value);
        }
        if password.with_untracked(String::is_empty) {
            problem.set(Some(t().session.enter_password.to_owned()));
            focus::by_id("field-confirm-password");
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let credentials = Credentials { email: untrack(|| session.email()), password: password.get_untracked() };
            let outcome = api.sign_in(&credentials).await;
            busy.try_set(false);
            password.try_set(String::new());
            match outcome {
                Ok(context) => on_success.run(context),
                Err(failure) => {
                    problem.try_set(Some(failure.message()));
                    focus::by_id("field-confirm-password");
                }
            }
        });
    };
    view! {
        <form class="stack" on:submit=submit novalidate>
            <p>{text}</p>
            <Note problem=problem />
            // Password managers look for the address beside the password.
            <label class="field">
                <span class="field__label">{t().common.email}</span>
                <input class="input" type="email" autocomplete="username" readonly prop:value=move || session.email() />
            </label>
            <TextField
                label=t().session.password name="confirm-password" kind="password" autocomplete="current-password"
                text=password autofocus=true
            />
            <div class="dialog__actions">
                <Button on_press=move |()| on_cancel.run(())>{cancel}</Button>
                <Button variant=Variant::Primary submit=true busy=busy>{action}</Button>
            </div>
        </form>
    }
    .into_any()
}
