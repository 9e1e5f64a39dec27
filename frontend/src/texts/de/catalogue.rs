use crate::texts::{Counted, Template, catalogue::Texts};

pub const TEXTS: Texts = Texts {
    extensions: "Erweiterungen",
    extensions_intro: "Die Arten der Integration, für die es Tokens gibt. Jede legt fest, welche Module ihre Tokens bekommen und womit man einen Token benutzt.",
    extensions_not_loaded: "Die Erweiterungen konnten nicht geladen werden",
    extension: "Erweiterung",
    chosen_for_each: "Für jeden Token gewählt",
    used_by: "Benutzt mit",
    actions: "Aktionen",
    create_token: "Token erstellen",
    create_token_for: Template::new("Token für {0} erstellen"),
    modules: "Module",
    modules_intro: "Ein Modul ist ein Teil der API, den ein Token benutzen darf. Es öffnet diese Pfade und alle darunter.",
    modules_not_loaded: "Die Module konnten nicht geladen werden",
    module: "Modul",
    paths: "Pfade",
    tokens: "Tokens",
    no_token: "Kein Token",
    token_count: Counted::new("{0} Token", "{0} Tokens"),
};
