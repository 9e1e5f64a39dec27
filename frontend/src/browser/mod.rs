//! What the browser gives: the only place that knows `web-sys` and `js-sys` by name. Every function copes
//! with a browser that refuses: a page that cannot copy or remember is still a page.

pub mod clipboard;
pub mod dates;
pub mod event_source;
pub mod events;
pub mod field;
pub mod focus;
pub mod location;
pub mod page;
pub mod popover;
pub mod random;
pub mod storage;
pub mod text;
pub mod timer;
