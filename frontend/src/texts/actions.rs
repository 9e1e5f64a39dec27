//! Texts of the part `actions`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
