use crate::texts::{Counted, Template, catalogue::Texts};

pub const TEXTS: Texts = Texts {
    extensions: "Extensions",
    extensions_intro: "The kinds of integration that a token can be for. Each says which modules its tokens get, and what people hold of a token.",
    extensions_not_loaded: "The extensions could not be loaded",
    extension: "Extension",
    chosen_for_each: "Chosen for each token",
    used_by: "Used by",
    actions: "Actions",
    create_token: "Create Token",
    create_token_for: Template::new("Create a token for {0}"),
    modules: "Modules",
    modules_intro: "A module is a part of the API that a token can be allowed to use. It opens these paths and all below them.",
    modules_not_loaded: "The modules could not be loaded",
    module: "Module",
    paths: "Paths",
    tokens: "Tokens",
    no_token: "No token",
    token_count: Counted::new("{0} token", "{0} tokens"),
};
