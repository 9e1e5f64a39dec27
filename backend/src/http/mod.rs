//! What every operation shares: errors, who calls, bodies, paging, security headers, the console's files.

mod body;
mod caller;
pub mod client_ip;
pub mod compression;
pub mod conditional;
pub mod connections;
pub mod csp;
pub mod csv;
mod error;
pub mod guard;
pub mod headers;
mod id;
pub mod metrics;
pub mod openapi;
mod paging;
pub mod paths;
pub mod reference;
mod route;
pub mod server;
pub mod site;

pub use body::{Body, Bytes, MAX_BODY, OneOrMany, OneOrManyBody, OptionalBody, is_list, read_json};
pub use caller::{Access, Caller, ClientInfo, Endpoint, Identity};
pub use error::Error;
pub use id::Id;
pub use paging::{ListQuery, Page};
pub use route::Route;
