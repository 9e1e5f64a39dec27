use crate::texts::settings::Texts;

pub const TEXTS: Texts = Texts {};
