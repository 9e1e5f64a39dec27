//! The API key or handle of a token: masked, shown on demand, copied without being shown. It is asked for
//! when it is wanted and forgotten when it is hidden; nothing keeps it.

use std::time::Duration;

use latchkey_shared::{Credential, Secret, TokenId, key};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, CONFIRM_PASSWORD, Failure},
    browser::{clipboard, focus, page, timer::Timer},
    session::Session,
    texts::t,
    ui::{Button, Icon, Note, credential_name, dynamic},
};

/// What stands in place of a secret.
pub const MASK: &str = "••••••••••••••••••••••••";

const SHOWN_FOR: Duration = Duration::from_secs(30);
const SAID_FOR: Duration = Duration::from_secs(4);

/// What a person takes away: the whole value of the header, or the handle.
#[must_use]
pub fn credential_text(kind: Credential, id: &TokenId, secret: &Secret, handle: &Secret) -> String {
    match kind {
        Credential::ApiKey => key::header_value(id, secret),
        Credential::Handle => handle.expose().to_owned(),
    }
}

/// A key in which only the secret may be broken over lines, never the id.
#[must_use]
pub fn key_text(text: &str) -> AnyView {
    match text.split_once(':') {
        Some((id, secret)) => view! { <span class="unbroken">{format!("{id}:")}</span> {secret.to_owned()} }.into_any(),
        None => text.to_owned().into_any(),
    }
}

/// Whether a secret is shown. It is hidden again after 30 seconds, and when the browser's tab is left.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    on: RwSignal<bool>,
    timer: Timer,
}

impl Shown {
    /// Hidden.
    #[must_use]
    pub fn new() -> Self {
        let shown = Self { on: RwSignal::new(false), timer: Timer::new() };
        let listener = window_event_listener_untyped("visibilitychange", move |_| {
            if page::is_hidden() {
                shown.hide();
            }
        });
        on_cleanup(move || listener.remove());
        shown
    }

    /// Whether it is shown.
    #[must_use]
    pub fn get(self) -> bool {
        self.on.get()
    }

    /// Shows it for a while.
    pub fn show(self) {
        self.on.try_set(true);
        self.timer.start(SHOWN_FOR, move || self.hide());
    }

    /// Hides it.
    pub fn hide(self) {
        self.timer.stop();
        self.on.try_set(false);
    }

    /// Shows it when it is hidden, hides it when it is shown.
    pub fn toggle(self) {
        if self.on.get_untracked() { self.hide() } else { self.show() }
    }
}

impl Default for Shown {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    View,
    Copy,
}

/// The key or handle with *View*, *Hide* and *Copy*.
#[component]
pub fn CredentialField(
    /// The token.
    id: TokenId,
    /// What it shows.
    kind: Credential,
) -> impl IntoView {
    let (texts, settings) = (&t().details, &t().settings);
    let (api, session) = (expect_context::<Api>(), expect_context::<Session>());
    let shown = Shown::new();
    let secret = RwSignal::new(String::new());
    let (busy, problem) = (RwSignal::new(None::<Want>), RwSignal::new(None::<String>));
    let (said, said_timer) = (RwSignal::new(""), Timer::new());
    let id = StoredValue::new(id);
    Effect::new(move |_| {
        if !shown.get() {
            secret.set(String::new());
        }
    });
    on_cleanup(move || {
        secret.try_set(String::new());
    });

    let reveal = move |want: Want| {
        if busy.get_untracked().is_some() {
            return;
        }
        busy.set(Some(want));
        problem.set(None);
        said.set("");
        spawn_local(async move {
            let Some(token) = id.try_get_value() else { return };
            let outcome = api.reveal_token(&token).await;
            busy.try_set(None);
            match outcome {
                Ok(revealed) => {
                    let text = credential_text(kind, &revealed.id, &revealed.token, &revealed.handle);
                    match want {
                        Want::View => {
                            secret.try_set(text);
                            shown.show();
                        }
                        Want::Copy => match clipboard::copy(&text).await {
                            Ok(()) => {
                                said.try_set(t().common.copied);
                                said_timer.start(SAID_FOR, move || {
                                    said.try_set("");
                                });
                            }
                            Err(refused) => {
                                secret.try_set(text);
                                shown.show();
                                problem.try_set(Some(texts.not_copied.with([&refused.0])));
                                request_animation_frame(|| focus::select_text("credential"));
                            }
                        },
                    }
                }
                // The user has closed the dialog that asks for the password.
                Err(failure) if failure.is(CONFIRM_PASSWORD) => {}
                Err(Failure::NotFound) => {
                    problem.try_set(Some(texts.gone.to_owned()));
                }
                Err(failure) => {
                    problem.try_set(Some(failure.message()));
                }
            }
        });
    };
    view! {
        <div class="secret">
            <span class="secret__label">{credential_name(kind)}</span>
            <code class="secret__value" id="credential">
                {dynamic(move || if shown.get() { secret.with(|secret| key_text(secret)) } else { MASK.into_any() })}
            </code>
            {if untrack(|| session.manages_tokens()) {
                view! {
                    <Button busy=Signal::derive(move || busy.get() == Some(Want::View))
                        on_press=move |()| if untrack(|| shown.get()) { shown.hide() } else { reveal(Want::View) }>
                        {dynamic(move || if shown.get() { settings.hide } else { settings.view })}
                    </Button>
                    <Button icon=icondata_lu::LuCopy busy=Signal::derive(move || busy.get() == Some(Want::Copy))
                        on_press=move |()| reveal(Want::Copy)>{t().common.copy}</Button>
                    <span class="secret__said" role="status">
                        {dynamic(move || (!said.get().is_empty()).then(|| view! { <Icon icon=icondata_lu::LuCheck /> }))} {said}
                    </span>
                }
                .into_any()
            } else {
                view! { <span class="muted">{texts.viewers_cannot_see}</span> }.into_any()
            }}
        </div>
        <Note problem=problem />
    }
    .into_any()
}
