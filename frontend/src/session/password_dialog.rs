//! A dialog that asks the signed-in person for the password.

use latchkey_shared::{Context, Credentials};
use leptos::{prelude::*, task::spawn_local};

use super::Session;
use crate::{
    api::Api,
    browser::{field, focus},
    ui::{Button, Dialog, Note, TextField, Variant},
};

/// Asks for the password, signs in with it, and hands the new session to `on_success` before it closes. The
/// page beneath stays as it is.
#[component]
pub fn PasswordDialog(
    /// Whether it is shown.
    open: RwSignal<bool>,
    /// Its title.
    title: &'static str,
    /// Why the password is wanted.
    text: &'static str,
    /// The words on the button.
    action: &'static str,
    /// A way out, for those who cannot or do not want to.
    #[prop(optional)]
    on_cancel: Option<Callback<()>>,
    /// The words for the way out.
    #[prop(default = "Cancel")]
    cancel: &'static str,
    /// What to do then.
    on_success: Callback<Context>,
    /// Whether Esc closes it.
    #[prop(default = true)]
    dismissable: bool,
) -> impl IntoView {
    let (api, session) = (expect_context::<Api>(), expect_context::<Session>());
    let password = RwSignal::new(String::new());
    let (problem, busy) = (RwSignal::new(None::<String>), RwSignal::new(false));
    Effect::new(move |_| {
        open.track();
        password.set(String::new());
        problem.set(None);
    });

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        if let Some(value) = field::value("field-confirm-password") {
            password.set(value);
        }
        if password.with_untracked(String::is_empty) {
            problem.set(Some("Enter your password.".to_owned()));
            focus::by_id("field-confirm-password");
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let credentials = Credentials { email: untrack(|| session.email()), password: password.get_untracked() };
            let outcome = api.sign_in(&credentials).await;
            busy.set(false);
            password.set(String::new());
            match outcome {
                Ok(context) => {
                    open.set(false);
                    on_success.run(context);
                }
                Err(failure) => {
                    problem.set(Some(failure.message()));
                    focus::by_id("field-confirm-password");
                }
            }
        });
    };

    view! {
        <Dialog open=open title=title dismissable=dismissable>
            <form class="stack" on:submit=submit novalidate>
                <p>{text}</p>
                <Note problem=problem />
                // Password managers look for the address beside the password.
                <label class="field">
                    <span class="field__label">"E-mail"</span>
                    <input class="input" type="email" autocomplete="username" readonly prop:value=move || session.email() />
                </label>
                <TextField
                    label="Password" name="confirm-password" kind="password" autocomplete="current-password"
                    text=password autofocus=true
                />
                <div class="dialog__actions">
                    <Button on_press=move |()| {
                        if let Some(on_cancel) = on_cancel { on_cancel.run(()) } else { open.set(false) }
                    }>{cancel}</Button>
                    <Button variant=Variant::Primary submit=true busy=busy>{action}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
