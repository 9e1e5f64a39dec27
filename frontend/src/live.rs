//! What happens in the account while the page is open: events that the server sends, and what screens make of them.
//!
//! Nothing moves under the cursor: a screen puts news in place where they stand, or offers to show them ([`Newer`]).

use std::{rc::Rc, time::Duration};

use latchkey_shared::Event;
use leptos::prelude::*;

use crate::{
    activity::words,
    api::EVENTS_LIVE,
    browser::{
        event_source::{EventStream, Heard},
        events, focus, page,
        timer::Timer,
    },
    session::Session,
    texts::t,
    ui::{Button, Icon, Load, dynamic},
};

/// A change of many tokens comes as many messages, and is told as one.
const SETTLE: Duration = Duration::from_millis(150);
/// After which time a stream is opened again that the server has refused.
const RETRY: Duration = Duration::from_secs(20);

/// What has happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Whether there may be others, of which nothing is known.
    pub is_partial: bool,
}

impl News {
    /// Whether something may have happened that `concerns` the screen.
    pub fn has(&self, concerns: impl Fn(&Event) -> bool) -> bool {
        self.is_partial || self.events.iter().any(concerns)
    }

    /// What users other than `me` have done to tokens.
    fn by_others(&self, me: &str) -> Vec<&Event> {
        self.events.iter().filter(|event| event.actor.id != me && words::is_change(&event.action)).collect()
    }
}

/// Tells screens what happens. Copied freely; all copies are the same.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    listeners: StoredValue<Vec<(u32, Callback<News>)>>,
    last: StoredValue<u32>,
    is_visible: RwSignal<bool>,
    said: RwSignal<String>,
    session: Session,
}

impl Live {
    /// Tells nothing until [`Live::follow`].
    #[must_use]
    pub fn new(session: Session) -> Self {
        let is_visible = RwSignal::new(!page::is_hidden());
        events::capture("visibilitychange", move |_| is_visible.set(!page::is_hidden()));
        Self {
            listeners: StoredValue::new(Vec::new()),
            last: StoredValue::new(0),
            is_visible,
            said: RwSignal::new(String::new()),
            session,
        }
    }

    /// Follows the events of the account while the page can be seen, as long as the current component lives.
    pub fn follow(self) {
        let stream = StoredValue::new_local(None::<Rc<EventStream>>);
        let (pending, was_open) = (StoredValue::new(News::default()), StoredValue::new(false));
        let (settle, retry) = (Timer::new(), Timer::new());
        let again = RwSignal::new(0_u32);
        let hear = move |heard: Heard| {
            let (event, is_partial) = match heard {
                // What has happened while it was closed is not known. The first time nothing was shown before.
                Heard::Opened => (None, was_open.try_update_value(|was| std::mem::replace(was, true)) == Some(true)),
                Heard::Message(data) => {
                    let event = serde_json::from_str::<Event>(&data).ok();
                    let is_partial = event.is_none();
                    (event, is_partial)
                }
                Heard::Ended => {
                    retry.start(RETRY, move || {
                        again.try_update(|count| *count = count.wrapping_add(1));
                    });
                    return;
                }
            };
            if event.is_none() && !is_partial {
                return;
            }
            pending.try_update_value(|news| {
                news.events.extend(event);
                news.is_partial |= is_partial;
            });
            settle.start(SETTLE, move || {
                if let Some(news) = pending.try_update_value(std::mem::take) {
                    self.tell(&news);
                }
            });
        };
        Effect::new(move |_| {
            again.get();
            let open = self.is_visible.get().then(|| EventStream::open(EVENTS_LIVE, &["message", "many"], hear));
            stream.set_value(open.flatten());
        });
        on_cleanup(move || {
            stream.try_set_value(None);
        });
    }

    fn tell(self, news: &News) {
        for (_, listener) in self.listeners.get_value() {
            listener.try_run(news.clone());
        }
    }

    /// Calls `listener` with what happens, as long as the current component lives.
    pub fn on_news(self, listener: impl Fn(News) + Send + Sync + 'static) {
        let id = self.last.get_value().wrapping_add(1);
        self.last.set_value(id);
        self.listeners.update_value(|all| all.push((id, Callback::new(listener))));
        on_cleanup(move || {
            self.listeners.try_update_value(|all| all.retain(|(other, _)| *other != id));
        });
    }

    /// What others have done to tokens, as a sentence; `None` for nothing.
    #[must_use]
    pub fn sentence(self, news: &News) -> Option<String> {
        match news.by_others(&self.me()).as_slice() {
            [] => None,
            [event] => Some(words::sentence(event)),
            events => Some(t().frame.changes_by_others.of(events.len())),
        }
    }

    fn me(self) -> String {
        self.session.context_untracked().map(|context| context.user.id.to_string()).unwrap_or_default()
    }

    /// Says to a screen reader what others have done to tokens.
    pub fn announce(self, news: &News) {
        if let Some(sentence) = self.sentence(news) {
            self.said.set(sentence);
        }
    }

    /// Whether something has happened since `load` was read that `concerns` it, given the event and the id of the user.
    pub fn newer<T: Send + Sync + 'static>(self, load: Load<T>, concerns: fn(&Event, &str) -> bool) -> RwSignal<bool> {
        let newer = until_loaded(load);
        self.on_news(move |news| {
            let me = self.me();
            if news.has(|event| concerns(event, &me)) {
                newer.set(true);
            }
        });
        newer
    }
}

/// A sign that something is newer than `load`, taken back when that is read again.
pub fn until_loaded<T: Send + Sync + 'static>(load: Load<T>) -> RwSignal<bool> {
    let newer = RwSignal::new(false);
    Effect::new(move |_| {
        if load.busy.get() {
            newer.set(false);
        }
    });
    newer
}

/// Where a screen reader finds what others have done.
#[component]
pub fn Announcer() -> impl IntoView {
    let live = expect_context::<Live>();
    view! { <p class="visually-hidden" role="status">{move || live.said.get()}</p> }
}

/// Offers to show what is newer than what stands there.
#[component]
pub fn Newer<T: Send + Sync + 'static>(
    /// Whether something is.
    newer: RwSignal<bool>,
    /// What stands there.
    load: Load<T>,
) -> impl IntoView {
    let show = move |()| {
        load.again();
        request_animation_frame(focus::title_if_lost);
    };
    view! {
        <div role="status">
            {dynamic(move || newer.get().then(|| view! {
                <div class="note note--newer">
                    <Icon icon=icondata_lu::LuRefreshCw />
                    <p>{t().frame.something_changed}</p>
                    <Button on_press=show>{t().frame.show}</Button>
                </div>
            }))}
        </div>
    }
    .into_any()
}
