//! `/invitation#…`: a user who was invited sets a password. The secret stands in the fragment, which no server and no log
//! ever sees.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, Failure},
    browser::{focus, page},
    texts::{said, t},
    ui::{Button, EmptyState, Heading, Load, LoadError, Loaded, Note, TextField, Time, Variant, dynamic},
};

/// Whose invitation it is, and the form for the password.
#[component]
pub fn FollowInvitation() -> impl IntoView {
    let api = expect_context::<Api>();
    let texts = &t().account;
    let secret = StoredValue::new(page::fragment());
    let load = Load::new(|| (), move |()| async move { api.invitation(&secret.get_value()).await });
    let password = RwSignal::new(String::new());
    let (wrong, problem) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let (busy, done) = (RwSignal::new(false), RwSignal::new(false));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        problem.set(None);
        spawn_local(async move {
            let outcome = api.follow_invitation(&secret.get_value(), &password.get_untracked()).await;
            busy.try_set(false);
            match outcome {
                Ok(()) => {
                    password.try_set(String::new());
                    done.try_set(true);
                }
                Err(Failure::Invalid(found, _)) => {
                    wrong.try_set(found.of("password").map(said));
                    request_animation_frame(|| focus::by_id("field-new-password"));
                }
                Err(failure) => {
                    problem.try_set(Some(failure.message()));
                }
            }
        });
    };
    let gone = || {
        view! {
            <EmptyState icon=icondata_lu::LuSearchX title=texts.link_gone text=texts.link_gone_text />
        }
    };
    view! {
        <main class="sign-in" id="main">
            <div class="sign-in__card">
                <p class="brand">"Latchkey"</p>
                <Heading title=texts.set_a_password />
                {dynamic(move || {
                    if done.get() {
                        return view! {
                            <p role="status">{texts.password_is_set}</p>
                            <p><a class="button button--primary" href="/sign-in">{texts.sign_in}</a></p>
                        }
                        .into_any();
                    }
                    match load.state.get() {
                        Loaded::Waiting => view! { <p role="status" class="muted">{texts.loading}</p> }.into_any(),
                        Loaded::Failed(Failure::NotFound) => gone().into_any(),
                        Loaded::Failed(failure) => view! {
                            <LoadError what=texts.invitation_not_loaded failure=failure on_retry=move |()| load.again() />
                        }
                        .into_any(),
                        Loaded::Ready(invited) => view! {
                            <form class="stack" on:submit=submit novalidate>
                                <p>{texts.invited_before_moment.with([&invited.name, &invited.account])}
                                    <Time at=invited.expires_at with_time=true /> {texts.invited_after_moment}</p>
                                <label class="field">
                                    <span class="field__label">{t().common.email}</span>
                                    <input class="input" type="email" autocomplete="username" readonly value=invited.email />
                                </label>
                                <TextField label=texts.new_password name="new-password" kind="password" autocomplete="new-password" required=true
                                    text=password problem=wrong hint=texts.new_password_hint />
                                <Note problem=problem />
                                <Button variant=Variant::Primary submit=true busy=busy>{texts.set_password}</Button>
                            </form>
                        }
                        .into_any(),
                    }
                })}
            </div>
        </main>
    }
    .into_any()
}
