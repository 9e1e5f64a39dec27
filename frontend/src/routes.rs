//! The addresses of the console, and going to them.

use std::{fmt, rc::Rc};

use leptos::prelude::*;
use leptos_router::{
    components::{FlatRoutes, Route},
    hooks::{use_params_map, use_query_map},
    path,
};

use crate::{
    session::next::HOME,
    tokens::{create::CreateToken, details::TokenDetails, edit::EditToken, list::TokenList},
    ui::{Heading, LeaveGuard, Nothing},
};

/// The address of the wizard.
pub const NEW_TOKEN: &str = "/integrations/tokens/new";

/// The address of a token's details.
#[must_use]
pub fn token(id: &str, tab: &str) -> String {
    format!("{HOME}/{id}/{tab}")
}

/// Goes to addresses of the console. A component asks the one of its context; a test gives it a function.
#[derive(Clone, Copy)]
pub struct Navigator {
    go: StoredValue<Go, LocalStorage>,
    guard: LeaveGuard,
}

/// Goes to an address; true replaces the current one in the history.
type Go = Rc<dyn Fn(&str, bool)>;

impl fmt::Debug for Navigator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Navigator")
    }
}

impl Navigator {
    /// A navigator that goes by `go` and asks `guard` first.
    #[must_use]
    pub fn new(guard: LeaveGuard, go: impl Fn(&str, bool) + 'static) -> Self {
        Self { go: StoredValue::new_local(Rc::new(go)), guard }
    }

    /// Goes to `address`, unless that would lose unsaved input: then the person is asked first.
    pub fn to(self, address: &str) {
        self.go(address, false);
    }

    /// Like [`to`](Self::to), but Back will not lead here again.
    pub fn replace(self, address: &str) {
        self.go(address, true);
    }

    fn go(self, address: &str, replace: bool) {
        if self.guard.asks_before(address) {
            return;
        }
        if let Some(go) = self.go.try_get_value() {
            go(address, replace);
        }
    }
}

/// Everything inside the frame.
#[component]
pub fn Screens() -> impl IntoView {
    view! {
        <FlatRoutes fallback=NotFound>
            <Route path=path!("/") view=Start />
            <Route path=path!("/sign-in") view=|| () />
            <Route path=path!("/integrations/tokens") view=List />
            <Route path=path!("/integrations/tokens/new") view=New />
            <Route path=path!("/integrations/tokens/:id/edit") view=Edit />
            <Route path=path!("/integrations/tokens/:id/:tab") view=Details />
        </FlatRoutes>
    }
    .into_any()
}

fn query(name: &'static str) -> Signal<Option<String>> {
    let query = use_query_map();
    Signal::derive(move || query.with(|query| query.get(name)))
}

fn param(name: &'static str) -> Signal<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get(name).unwrap_or_default())).into()
}

#[component]
fn Start() -> impl IntoView {
    let navigator = expect_context::<Navigator>();
    Effect::new(move |_| navigator.replace(HOME));
}

#[component]
fn List() -> impl IntoView {
    let query = use_query_map();
    let query = Signal::derive(move || query.with(|it| crate::tokens::list::ListQuery::read(|name| it.get(name))));
    view! { <TokenList query=query /> }.into_any()
}

#[component]
fn New() -> impl IntoView {
    view! { <CreateToken step=query("step") /> }.into_any()
}

#[component]
fn Details() -> impl IntoView {
    view! { <TokenDetails id=param("id") tab=param("tab") /> }.into_any()
}

#[component]
fn Edit() -> impl IntoView {
    let id = param("id");
    // A form belongs to one token: another id is another form.
    (move || view! { <EditToken id=id.get() /> }).into_any()
}

/// What an address shows that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Heading title="Page not found" />
        <Nothing
            icon=icondata_lu::LuSearchX
            title="There is nothing at this address"
            text="The link may be old, or the address mistyped."
        >
            <a class="button" href=HOME>"Go to Tokens"</a>
        </Nothing>
    }
    .into_any()
}
