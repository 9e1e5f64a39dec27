//! Texts of the part `catalogue`.

/// Its texts.
#[derive(Debug)]
pub struct Texts {}
