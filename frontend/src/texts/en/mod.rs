//! English.

use super::Texts;

mod account;
mod actions;
mod activity;
mod catalogue;
mod common;
mod create;
mod details;
mod edit;
mod frame;
mod hand_over;
mod list;
mod session;
mod settings;

/// All texts.
pub const TEXTS: Texts = Texts {
    account: account::TEXTS,
    actions: actions::TEXTS,
    activity: activity::TEXTS,
    catalogue: catalogue::TEXTS,
    common: common::TEXTS,
    create: create::TEXTS,
    details: details::TEXTS,
    edit: edit::TEXTS,
    frame: frame::TEXTS,
    hand_over: hand_over::TEXTS,
    list: list::TEXTS,
    session: session::TEXTS,
    settings: settings::TEXTS,
    problem: |_| None,
};
