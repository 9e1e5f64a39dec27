use crate::texts::create::Texts;

pub const TEXTS: Texts = Texts {};
