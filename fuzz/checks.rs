//! What must hold for any input. The fuzz targets explore with these; `backend/tests/fuzz_corpus.rs` replays with
//! them what is kept in `corpus/`.

#![allow(dead_code, reason = "each fuzz target uses one of these")]

use latchkey::{rql, tokens::list::PROPERTIES};
use latchkey_shared::{ApiKey, Secret, TokenId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A query string parses or says where it does not; what parsed prints to what parses to the same.
pub fn rql(data: &[u8]) {
    let Ok(raw) = std::str::from_utf8(data) else { return };
    match rql::parse(raw) {
        Err(error) => assert!(error.position.is_none_or(|at| at <= raw.chars().count()), "{error}"),
        Ok(query) => {
            let printed = query.filter.to_string();
            let encoded = utf8_percent_encode(&printed, NON_ALPHANUMERIC).to_string();
            match rql::parse(&encoded) {
                Ok(again) => assert_eq!(again.filter, query.filter, "{printed}"),
                // Printing makes a query longer and nests it one level deeper.
                Err(error) => {
                    let is_limit =
                        error.message.starts_with("longer than") || error.message.starts_with("nested deeper");
                    assert!(is_limit, "{raw} was printed as {printed}: {error}");
                }
            }
            let _ = query.resolve(PROPERTIES);
        }
    }
}

/// A header is a key or it is not; what is one says the same when it is written again.
pub fn authorization(data: &[u8]) {
    let Ok(header) = std::str::from_utf8(data) else { return };
    if let Ok(key) = ApiKey::parse(header) {
        let again = ApiKey::parse(&key.header_value()).expect("what was written");
        assert!(again.id == key.id && again.secret == key.secret);
    }
}

/// Any random part makes a key, and no single character of it can be changed unnoticed.
pub fn key_format(data: &[u8]) {
    let Some((random, rest)) = data.split_first_chunk::<16>() else { return };
    let [number @ .., place, character] = rest else { return };
    let number = number.iter().fold(0_u64, |number, byte| number.wrapping_mul(257).wrapping_add((*byte).into()));
    let digits = format!("{:09}", number % 1_000_000_000);
    let id: TokenId = format!("SU-{}-{}-{}", &digits[..3], &digits[3..6], &digits[6..]).parse().expect("an id");
    let header = ApiKey { secret: Secret::new(&id, random), id }.header_value();
    ApiKey::parse(&header).expect("a key");
    let start = "ApiKey ".len();
    let place = start + usize::from(*place) % (header.len() - start);
    let mut changed = header.into_bytes();
    // White space around a key is not a part of it.
    if changed[place] != *character && character.is_ascii_graphic() {
        changed[place] = *character;
        let changed = String::from_utf8(changed).expect("ASCII");
        assert!(ApiKey::parse(&changed).is_err(), "{changed}");
    }
}
