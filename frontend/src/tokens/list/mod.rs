//! The list of tokens.

pub mod bulk;
pub mod columns;
pub mod filters;
pub mod query;
pub mod row;
pub mod screen;
pub mod skeleton;

pub use query::ListQuery;
pub use screen::TokenList;
