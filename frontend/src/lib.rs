//! The console: a single-page app over the same API that keys use.
//!
//! To add a screen: a folder for its noun with a file per verb, an address in [`routes`], a line in [`screens`] (and in the server's
//! `http/site.rs`, which answers the page for it), and calls of the API in [`api`]. Texts stand in [`texts`]. Parts that two screens share go to
//! [`ui`]; anything that names `web-sys` goes to [`browser`].

#![expect(clippy::needless_pass_by_value, reason = "a component owns its properties, even those it only reads")]

pub mod account;
pub mod activity;
pub mod api;
pub mod app;
pub mod browser;
pub mod catalogue;
pub mod frame;
pub mod live;
pub mod routes;
pub mod screens;
pub mod session;
pub mod shortcuts;
pub mod texts;
pub mod tokens;
pub mod ui;
