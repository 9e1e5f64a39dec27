//! How to call the API with the key, in four languages. The key itself comes from the environment: samples end
//! up in repositories.

use leptos::prelude::*;

use crate::{
    browser::page,
    texts::t,
    ui::{CodeBlock, Tab, Tabs},
};

const LANGUAGES: [(&str, &str); 4] =
    [("curl", "curl"), ("python", "Python"), ("javascript", "JavaScript"), ("ccli", "ccli")];

/// The code that lists agreements in `language`, for a server at `origin`.
#[must_use]
pub fn sample(language: &str, origin: &str) -> String {
    let base = format!("{origin}/public/v1");
    match language {
        "python" => format!(
            "import os\nfrom connect.client import ConnectClient\n\nclient = ConnectClient(os.environ[\"LATCHKEY_KEY\"], endpoint=\"{base}\")\nfor agreement in client.agreements.all():\n    print(agreement[\"id\"], agreement[\"title\"])"
        ),
        "javascript" => format!(
            "const answer = await fetch(\"{base}/agreements/\", {{\n  headers: {{ Authorization: process.env.LATCHKEY_KEY }},\n}});\nconsole.log(await answer.json());"
        ),
        "ccli" => format!("ccli account add \"$LATCHKEY_KEY\" --endpoint \"{base}\"\nccli product list"),
        _ => format!("curl -H \"Authorization: $LATCHKEY_KEY\" {base}/agreements/"),
    }
}

/// The samples, one at a time.
#[component]
pub fn Samples() -> impl IntoView {
    let texts = &t().details;
    let language = RwSignal::new("curl".to_owned());
    let tabs: Vec<Tab> = LANGUAGES.into_iter().map(|(id, words)| Tab { id, words, href: None }).collect();
    let code = Signal::derive(move || language.with(|language| sample(language, &page::origin())));
    view! {
        <section class="samples">
            <h2 class="section-title">{texts.use_it}</h2>
            <p class="muted">{texts.environment_before} <code>"LATCHKEY_KEY"</code> {texts.environment_after}</p>
            <Tabs label=texts.language small=true tabs=tabs selected=language
                on_select=move |id: &'static str| language.set(id.to_owned())>
                <CodeBlock id="sample" what=texts.code_sample shown=code />
            </Tabs>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_takes_the_key_from_the_environment() {
        for (language, _) in LANGUAGES {
            let code = sample(language, "https://keys.example");
            assert!(code.contains("LATCHKEY_KEY"), "{language}");
            assert!(code.contains("https://keys.example/public/v1"), "{language}");
        }
    }
}
