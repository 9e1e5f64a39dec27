use crate::texts::account::Texts;

pub const TEXTS: Texts = Texts {};
