//! Texts of the part `account`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
