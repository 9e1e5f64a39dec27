//! What every operation shares: errors, who calls, bodies, paging, security headers, the console's files.

mod body;
mod caller;
mod error;
pub mod headers;
mod paging;
pub mod paths;
pub mod site;

pub use body::{Body, MAX_BODY};
pub use caller::{Caller, Identity, Needs, Origin, authorize};
pub use error::Error;
pub use paging::{ListQuery, Page};
