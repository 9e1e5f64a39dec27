//! A link with a secret, shown once.

use latchkey_shared::Timestamp;
use leptos::prelude::*;

use super::{Button, CopyButton, Time};
use crate::texts::t;

/// The link with *Copy link* and until when it works. `words` stand around that moment, and the first of them take the
/// focus, because the button that was pressed is gone.
pub fn new_link(words: [&'static str; 2], expires_at: Timestamp, link: String, on_close: Callback<()>) -> AnyView {
    let [before, after] = words;
    request_animation_frame(|| crate::browser::focus::by_id("new-link-text"));
    view! {
        <div class="stack">
            <p id="new-link-text" tabindex="-1">{before} <Time at=expires_at with_time=true /> {after}</p>
            <div class="secret">
                <code class="secret__value" id="new-link">{link.clone()}</code>
                <CopyButton text=link what=t().account.link shown_in="new-link" words=t().create.copy_link primary=true />
            </div>
            <div class="dialog__actions"><Button on_press=on_close>{t().account.done}</Button></div>
        </div>
    }
    .into_any()
}
