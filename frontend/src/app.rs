//! The whole console: what is provided to every screen, and which screen is shown.

use leptos::prelude::*;

use crate::{
    account::FollowInvitation,
    api::{Api, Transport},
    browser::{events, location::Location},
    frame::Frame,
    live::Live,
    routes::{INVITATION, Navigator, SIGN_IN, TAKE},
    session::{Session, context::Phase, gate::Gates, next, password_dialog::PasswordDialogs, sign_in::SignIn},
    texts::t,
    tokens::TakeKey,
    ui::{LeaveDialog, LeaveGuard, LoadError, Menus, Toasts, dynamic, heading::Arrived},
};

/// Provides what components ask their context for, except the [`Navigator`]. Tests call this too, with canned
/// answers for a transport.
pub fn provide_services(transport: Transport) -> (Api, Session, LeaveGuard) {
    let gates = Gates::default();
    let (api, session, guard) = (Api::new(transport, gates.clone()), Session::new(gates), LeaveGuard::new());
    provide_context(api);
    provide_context(session);
    provide_context(Live::new(session));
    provide_context(guard);
    provide_context(Toasts::new());
    provide_context(Menus::closed());
    provide_context(Arrived::new());
    (api, session, guard)
}

/// The console.
#[component]
pub fn App() -> impl IntoView {
    let (api, session, guard) = provide_services(Transport::fetch());
    guard.install();
    events::watch_presses();
    events::watch_tips();
    session.resume(api);
    view! { <Shell /> }.into_any()
}

#[derive(Clone, PartialEq)]
enum Shown {
    Nothing,
    SignIn,
    Invitation,
    Take,
    Frame,
    Failure(crate::api::Failure),
}

#[component]
fn Shell() -> impl IntoView {
    let (api, session, guard) = (expect_context::<Api>(), expect_context::<Session>(), expect_context::<LeaveGuard>());
    let location = Location::follow();
    provide_context(location);
    let navigator = Navigator::new(guard, move |address, replace| location.go(address, replace));
    provide_context(navigator);
    let listener = window_event_listener(leptos::ev::click, move |event| {
        if let Some(link) = events::followed_link(&event) {
            event.prevent_default();
            navigator.to(&(link.pathname() + &link.search() + &link.hash()));
        }
    });
    on_cleanup(|| listener.remove());

    let path = location.path();
    Effect::new(move |_| guard.at(&location.address()));

    // Leaving a screen drops what waits there for the password.
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            session.give_up_waiting();
        }
        path
    });

    let at_sign_in = Memo::new(move |_| path.with(|path| path.trim_end_matches('/') == SIGN_IN));
    // The screens that need no session.
    let public = Memo::new(move |_| {
        path.with(|path| match path.trim_end_matches('/') {
            INVITATION => Some(Shown::Invitation),
            TAKE => Some(Shown::Take),
            _ => None,
        })
    });
    let wanted = Signal::derive(move || location.query("next"));
    // Nobody is signed in: sign in first, and come back. Somebody is: nothing to do at the sign-in.
    Effect::new(move |_| match session.phase.get() {
        Phase::SignedOut if !at_sign_in.get() && public.with(Option::is_none) => {
            let here = untrack(|| location.address());
            let target = if here == "/" { SIGN_IN.to_owned() } else { next::sign_in_address(&here) };
            navigator.replace(&target);
        }
        Phase::SignedIn(_) if at_sign_in.get() => navigator.replace(&next::safe(wanted.get_untracked().as_deref())),
        _ => {}
    });

    let shown = Memo::new(move |_| match (public.get(), session.phase.get(), at_sign_in.get()) {
        (Some(shown), ..) => shown,
        (None, Phase::SignedIn(_), false) => Shown::Frame,
        (None, Phase::SignedOut, true) => Shown::SignIn,
        (None, Phase::Unreachable(failure), _) => Shown::Failure(failure),
        _ => Shown::Nothing,
    });
    view! {
        {dynamic(move || match shown.get() {
            Shown::Nothing => view! { <div class="start"><p class="start__brand">"Latchkey"</p></div> }.into_any(),
            Shown::SignIn => view! { <SignIn next=wanted /> }.into_any(),
            Shown::Invitation => view! { <FollowInvitation /> }.into_any(),
            Shown::Take => view! { <TakeKey /> }.into_any(),
            Shown::Frame => view! { <Frame /> }.into_any(),
            Shown::Failure(failure) => view! {
                <main id="main">
                    <LoadError what=t().frame.not_loaded failure=failure on_retry=move |()| session.resume(api) />
                </main>
            }
            .into_any(),
        })}
        <LeaveDialog on_go=move |address: String| navigator.to(&address) />
        <PasswordDialogs />
    }
    .into_any()
}
