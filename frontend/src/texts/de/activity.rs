use crate::texts::activity::Texts;

pub const TEXTS: Texts = Texts {};
