//! Changing a token.

pub mod changes;
pub mod conflict;
pub mod screen;
pub mod would_break;

pub use screen::EditToken;
