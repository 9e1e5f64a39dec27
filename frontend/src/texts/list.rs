//! Texts of the part `list`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
