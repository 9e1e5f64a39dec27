//! Texts of the part `edit`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
