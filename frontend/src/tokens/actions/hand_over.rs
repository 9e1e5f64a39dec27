//! A link by which a person without an account takes the key of a token.

use latchkey_shared::{HandOver, HandOverBody, LinkSecret, Token, TokenId};
use leptos::{prelude::*, task::spawn_local};

use super::{Actions, Kind};
use crate::{
    browser::{focus, page},
    routes::TAKE,
    texts::t,
    ui::{Button, CheckBox, Icon, Load, Note, Select, Time, Variant, dynamic, new_link::new_link},
};

/// For how many days a link may work.
const DAYS: [u16; 5] = [1, 3, 7, 14, 30];

/// The last link of a token, read again when one is made or withdrawn here.
#[must_use]
pub fn link_of(id: TokenId, actions: Actions) -> Load<Option<HandOver>> {
    Load::new(
        move || (actions.handed.get(), id.clone()),
        move |(_, id)| async move { actions.api.hand_over(&id).await },
    )
}

/// What became of a link.
#[must_use]
pub fn state(link: &HandOver) -> AnyView {
    let texts = &t().hand_over;
    if let Some(at) = link.taken_at {
        let from =
            if link.taken_from.is_empty() { String::new() } else { t().actions.used_from.with([&link.taken_from]) };
        let rotates = if link.may_rotate { texts.can_rotate } else { "" };
        return view! { {texts.taken} <Time at=at with_time=true focusable=true /> {from} {rotates} }.into_any();
    }
    let opened = link.opened_at.map(|at| view! { {texts.opened} <Time at=at with_time=true focusable=true /> });
    let unopened = link.opened_at.is_none().then_some(texts.not_opened);
    view! { {texts.made_by.with([&link.created_by.name])} <Time at=link.expires_at with_time=true focusable=true /> {opened} {unopened} }
        .into_any()
}

/// Asks how long a link shall work, and shows the link that is made.
pub fn question(actions: Actions, token: Token) -> AnyView {
    let texts = &t().hand_over;
    let link = link_of(token.id.clone(), actions);
    let (days, may_rotate) = (RwSignal::new(7_u16), RwSignal::new(false));
    let made = RwSignal::new(None::<(HandOver, LinkSecret)>);
    let options = DAYS.map(|days| (days.to_string(), t().settings.days.of(days.into()))).to_vec();
    let (token, options) = (StoredValue::new(token), StoredValue::new(options));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if actions.busy.get_untracked() {
            return;
        }
        actions.busy.set(true);
        actions.problem.set(None);
        let body = HandOverBody { days: Some(days.get_untracked()), may_rotate: may_rotate.get_untracked() };
        let token = token.get_value();
        spawn_local(async move {
            let outcome = actions.api.make_hand_over(&token.id, body).await;
            actions.busy.try_set(false);
            match outcome {
                Ok(link) => {
                    made.try_set(Some(link));
                    actions.handed.try_update(|count| *count += 1);
                }
                Err(failure) => {
                    let what = texts.not_made.with([&t().actions.quoted.with([&token.name])]);
                    actions.problem.try_set(Some(format!("{what} {}", failure.message())));
                }
            }
        });
    };
    let before = move || {
        let link = link.state.with(|state| state.ready().cloned())??;
        let is_untaken = link.taken_at.is_none();
        let consequence = match (is_untaken, link.may_rotate) {
            (true, _) => texts.is_replaced,
            (false, true) => texts.page_is_replaced,
            (false, false) => "",
        };
        Some(view! {
            <div class="note note--warning">
                <Icon icon=icondata_lu::LuInfo />
                <p>{state(&link)} ". " {consequence}</p>
                {is_untaken.then(|| view! {
                    <Button busy=actions.busy on_press=move |()| withdraw(actions, token.get_value())>{texts.withdraw}</Button>
                })}
            </div>
        })
    };
    dynamic(move || {
        if let Some((link, LinkSecret(secret))) = made.get() {
            let address = format!("{}{TAKE}#{secret}", page::origin());
            let close = Callback::new(move |()| actions.forget());
            return new_link([texts.made, texts.made_end], link.expires_at, address, close);
        }
        view! {
            <form class="stack" on:submit=submit novalidate>
                <p>{texts.text}</p>
                {dynamic(before)}
                <Select label=texts.works_for name="days" options=Signal::stored(options.get_value())
                    value=Signal::derive(move || days.get().to_string())
                    on_choose=move |chosen: String| days.set(chosen.parse().unwrap_or(7)) />
                <div>
                    <label class="check-list__label">
                        <CheckBox state=Signal::derive(move || may_rotate.get().into()) described_by="may-rotate-hint"
                            on_toggle=move |on: bool| may_rotate.set(on) />
                        <span>{texts.may_rotate}</span>
                    </label>
                    <p class="field__hint" id="may-rotate-hint">{texts.may_rotate_hint}</p>
                </div>
                <Note problem=actions.problem />
                <div class="dialog__actions">
                    <Button autofocus=true on_press=move |()| actions.forget()>{t().common.cancel}</Button>
                    <Button variant=Variant::Primary submit=true busy=actions.busy>{texts.make}</Button>
                </div>
            </form>
        }
        .into_any()
    })
}

/// Asks before the page of a holder is withdrawn.
pub fn withdraw_question(actions: Actions, token: Token) -> AnyView {
    view! {
        <div class="stack">
            <p>{t().hand_over.withdraw_text}</p>
            <Note problem=actions.problem />
            <div class="dialog__actions">
                <Button autofocus=true on_press=move |()| actions.forget()>{t().common.cancel}</Button>
                <Button variant=Variant::Danger busy=actions.busy on_press=move |()| withdraw(actions, token.clone())>
                    {t().hand_over.withdraw}
                </Button>
            </div>
        </div>
    }
    .into_any()
}

/// Withdraws the link of a token, or the page of its holder.
pub fn withdraw(actions: Actions, token: Token) {
    if actions.busy.get_untracked() {
        return;
    }
    actions.busy.set(true);
    actions.problem.set(None);
    spawn_local(async move {
        let outcome = actions.api.withdraw_hand_over(&token.id).await;
        actions.busy.try_set(false);
        let texts = &t().hand_over;
        let name = t().actions.quoted.with([&token.name]);
        match outcome {
            Ok(()) => {
                if actions.pending.with_untracked(|it| it.as_ref().is_some_and(|it| it.kind == Kind::Withdraw)) {
                    actions.forget();
                }
                actions.handed.try_update(|count| *count += 1);
                actions.toasts.say(texts.withdrawn.with([&name]));
                // The button that was pressed goes. Of the two, the one outside of an open dialog takes no focus.
                request_animation_frame(|| {
                    focus::first("h1");
                    focus::first("dialog[open] select");
                });
            }
            Err(failure) => {
                let what = texts.not_withdrawn.with([&name]);
                actions.problem.try_set(Some(format!("{what} {}", failure.message())));
            }
        }
    });
}
