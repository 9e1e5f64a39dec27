//! A token in full.

pub mod credential;
pub mod events;
pub mod facts;
pub mod handed_over;
pub mod permissions;
pub mod samples;
pub mod screen;
pub mod try_request;
pub mod usage;

pub use screen::TokenDetails;
pub use try_request::why_refused;
pub use usage::called;
