//! What a decision costs: `cargo bench -p latchkey --bench decide`. With `DECISIONS="1000 hit"` in the environment it
//! makes just so many of a kind, for callgrind.

#![expect(clippy::unwrap_used, reason = "a benchmark may end at the first surprise")]

use std::{env, hint::black_box, sync::Arc};

use criterion::Criterion;
use latchkey::{
    catalogue::{Catalogue, ModuleRule, api::Api},
    clock::Clock,
    gatekeeper::{AccessRequest, Entry, Modules, Target, apis::Original, decide, path},
    keys::mac::Digester,
    store::CredentialRow,
    tokens::secret,
};
use latchkey_shared::{ApiKey, PresentedKey, Secret, TokenId};

/// A gatekeeper that knows one token.
struct Gatekeeper {
    entry: Arc<Entry>,
    digester: Digester,
    modules: Modules,
    clock: Clock,
}

impl Gatekeeper {
    /// Whether this `Authorization` opens the way.
    fn allows(&self, header: &str) -> bool {
        let Ok(key) = PresentedKey::from_header(header.as_bytes()) else { return false };
        let address = Some(std::net::IpAddr::from([127, 0, 0, 1]));
        let original =
            Original { host: Some("api1.example.com"), method: "GET", path: "/v2/orders150/7/lines?limit=10" };
        let target = Target::from(self.modules.apis.find(original).1);
        let request = AccessRequest { key, target, address, now: self.clock.now() };
        decide(Some(&self.entry), &request, &self.digester).result.is_ok()
    }
}

/// Three APIs on hosts of their own, each with 200 rules, half of them with a method.
fn catalogue() -> Catalogue {
    let built_in = Catalogue::built_in().unwrap();
    let api = |number: usize| Api {
        name: format!("api{number}"),
        hosts: vec![format!("api{number}.example.com")],
        base_path: vec!["v2".to_owned()],
        ..Api::only(false)
    };
    let rule = |api: usize, number: usize| {
        let method = if number.is_multiple_of(2) { "GET " } else { "" };
        let rule = format!("{method}/orders{number}/{{id}}/lines").parse().unwrap();
        ModuleRule { module: built_in.modules[1 + number % 19].id.clone(), api, rule }
    };
    Catalogue {
        apis: (0..3).map(api).collect(),
        rules: (0..3)
            .flat_map(|api| (0..200).map(move |number| (api, number)))
            .map(|(api, number)| rule(api, number))
            .collect(),
        ..built_in.clone()
    }
}

/// The gatekeeper, and headers of every kind for it.
fn set_up() -> (Gatekeeper, Vec<(&'static str, String)>) {
    let pepper = latchkey::keys::Key::new([7; 32]);
    let id: TokenId = "SU-160-984-311".parse().unwrap();
    let key = ApiKey { secret: Secret::new(&id, &[9; 16]), id: id.clone() };
    let row = CredentialRow {
        id: id.to_string(),
        account_id: "VA-310-552".to_owned(),
        account_name: "Benchmark".to_owned(),
        account_created_at: 0,
        name: "Benchmark".to_owned(),
        external_id: None,
        extension_id: "EXT-000-001".to_owned(),
        state: "active".to_owned(),
        expires_at: Some(i64::MAX / 2),
        not_before: Some(1),
        digest: secret::digest(&pepper, &id, &key.secret).to_vec(),
        previous_digest: None,
        previous_expires_at: None,
        allowed_addresses: Some("10.0.0.0/8,127.0.0.1".to_owned()),
        calls_per_minute: None,
        modules: Some(catalogue().modules[1 + 150 % 19].id.to_string()),
    };
    let modules = Modules::new(catalogue());
    let account = Arc::new(row.account());
    let entry = Arc::new(Entry::new(&row, account, &modules, |_, _| unreachable!()).unwrap());
    let gatekeeper = Gatekeeper { entry, digester: Digester::new(&pepper), modules, clock: Clock::system() };
    let wrong = ApiKey { secret: Secret::new(&id, &[8; 16]), id };
    let headers = vec![
        ("hit", key.header_value()),
        ("wrong secret", wrong.header_value()),
        ("junk: another scheme", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln".to_owned()),
        ("junk: wrong checksum", "ApiKey SU-160-984-311:f45bee7e79b10ff6eff67902ccb4f3d46724ceb8".to_owned()),
        ("junk: 8 kB", "x".repeat(8000)),
    ];
    for (name, header) in &headers {
        assert_eq!(gatekeeper.allows(header), *name == "hit");
    }
    (gatekeeper, headers)
}

fn main() {
    let (gatekeeper, headers) = set_up();
    if let Ok(wanted) = env::var("DECISIONS") {
        let (times, kind) = wanted.split_once(' ').unwrap();
        let (_, header) = headers.iter().find(|(name, _)| *name == kind).unwrap();
        for _ in 0..times.parse().unwrap() {
            black_box(gatekeeper.allows(black_box(header)));
        }
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    for (name, header) in &headers {
        criterion.bench_function(name, |bencher| bencher.iter(|| gatekeeper.allows(black_box(header))));
    }
    criterion
        .bench_function("path", |bencher| bencher.iter(|| path::normalise(black_box("/agreements/AGP-1?limit=10"))));
    criterion.final_summary();
}
