//! The frame around every screen: top bar, navigation, the place for the screen.

use leptos::{html, prelude::*, task::spawn_local};

use crate::{
    api::{Api, Catalogue},
    browser::{location::Location, page, popover, storage},
    live::{Announcer, Live},
    routes::{ACTIVITY, EXTENSIONS, HOME, MODULES, Navigator, OBSERVED, PROFILE, SIGN_IN, Screen, USERS},
    screens::Screens,
    session::Session,
    shortcuts::Shortcuts,
    texts::{LANGUAGES, language, role_name, t},
    ui::{Icon, LeaveGuard, Load, Menu, MenuItem, MenuList, Note, Toaster, dynamic},
};

/// `index.html` puts it in place before anything is painted.
const THEME: &str = "latchkey-theme";
/// `index.html` chooses by it before the console starts.
const LANGUAGE: &str = "latchkey-language";

/// Extensions and modules of this server, loaded once.
pub type CatalogueLoad = Load<Catalogue>;

/// The frame, and in it the screen that the address names.
#[component]
pub fn Frame() -> impl IntoView {
    let api = expect_context::<Api>();
    provide_context(CatalogueLoad::new(|| (), move |()| api.catalogue()));
    expect_context::<Live>().follow();
    let drawer = NodeRef::<html::Nav>::new();
    let close_drawer = move |_| {
        if let Some(drawer) = drawer.get_untracked() {
            popover::hide(&drawer);
        }
    };
    view! {
        <a class="skip-link" href="#main" rel="external">{t().frame.skip}</a>
        <div class="frame">
            <TopBar />
            <nav class="nav nav--side" aria-label=t().frame.main_navigation><Links /></nav>
            <nav class="nav nav--drawer" aria-label=t().frame.main_navigation id="drawer" popover="auto" node_ref=drawer on:click=close_drawer>
                <Links />
            </nav>
            <main class="main" id="main" tabindex="-1"><Screens /></main>
        </div>
        <Toaster />
        <Announcer />
        <Shortcuts />
    }
    .into_any()
}

#[component]
fn Links() -> impl IntoView {
    let path = expect_context::<Location>().path();
    let at = move |fits: fn(&Screen) -> Option<&'static str>| move || path.with(|path| fits(&Screen::of(path)));
    let tokens = at(|screen| match screen {
        Screen::List => Some("page"),
        Screen::New | Screen::Edit(_) | Screen::Details | Screen::Token(_) => Some("true"),
        _ => None,
    });
    let activity = at(|screen| (*screen == Screen::Activity).then_some("page"));
    let extensions = at(|screen| (*screen == Screen::Extensions).then_some("page"));
    let session = expect_context::<Session>();
    let admin = Memo::new(move |_| session.context().is_some_and(|context| context.user.role.manages_users()));
    let users = at(|screen| (*screen == Screen::Users).then_some("page"));
    let profile = at(|screen| (*screen == Screen::Profile).then_some("page"));
    let observed = at(|screen| (*screen == Screen::Observed).then_some("page"));
    let catalogue = expect_context::<CatalogueLoad>();
    let observes = Memo::new(move |_| {
        catalogue.state.with(|state| state.ready().is_some_and(|it| it.apis.iter().any(|api| api.observes)))
    });
    let modules = at(|screen| (*screen == Screen::Modules).then_some("page"));
    view! {
        <p class="nav__group">{t().frame.integrations}</p>
        <ul class="nav__list">
            <li><a class="nav__link" href=HOME aria-current=tokens><Icon icon=icondata_lu::LuKeyRound />{t().frame.tokens}</a></li>
            <li><a class="nav__link" href=EXTENSIONS aria-current=extensions><Icon icon=icondata_lu::LuBlocks />{t().frame.extensions}</a></li>
            <li><a class="nav__link" href=MODULES aria-current=modules><Icon icon=icondata_lu::LuBoxes />{t().frame.modules}</a></li>
            {dynamic(move || observes.get().then(|| view! {
                <li><a class="nav__link" href=OBSERVED aria-current=observed><Icon icon=icondata_lu::LuEye />{t().frame.observed}</a></li>
            }))}
            <li><a class="nav__link" href=ACTIVITY aria-current=activity><Icon icon=icondata_lu::LuHistory />{t().frame.activity}</a></li>
        </ul>
        <p class="nav__group">{t().frame.account}</p>
        <ul class="nav__list">
            {dynamic(move || admin.get().then(|| view! {
                <li><a class="nav__link" href=USERS aria-current=users><Icon icon=icondata_lu::LuUsers />{t().frame.users}</a></li>
            }))}
            <li><a class="nav__link" href=PROFILE aria-current=profile><Icon icon=icondata_lu::LuCircleUser />{t().frame.profile}</a></li>
            // A document of its own.
            <li><a class="nav__link" href="/api-reference" rel="external"><Icon icon=icondata_lu::LuBookOpen />{t().frame.api_reference}</a></li>
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
                aria-label=t().frame.navigation><Icon icon=icondata_lu::LuMenu /></button>
            <a class="brand" href=HOME><Icon icon=icondata_lu::LuKeyRound />"Latchkey"</a>
            {dynamic(move || account().map(|account| view! {
                <span class="top__account">
                    <span class="top__name">{account.name}</span>
                    <span class="mono muted">{account.id.to_string()}</span>
                </span>
            }))}
            <UserMenu />
            <MenuList />
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
                    navigator.replace(SIGN_IN);
                }
                Err(failure) => problem.set(Some(t().frame.still_signed_in.with([&failure.message()]))),
            }
        });
    });
    let items = Signal::derive(move || {
        let Some(context) = session.context() else { return Vec::new() };
        let chosen = theme.get();
        let choice = |words, value: Option<&'static str>| {
            MenuItem::Choice(words, chosen.as_deref() == value, Callback::new(move |()| choose(value)))
        };
        let mut items = vec![
            MenuItem::Text(format!("{} · {}", context.user.email, role_name(context.user.role))),
            MenuItem::Link(t().frame.profile, PROFILE.to_owned()),
            MenuItem::Separator,
            MenuItem::Text(t().frame.theme.to_owned()),
            choice(t().frame.light, Some("light")),
            choice(t().frame.dark, Some("dark")),
            choice(t().frame.system, None),
            MenuItem::Separator,
            MenuItem::Text(t().frame.language.to_owned()),
        ];
        items.extend(LANGUAGES.map(|it| {
            let speak = Callback::new(move |()| {
                storage::set(LANGUAGE, Some(it.tag));
                guard.release();
                page::reload();
            });
            MenuItem::Choice(it.name, language().tag == it.tag, Callback::new(move |()| guard.asks_then(speak)))
        }));
        items.extend([
            MenuItem::Separator,
            MenuItem::Action(t().frame.sign_out, Callback::new(move |()| guard.asks_then(sign_out))),
        ]);
        items
    });
    let name = Signal::derive(move || session.context().map(|context| context.user.name).unwrap_or_default());
    let label = Signal::derive(move || t().frame.user_menu.with([&name.get()]));
    view! {
        <Menu label=label icon=icondata_lu::LuCircleUser words=name items=items />
        {dynamic(move || problem.with(Option::is_some).then(|| view! {
            <div class="top__problem"><Note problem=problem on_dismiss=move |()| problem.set(None) /></div>
        }))}
    }
    .into_any()
}
