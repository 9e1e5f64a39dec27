use crate::texts::session::Texts;

pub const TEXTS: Texts = Texts {};
