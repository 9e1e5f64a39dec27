//! The audit trail: what was done, by whom, to what.

pub mod query;
pub mod rows;
pub mod screen;
pub mod words;

pub use query::ActivityQuery;
pub use rows::EventRows;
pub use screen::Activity;
