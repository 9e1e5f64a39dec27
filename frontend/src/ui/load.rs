//! Data that comes from the server: not there yet, there, or not to be had.

use std::future::Future;

use leptos::{prelude::*, task::spawn_local};

use super::{Button, Icon, dynamic};
use crate::{api::Failure, texts::t};

/// What there is of the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded<T> {
    /// Nothing yet.
    Waiting,
    /// The data.
    Ready(T),
    /// The reason why there is none.
    Failed(Failure),
}

impl<T> Loaded<T> {
    /// The data, if it is there.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(data) => Some(data),
            _ => None,
        }
    }
}

/// Data that is fetched again whenever its key changes. What was there stays while fresh data is on its way,
/// and an answer that comes late is dropped.
#[derive(Debug)]
pub struct Load<T: Send + Sync + 'static> {
    /// What there is.
    pub state: RwSignal<Loaded<T>>,
    /// Whether an answer is on its way.
    pub busy: RwSignal<bool>,
    /// Why what there is may be out of date: it could not be fetched again.
    pub outdated: RwSignal<Option<Failure>>,
    again: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Load<T> {}

impl<T: Send + Sync + 'static> Load<T> {
    /// Fetches now, and again whenever `key` changes.
    pub fn new<K, F>(key: impl Fn() -> K + 'static, fetch: impl Fn(K) -> F + 'static) -> Self
    where
        K: 'static,
        F: Future<Output = Result<T, Failure>> + 'static,
    {
        let load = Self {
            state: RwSignal::new(Loaded::Waiting),
            busy: RwSignal::new(true),
            outdated: RwSignal::new(None),
            again: RwSignal::new(0),
        };
        let latest = StoredValue::new(0_u32);
        Effect::new(move |before: Option<u32>| {
            let again = load.again.get();
            let is_repeated = before.is_some_and(|before| before != again);
            let fetched = fetch(key());
            let turn = latest.get_value().wrapping_add(1);
            latest.set_value(turn);
            load.busy.set(true);
            spawn_local(async move {
                let outcome = fetched.await;
                if latest.try_get_value() != Some(turn) {
                    return;
                }
                let is_there = load.state.with_untracked(|state| state.ready().is_some());
                match outcome {
                    Ok(data) => {
                        load.outdated.set(None);
                        load.state.set(Loaded::Ready(data));
                    }
                    // What is gone is not shown any longer; otherwise what was there is better than nothing.
                    Err(failure) if is_repeated && is_there && failure != Failure::NotFound => {
                        load.outdated.set(Some(failure));
                    }
                    Err(failure) => load.state.set(Loaded::Failed(failure)),
                }
                load.busy.set(false);
            });
            again
        });
        load
    }

    /// Fetches again.
    pub fn again(self) {
        self.again.update(|count| *count = count.wrapping_add(1));
    }

    /// Puts data in place that came another way, as the answer to a change does.
    pub fn put(self, data: T) {
        self.state.set(Loaded::Ready(data));
    }
}

/// A line that says that what is shown may be out of date, with *Try again*.
#[component]
pub fn Outdated<T: Send + Sync + 'static>(
    /// What is shown.
    load: Load<T>,
) -> impl IntoView {
    view! {
        <div role="status">
            {dynamic(move || load.outdated.get().map(|failure| view! {
                <div class="note note--warning">
                    <Icon icon=icondata_lu::LuCircleAlert />
                    <p>{t().common.outdated.with([&failure.message()])}</p>
                    <Button busy=load.busy on_press=move |()| load.again()>{t().common.try_again}</Button>
                </div>
            }))}
        </div>
    }
    .into_any()
}
