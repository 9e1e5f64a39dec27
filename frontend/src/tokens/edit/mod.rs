//! Changing a token.

pub mod changes;
pub mod conflict;
pub mod screen;

pub use screen::EditToken;
