//! What a decision costs: `cargo bench -p latchkey --bench decide`.

#![expect(clippy::unwrap_used, reason = "a benchmark may end at the first surprise")]

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use latchkey::{
    catalogue::Catalogue,
    clock::Clock,
    gatekeeper::{Entry, Modules, Question, decide, path},
    store::CheckRow,
    tokens::secret::{self, Digester},
};
use latchkey_shared::{ApiKey, PresentedKey, Secret, TokenId};

fn benchmarks(criterion: &mut Criterion) {
    let pepper = latchkey::keys::Key::new([7; 32]);
    let id: TokenId = "SU-160-984-311".parse().unwrap();
    let key = ApiKey { secret: Secret::new(&id, &[9; 16]), id: id.clone() };
    let row = CheckRow {
        id: id.to_string(),
        account_id: "VA-310-552".to_owned(),
        account_name: "Benchmark".to_owned(),
        account_created_at: 0,
        name: "Benchmark".to_owned(),
        state: "active".to_owned(),
        expires_at: Some(i64::MAX / 2),
        not_before: Some(1),
        digest: secret::digest(&pepper, &id, &key.secret).to_vec(),
        previous_digest: None,
        previous_expires_at: None,
        allowed_addresses: Some("10.0.0.0/8,127.0.0.1".to_owned()),
        calls_per_minute: None,
        modules: Some("MD-0002,MD-0007".to_owned()),
    };
    let modules = Modules::new(&Catalogue::built_in().unwrap());
    let account = Arc::new(row.account().into());
    let entry = Entry::new(&row, account, &modules, |_, _| unreachable!()).unwrap();
    let entry = Arc::new(entry);
    let digester = Digester::new(&pepper);
    let clock = Clock::system();
    let header = key.header_value();
    let decision = |header: &str| {
        let key = PresentedKey::from_header(header.as_bytes()).ok()?;
        let address = Some(std::net::IpAddr::from([127, 0, 0, 1]));
        let question = Question { key, path: Some("/agreements/AGP-1?limit=10"), address, now: clock.now() };
        Some(decide(Some(&entry), &question, &digester, &modules))
    };
    assert_eq!(decision(&header).unwrap().answer, Ok(()));
    criterion.bench_function("hit", |bencher| bencher.iter(|| decision(black_box(&header))));
    let wrong = ApiKey { secret: Secret::new(&id, &[8; 16]), id }.header_value();
    criterion.bench_function("wrong secret", |bencher| bencher.iter(|| decision(black_box(&wrong))));
    for (name, junk) in [
        ("junk: another scheme", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln"),
        ("junk: wrong checksum", "ApiKey SU-160-984-311:f45bee7e79b10ff6eff67902ccb4f3d46724ceb8"),
    ] {
        criterion.bench_function(name, |bencher| bencher.iter(|| decision(black_box(junk))));
    }
    let long = "x".repeat(8000);
    criterion.bench_function("junk: 8 kB", |bencher| bencher.iter(|| decision(black_box(&long))));
    criterion
        .bench_function("path", |bencher| bencher.iter(|| path::normalise(black_box("/agreements/AGP-1?limit=10"))));
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
