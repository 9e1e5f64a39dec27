use crate::texts::edit::Texts;

pub const TEXTS: Texts = Texts {};
