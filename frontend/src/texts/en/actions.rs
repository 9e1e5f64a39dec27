use crate::texts::actions::Texts;

pub const TEXTS: Texts = Texts {};
