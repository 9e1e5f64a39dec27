//! The line *Handed over*: what became of the last link.

use latchkey_shared::Token;
use leptos::prelude::*;

use crate::{
    session::Session,
    texts::t,
    tokens::actions::{
        Actions, Kind, Target,
        hand_over::{link_of, state, withdraw},
    },
    ui::{Button, dynamic},
};

/// The link and *Withdraw*, while there is something to withdraw; nothing when there was no link.
pub fn handed_over(token: Memo<Token>, actions: Actions) -> AnyView {
    let session = expect_context::<Session>();
    let link = link_of(token.with_untracked(|token| token.id.clone()), actions);
    let press = move |()| {
        let token = token.get_untracked();
        // A link can be made again; the page of a holder cannot.
        let is_taken =
            link.state.with_untracked(|it| it.ready().and_then(Option::as_ref).is_some_and(|it| it.taken_at.is_some()));
        if is_taken {
            actions.ask(Kind::Withdraw, Target::Tokens(vec![token]));
        } else {
            withdraw(actions, token);
        }
    };
    dynamic(move || {
        let link = link.state.with(|state| state.ready().cloned())??;
        let can_withdraw = session.manages_tokens() && (link.taken_at.is_none() || link.may_rotate);
        Some(view! {
            <dt>{t().hand_over.handed_over}</dt>
            <dd>{state(&link)} " "
                {can_withdraw.then(|| view! { <Button busy=actions.busy on_press=press>{t().hand_over.withdraw}</Button> })}</dd>
        })
    })
}
