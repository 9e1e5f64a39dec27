//! A token in full.

pub mod credential;
pub mod facts;
pub mod permissions;
pub mod samples;
pub mod screen;

pub use screen::TokenDetails;
