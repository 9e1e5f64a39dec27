//! How to call an API with the key. The key itself comes from the environment: samples end up in repositories.

use latchkey_shared::SampleCall;
use leptos::prelude::*;

use crate::{
    api::Api,
    browser::page,
    texts::t,
    ui::{CodeBlock, Load, Tab, Tabs, dynamic},
};

const LANGUAGES: [(&str, &str); 4] =
    [("curl", "curl"), ("python", "Python"), ("javascript", "JavaScript"), ("ccli", "ccli")];

/// Where this server serves Connect's API, whose clients are shown.
const CONNECT: &str = "/public/v1/";

/// A call that the key of a token opens, as soon as it is known.
#[must_use]
pub fn sample_of(id: String) -> Signal<Option<SampleCall>> {
    let api = expect_context::<Api>();
    let load = Load::new(move || id.clone(), move |id| async move { api.sample_call(&id).await });
    Signal::derive(move || load.state.with(|state| state.ready().cloned().flatten()))
}

/// The code in `language` that makes a call, from a page of `origin`.
#[must_use]
pub fn sample(language: &str, call: &SampleCall, origin: &str) -> String {
    let (method, url) = (&call.method, call.absolute(origin));
    let connect = call.url.strip_prefix(CONNECT);
    match (language, connect) {
        ("python", Some(path)) => format!(
            "import os\nfrom connect.client import ConnectClient\n\nclient = ConnectClient(os.environ[\"LATCHKEY_KEY\"], endpoint=\"{origin}/public/v1\")\nprint(client.get(\"{path}\"))"
        ),
        ("ccli", _) => {
            format!("ccli account add \"$LATCHKEY_KEY\" --endpoint \"{origin}/public/v1\"\nccli product list")
        }
        ("python", None) => {
            let key = match call.credentials.as_str() {
                "apikey" => "headers={\"Authorization\": f\"ApiKey {key}\"}".to_owned(),
                "bearer" => "headers={\"Authorization\": f\"Bearer {key}\"}".to_owned(),
                "basic" => "auth=tuple(key.split(\":\"))".to_owned(),
                header => format!("headers={{\"{header}\": key}}"),
            };
            format!(
                "import os\nimport requests\n\nkey = os.environ[\"LATCHKEY_KEY\"].removeprefix(\"ApiKey \")\nanswer = requests.request(\"{method}\", \"{url}\", {key})\nprint(answer.status_code, answer.text)"
            )
        }
        ("javascript", _) => {
            let header = match call.credentials.as_str() {
                "apikey" => "Authorization: `ApiKey ${key}`".to_owned(),
                "bearer" => "Authorization: `Bearer ${key}`".to_owned(),
                "basic" => "Authorization: `Basic ${btoa(key)}`".to_owned(),
                header => format!("\"{header}\": key"),
            };
            format!(
                "const key = process.env.LATCHKEY_KEY.replace(\"ApiKey \", \"\");\nconst answer = await fetch(\"{url}\", {{ method: \"{method}\", headers: {{ {header} }} }});\nconsole.log(answer.status, await answer.text());"
            )
        }
        _ => call.curl(origin, "$LATCHKEY_KEY", "${LATCHKEY_KEY#ApiKey }"),
    }
}

/// The samples, one at a time; nothing while no call is known that the key opens.
#[component]
pub fn Samples(
    /// The id of the token.
    id: String,
) -> impl IntoView {
    let texts = &t().details;
    let language = RwSignal::new("curl".to_owned());
    let call = sample_of(id);
    dynamic(move || {
        call.get().map(|call| {
            let is_connect = call.url.starts_with(CONNECT);
            let languages = LANGUAGES.into_iter().filter(|(id, _)| is_connect || *id != "ccli");
            let tabs: Vec<Tab> = languages.map(|(id, words)| Tab { id, words, href: None }).collect();
            let code =
                Signal::derive(move || language.with(|language| sample(language, &call, &page::origin())));
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
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_takes_the_key_from_the_environment_and_calls_what_it_opens() {
        for url in ["https://api.example.com/v2/orders", "/public/v1/agreements"] {
            for credentials in ["apikey", "bearer", "basic", "x-api-key"] {
                let call = SampleCall { method: "GET".into(), url: url.into(), credentials: credentials.into() };
                for (language, _) in LANGUAGES.into_iter().filter(|(id, _)| *id != "ccli") {
                    let code = sample(language, &call, "https://keys.example");
                    assert!(code.contains("LATCHKEY_KEY"), "{code}");
                    let whole = code.contains(&call.absolute("https://keys.example"));
                    assert!(whole || code.contains("client.get(\"agreements\")"), "{code}");
                }
            }
        }
    }
}
