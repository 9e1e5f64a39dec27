//! The list of tokens.

pub mod attention;
pub mod bulk;
pub mod columns;
pub mod filters;
pub mod place;
pub mod query;
pub mod refresh;
pub mod row;
pub mod screen;
pub mod selection;
pub mod skeleton;

pub use query::ListQuery;
pub use screen::TokenList;
