//! Texts of the part `create`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
