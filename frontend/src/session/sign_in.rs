//! The page on which one signs in.

use latchkey_shared::Credentials;
use leptos::{prelude::*, task::spawn_local};

use super::{Session, next};
use crate::{
    api::Api,
    browser::{field, focus},
    routes::Navigator,
    texts::t,
    ui::{Button, Heading, Note, TextField, Variant},
};

/// E-mail address, password, and one message for every failure. Leads to `next` when it is a path of this site.
#[component]
pub fn SignIn(
    /// The `next` of the address, as it came.
    #[prop(into)]
    next: Signal<Option<String>>,
) -> impl IntoView {
    let (api, session, navigator) =
        (expect_context::<Api>(), expect_context::<Session>(), expect_context::<Navigator>());
    let texts = &t().session;
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (problem, busy) = (RwSignal::new(None::<String>), RwSignal::new(false));

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        for (signal, id) in [(email, "field-email"), (password, "field-password")] {
            if let Some(value) = field::value(id) {
                signal.set(value);
            }
        }
        if email.with_untracked(String::is_empty) || password.with_untracked(String::is_empty) {
            problem.set(Some(texts.enter_both.to_owned()));
            focus::by_id(if email.with_untracked(String::is_empty) { "field-email" } else { "field-password" });
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let credentials = Credentials { email: email.get_untracked(), password: password.get_untracked() };
            match api.sign_in(&credentials).await {
                Ok(context) => {
                    session.signed_in(context);
                    navigator.replace(&next::safe(next.get_untracked().as_deref()));
                }
                Err(failure) => {
                    problem.set(Some(failure.message()));
                    password.set(String::new());
                    busy.set(false);
                    focus::by_id("field-password");
                }
            }
        });
    };

    request_animation_frame(|| focus::by_id("field-email"));
    view! {
        <main class="sign-in" id="main">
            <form class="sign-in__card" on:submit=submit novalidate>
                <p class="brand">"Latchkey"</p>
                <Heading title=texts.sign_in />
                <Note problem=problem />
                <TextField label=t().common.email name="email" kind="email" autocomplete="username" text=email autofocus=true />
                <TextField label=texts.password name="password" kind="password" autocomplete="current-password" text=password />
                <Button variant=Variant::Primary submit=true busy=busy>{texts.sign_in}</Button>
            </form>
        </main>
    }
    .into_any()
}
