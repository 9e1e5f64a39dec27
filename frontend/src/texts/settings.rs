//! Texts of the part `settings`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
