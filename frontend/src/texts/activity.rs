//! Texts of the part `activity`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
