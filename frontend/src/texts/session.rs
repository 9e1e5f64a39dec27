//! Texts of the part `session`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
