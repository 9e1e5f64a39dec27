use crate::texts::catalogue::Texts;

pub const TEXTS: Texts = Texts {};
