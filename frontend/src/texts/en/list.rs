use crate::texts::list::Texts;

pub const TEXTS: Texts = Texts {};
