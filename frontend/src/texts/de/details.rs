use crate::texts::details::Texts;

pub const TEXTS: Texts = Texts {};
