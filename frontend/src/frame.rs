//! The frame around every screen: top bar, navigation, the place for the screen.

use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;

use crate::{
    api::{Api, Catalogue},
    browser::{page, popover, storage},
    routes::{HOME, Navigator, Screen, Screens},
    session::Session,
    ui::{Icon, LeaveGuard, Load, Menu, MenuItem, Note, Toaster, dynamic},
};

/// `index.html` puts it in place before anything is painted.
const THEME: &str = "latchkey-theme";

/// Extensions and modules of this server, loaded once.
pub type CatalogueLoad = Load<Catalogue>;

/// The frame, and in it the screen that the address names.
#[component]
pub fn Frame() -> impl IntoView {
    let api = expect_context::<Api>();
    provide_context(CatalogueLoad::new(|| (), move |()| api.catalogue()));
    let drawer = NodeRef::<html::Nav>::new();
    let close_drawer = move |_| {
        if let Some(drawer) = drawer.get_untracked() {
            popover::hide(&drawer);
        }
    };
    view! {
        <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
        <div class="frame">
            <TopBar />
            <nav class="nav nav--side" aria-label="Main"><Links /></nav>
            <nav class="nav nav--drawer" aria-label="Main" id="drawer" popover="auto" node_ref=drawer on:click=close_drawer>
                <Links />
            </nav>
            <main class="main" id="main" tabindex="-1"><Screens /></main>
        </div>
        <Toaster />
    }
    .into_any()
}

#[component]
fn Links() -> impl IntoView {
    let path = use_location().pathname;
    let current = move || {
        path.with(|path| match Screen::of(path) {
            Screen::List => Some("page"),
            Screen::NotFound => None,
            _ => Some("true"),
        })
    };
    view! {
        <p class="nav__group">"Integrations"</p>
        <ul class="nav__list">
            <li><a class="nav__link" href=HOME aria-current=current><Icon icon=icondata_lu::LuKeyRound />"Tokens"</a></li>
        </ul>
        <ul class="nav__list">
            // A page of its own, which the console's router must leave to the browser.
            <li><a class="nav__link" href="/api-reference" rel="external"><Icon icon=icondata_lu::LuBookOpen />"API reference"</a></li>
        </ul>
    }
    .into_any()
}

#[component]
fn TopBar() -> impl IntoView {
    let session = expect_context::<Session>();
    let account = move || session.context().map(|context| context.account);
    view! {
        <header class="top">
            <button type="button" class="button button--quiet button--icon top__drawer" popovertarget="drawer"
                aria-label="Navigation"><Icon icon=icondata_lu::LuMenu /></button>
            <a class="brand" href=HOME><Icon icon=icondata_lu::LuKeyRound />"Latchkey"</a>
            {dynamic(move || account().map(|account| view! {
                <span class="top__account">
                    <span class="top__name">{account.name}</span>
                    <span class="mono muted">{account.id.to_string()}</span>
                </span>
            }))}
            <UserMenu />
        </header>
    }
    .into_any()
}

#[component]
fn UserMenu() -> impl IntoView {
    let (api, session) = (expect_context::<Api>(), expect_context::<Session>());
    let (navigator, guard) = (expect_context::<Navigator>(), expect_context::<LeaveGuard>());
    let problem = RwSignal::new(None::<String>);
    let theme = RwSignal::new(storage::get(THEME));
    let choose = move |wanted: Option<&'static str>| {
        storage::set(THEME, wanted);
        page::set_theme(wanted);
        theme.set(wanted.map(str::to_owned));
    };
    let sign_out = Callback::new(move |()| {
        problem.set(None);
        spawn_local(async move {
            match api.sign_out().await {
                Ok(()) => {
                    guard.release();
                    session.signed_out();
                    navigator.replace("/sign-in");
                }
                Err(failure) => problem.set(Some(format!("You are still signed in. {}", failure.message()))),
            }
        });
    });
    let items = Signal::derive(move || {
        let Some(context) = session.context() else { return Vec::new() };
        let chosen = theme.get();
        let choice = |words, value: Option<&'static str>| {
            MenuItem::Choice(words, chosen.as_deref() == value, Callback::new(move |()| choose(value)))
        };
        vec![
            MenuItem::Text(format!("{} · {}", context.user.email, context.user.role.as_str())),
            MenuItem::Separator,
            MenuItem::Text("Theme".to_owned()),
            choice("Light", Some("light")),
            choice("Dark", Some("dark")),
            choice("System", None),
            MenuItem::Separator,
            MenuItem::Action("Sign out", Callback::new(move |()| guard.asks_then(sign_out))),
        ]
    });
    let name = Signal::derive(move || session.context().map(|context| context.user.name).unwrap_or_default());
    let label = Signal::derive(move || format!("{}, user menu", name.get()));
    view! {
        <Menu label=label icon=icondata_lu::LuCircleUser words=name items=items />
        {dynamic(move || problem.with(Option::is_some).then(|| view! {
            <div class="top__problem"><Note problem=problem on_dismiss=move |()| problem.set(None) /></div>
        }))}
    }
    .into_any()
}
