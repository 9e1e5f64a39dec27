//! Who is signed in, and what happens when that ends.

pub mod context;
pub mod gate;
pub mod next;
pub mod password_dialog;
pub mod sign_in;

pub use context::Session;
