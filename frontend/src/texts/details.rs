//! Texts of the part `details`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
