//! The wizard that creates a token.

pub mod extension_cards;
pub mod first_call;
pub mod prefill;
pub mod step;
pub mod summary;
pub mod wizard;

pub use wizard::CreateToken;
