//! From a raw query string to a [`Query`]. It is percent-decoded once, before parsing; `+` stays a plus.

use percent_encoding::percent_decode_str;

use super::{
    Comparison, Filter, Query, RqlError, Value,
    grammar::{self, Term},
};

/// Longer queries are refused: nobody writes them, and parsing them is work for nothing.
const MAX_LENGTH: usize = 8 * 1024;
/// More conditions are refused, so that no query makes more of an expression than a database takes (SQLite: 1000 deep).
const MAX_CONDITIONS: usize = 200;
/// Deeper nesting is refused, so that no query can exhaust the stack.
const MAX_DEPTH: usize = 24;

/// Reads a raw query string, the part of an address behind `?`.
///
/// # Errors
/// [`RqlError`] with the position in the query as it was sent.
pub fn parse(raw: &str) -> Result<Query, RqlError> {
    if raw.len() > MAX_LENGTH {
        return Err(RqlError::whole(format!("longer than {MAX_LENGTH} bytes")));
    }
    let (search, parts) = take_search(raw)?;
    let source = Source::of(raw, &parts)?;
    check_depth(&source.text)?;
    let terms = grammar::parse(&source.text).map_err(|(at, message)| source.error(at, message))?;
    assemble(terms, search, source)
}

/// A part of a raw query, and where it begins there.
#[derive(Debug)]
struct Part<'a> {
    begins: usize,
    /// As it was sent.
    text: &'a str,
    /// The value of a parameter, in which `+` is a space.
    is_form: bool,
}

/// The decoded query, and where each of its bytes was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Source {
    text: String,
    /// For each byte of the text, and for its end, the character of the raw query.
    places: Vec<usize>,
}

impl Source {
    fn of(raw: &str, parts: &[Part<'_>]) -> Result<Self, RqlError> {
        let (mut bytes, mut places) = (Vec::with_capacity(raw.len()), Vec::with_capacity(raw.len() + 1));
        let mut character = 0;
        // For each byte, which character it belongs to.
        let characters: Vec<usize> = raw
            .bytes()
            .map(|byte| {
                character += usize::from(byte & 0xc0 != 0x80);
                character - 1
            })
            .collect();
        let character_at = |byte: usize| characters.get(byte).copied().unwrap_or(character);
        let end = parts.last().map_or(0, |part| part.begins + part.text.len());
        for part in parts {
            if !bytes.is_empty() {
                bytes.push(b'&');
                places.push(character_at(part.begins.saturating_sub(1)));
            }
            let text = part.text.as_bytes();
            let mut at = 0;
            while let Some(byte) = text.get(at) {
                let code = text.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
                let code = code.filter(|digits| *byte == b'%' && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                let (decoded, length) = match code.map(|digits| u8::from_str_radix(digits, 16)) {
                    Some(Ok(decoded)) => (decoded, 3),
                    _ if part.is_form && *byte == b'+' => (b' ', 1),
                    _ => (*byte, 1),
                };
                bytes.push(decoded);
                places.push(character_at(part.begins + at));
                at += length;
            }
        }
        places.push(character_at(end));
        let text = String::from_utf8(bytes).map_err(|_| RqlError::whole("percent codes that are not UTF-8"))?;
        if text.contains('\0') {
            return Err(RqlError::whole("contains a NUL character"));
        }
        Ok(Self { text, places })
    }

    /// An error at a byte of the decoded text.
    pub(super) fn error(&self, at: usize, message: impl Into<String>) -> RqlError {
        let position = self.places.get(at).or(self.places.last()).copied();
        RqlError { position, message: message.into() }
    }
}

fn assemble(terms: Vec<Term>, search: Option<String>, source: Source) -> Result<Query, RqlError> {
    let mut filters = Vec::new();
    let (mut ordering, mut select) = (None, None);
    let (mut limit, mut offset, mut nulls_last) = (None, None, None);
    for term in terms {
        match term {
            Term::Select(keys) if select.is_none() => select = Some(keys),
            Term::Select(_) => return Err(RqlError::whole("more than one select(...)")),
            Term::Ordering(keys) if ordering.is_none() => ordering = Some(keys),
            Term::Ordering(_) => return Err(RqlError::whole("more than one ordering(...)")),
            Term::Filter(Filter::Compare { property, comparison, value })
                if property.text == "limit" || property.text == "offset" =>
            {
                let slot = if property.text == "limit" { &mut limit } else { &mut offset };
                if comparison != Comparison::Eq || slot.is_some() {
                    return Err(RqlError::whole("limit and offset are set incorrectly"));
                }
                *slot = match value {
                    // More than a number can hold is as many as there may be.
                    Value::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() => {
                        Some(Some(text.parse::<u64>().unwrap_or(u64::MAX)))
                    }
                    Value::Text(text) if is_plain(&text) => Some(None),
                    _ => return Err(RqlError::whole("limit and offset are set incorrectly")),
                };
            }
            Term::Filter(Filter::Compare { property, comparison, value }) if property.text == "nulls" => {
                let is_last = match &value {
                    Value::Text(text) if text == "first" => false,
                    Value::Text(text) if text == "last" => true,
                    _ => return Err(RqlError::whole("nulls is neither first nor last")),
                };
                if comparison != Comparison::Eq || nulls_last.replace(is_last).is_some() {
                    return Err(RqlError::whole("nulls is set incorrectly"));
                }
            }
            Term::Filter(filter) => filters.push(filter),
        }
    }
    let filter = match filters.len() {
        1 => filters.remove(0),
        _ => Filter::And(filters),
    };
    if filter.conditions() > MAX_CONDITIONS {
        return Err(RqlError::whole(format!("more than {MAX_CONDITIONS} conditions")));
    }
    Ok(Query {
        filter,
        ordering: ordering.unwrap_or_default(),
        nulls_last: nulls_last.unwrap_or_default(),
        select: select.unwrap_or_default(),
        search,
        // A value that is no number falls back to the default, as Connect's own pager does.
        limit: limit.flatten().unwrap_or(Query::DEFAULT_LIMIT).min(Query::MAX_LIMIT),
        offset: offset.flatten().unwrap_or(0).min(i64::MAX as u64),
        source,
    })
}

/// What could have been meant as a number.
fn is_plain(text: &str) -> bool {
    (1..=20).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// Takes `search=…` out of the raw query: it is form-encoded (`+` is a space), and may hold any character. `rql=…` is
/// all that may otherwise stand behind the `?`, form-encoded: generated clients can send nothing but parameters.
fn take_search(raw: &str) -> Result<(Option<String>, Vec<Part<'_>>), RqlError> {
    let mut search = None;
    let mut rest = Vec::new();
    let mut depth = 0usize;
    let mut begins = 0;
    for part in raw.split('&') {
        let named = part.split_once('=').filter(|_| depth == 0);
        let named = named.and_then(|(name, value)| Some((decode(name).ok()?, value)));
        match named.as_ref().map(|(name, value)| (name.as_str(), *value)) {
            Some(("search", _)) if search.is_some() => return Err(RqlError::whole("more than one search")),
            Some(("search", words)) => search = Some(decode(&words.replace('+', " "))?),
            Some(("rql", value)) => {
                if !value.is_empty() {
                    rest.push(Part { begins: begins + part.len() - value.len(), text: value, is_form: true });
                }
            }
            _ if part.is_empty() => {}
            _ => {
                depth = (depth + part.matches('(').count()).saturating_sub(part.matches(')').count());
                rest.push(Part { begins, text: part, is_form: false });
            }
        }
        begins += part.len() + 1;
    }
    Ok((search.filter(|words| !words.trim().is_empty()), rest))
}

fn decode(text: &str) -> Result<String, RqlError> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| RqlError::whole("percent codes that are not UTF-8"))?;
    if decoded.contains('\0') {
        return Err(RqlError::whole("contains a NUL character"));
    }
    Ok(decoded.into_owned())
}

fn check_depth(text: &str) -> Result<(), RqlError> {
    let mut depth = 0usize;
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(RqlError::whole(format!("nested deeper than {MAX_DEPTH} levels")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::PatternPart, *};

    fn compare(property: &str, comparison: Comparison, value: &str) -> Filter {
        Filter::Compare { property: property.into(), comparison, value: Value::Text(value.to_owned()) }
    }

    fn eq(property: &str, value: &str) -> Filter {
        compare(property, Comparison::Eq, value)
    }

    fn filter_of(raw: &str) -> Filter {
        parse(raw).unwrap_or_else(|error| panic!("{raw}: {error}")).filter
    }

    fn error_of(raw: &str) -> String {
        parse(raw).expect_err(raw).to_string()
    }

    #[test]
    fn empty_query_is_every_row_of_the_first_page() {
        let query = parse("").unwrap();
        assert_eq!(query.filter, Filter::And(vec![]));
        assert_eq!((query.limit, query.offset), (100, 0));
    }

    #[test]
    fn queries_of_the_python_client_are_parsed() {
        let query = parse(
            "?eq(title,Agreement%20number%201)&ordering(type,-created)&limit=25&offset=50".trim_start_matches('?'),
        )
        .unwrap();
        assert_eq!(query.filter, eq("title", "Agreement number 1"));
        assert_eq!((query.limit, query.offset), (25, 50));
        let keys: Vec<_> = query.ordering.iter().map(|key| (key.property.text.as_str(), key.descending)).collect();
        assert_eq!(keys, [("type", false), ("created", true)]);
        assert_eq!(filter_of("eq(title,%22a,b%22)"), eq("title", "a,b"));
        assert_eq!(
            filter_of("ge(created,2024-01-03T00:00:00+00:00)"),
            compare("created", Comparison::Ge, "2024-01-03T00:00:00+00:00")
        );
        assert_eq!(
            filter_of("and(or(eq(a,1),eq(b,2)),eq(c,3))"),
            Filter::And(vec![Filter::Or(vec![eq("a", "1"), eq("b", "2")]), eq("c", "3")])
        );
        assert_eq!(filter_of("in(id,(A,B))"), Filter::Or(vec![eq("id", "A"), eq("id", "B")]));
        assert_eq!(filter_of("select(-stats)&eq(type,program)"), eq("type", "program"));
    }

    #[test]
    fn queries_of_the_javascript_client_are_parsed() {
        let either = Filter::Or(vec![eq("status", "published"), eq("status", "draft")]);
        assert_eq!(filter_of("((status=published)%7C(status=draft))"), either);
        assert_eq!(filter_of("name=%22Product%201%22"), eq("name", "Product 1"));
        assert_eq!(filter_of("not(eq(name,%22Product%201%22))"), Filter::Not(Box::new(eq("name", "Product 1"))));
        assert_eq!(filter_of("created=ge=2024-01-01"), compare("created", Comparison::Ge, "2024-01-01"));
    }

    #[test]
    fn search_takes_any_text() {
        let query = parse("limit=5&search=two+words%26(more&eq(a,b)").unwrap();
        assert_eq!(query.search.as_deref(), Some("two words&(more"));
        assert_eq!(query.filter, eq("a", "b"));
    }

    #[test]
    fn tuple_names_parts_of_a_property() {
        let parts = Filter::And(vec![eq("owner.id", "PA-1"), compare("owner.name", Comparison::Ne, "x")]);
        for written in
            ["owner=t(eq(id,PA-1),name=ne=x)", "owner=eq=t(id=PA-1,ne(name,x))", "eq(owner,t(id=PA-1,ne(name,x)))"]
        {
            assert_eq!(filter_of(written), parts, "{written}");
        }
        let nested = filter_of("events=t(created=t(ge(at,2024-01-01),by=t(like(id,UR*))))");
        assert_eq!(
            nested.to_string(),
            r#"and(and(ge(events.created.at,"2024-01-01"),and(like(events.created.by.id,"UR*"))))"#
        );
        for broken in ["gt(owner,t(id=1))", "owner=t()", "owner=t(id)", "owner=t(id=1"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
        assert_eq!(filter_of("title=t"), eq("title", "t"));
        assert_eq!(filter_of("eq(title,tomato)"), eq("title", "tomato"));
    }

    #[test]
    fn selection_is_kept_in_order() {
        let query = parse("select(-stats,+owner,id)&select=1").unwrap();
        let keys: Vec<_> = query.select.iter().map(|key| (key.property.text.as_str(), key.hidden)).collect();
        assert_eq!(keys, [("stats", true), ("owner", false), ("id", false)]);
        assert!(parse("select(a)&select(b)").is_err());
    }

    #[test]
    fn stars_are_wildcards_unless_escaped() {
        let Filter::Like { pattern, .. } = filter_of("like(name,*a\\*b*)") else { panic!() };
        assert_eq!(pattern.0, [PatternPart::Anything, PatternPart::Literal("a*b".to_owned()), PatternPart::Anything]);
        assert!(error_of("like(name,a**b)").contains("a pattern without `**`"));
    }

    #[test]
    fn error_says_where_and_why() {
        assert_eq!(error_of("eq(title,a,b)"), "Bad filter query at character 11: expected `)`, found `,`.");
        assert_eq!(error_of("eq(title,a"), "Bad filter query at character 11: expected `)`, found the end.");
        assert_eq!(error_of("eq(a,1)&ordering(a)&ordering(b)"), "Bad filter query: more than one ordering(...).");
        assert_eq!(error_of("limit=1&limit=2"), "Bad filter query: limit and offset are set incorrectly.");
        for broken in ["eq(title,a&b)", "range(f,a,b)", "gte(a,1)", "(a=1|b=2&c=3)", "=", "a=", "%ff", "%00", "or()"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn position_is_that_in_the_query_as_it_was_sent() {
        for (raw, position, message) in [
            ("limit=1&foo", 12, "found the end"),
            ("foo&limit=1", 4, "found `&`"),
            ("search=two+words&limit=1&foo", 29, "found the end"),
            ("eq(name,%22gr%C3%BCn%22)&eq(b,1,2)", 32, "expected `)`, found `,`"),
            ("a=1&&&foo=", 11, "a value"),
            ("limit=1&rql=eq(a%2C1%2C2)", 21, "expected `)`"),
            ("limit=1&rql=foo", 16, "found the end"),
            ("rql=eq(gr%C3%BCn", 10, "expected `,`"),
        ] {
            let error = parse(raw).expect_err(raw);
            assert_eq!(error.position, Some(position - 1), "{raw}: {error}");
            assert!(error.message.contains(message), "{raw}: {error}");
        }
    }

    #[test]
    fn rql_parameter_is_read_as_the_query_itself() {
        for (raw, same) in [
            ("rql=and(eq(a%2C1)%2Ceq(b%2C2))&limit=5", "and(eq(a,1),eq(b,2))&limit=5"),
            ("rql=ordering(-name)%26like(name%2C%2Ax%2A)", "ordering(-name)&like(name,*x*)"),
            ("rql=eq%28name%2C%22two+words%22%29", "eq(name,%22two%20words%22)"),
            ("rql=eq(name%2C%22x%2541y%22)", "eq(name,%22x%2541y%22)"),
            ("rql=&limit=5", "limit=5"),
            ("rql=a%3D1&rql=b%3D2", "a=1&b=2"),
        ] {
            let (query, same) = (parse(raw).unwrap(), parse(same).unwrap());
            let ordering = |query: &Query| {
                format!("{:?}", query.ordering.iter().map(|key| &key.property.text).collect::<Vec<_>>())
            };
            assert_eq!(
                (&query.filter, query.limit, ordering(&query)),
                (&same.filter, same.limit, ordering(&same)),
                "{raw}"
            );
        }
        assert!(parse("rql=eq(a").is_err());
    }

    #[test]
    fn length_and_depth_are_bounded() {
        assert!(error_of(&"a".repeat(9000)).contains("longer than"));
        assert!(error_of(&format!("{}a=1{}", "(".repeat(1000), ")".repeat(1000))).contains("nested deeper"));
    }

    #[test]
    fn limit_without_number_is_the_default_and_a_large_one_is_cut() {
        assert_eq!(parse("limit=many&offset=-3").unwrap().limit, 100);
        assert_eq!(parse("limit=5000").unwrap().limit, 1000);
        assert_eq!(parse("eq(limit,0)").unwrap().limit, 0);
        assert_eq!(parse("limit=0.5").unwrap().limit, 100);
        for broken in ["limit=null()", "limit=%22%22", "offset=a%20b", "limit=1:2"] {
            assert!(error_of(broken).contains("limit and offset are set incorrectly"), "{broken}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,120}") {
            let _ = parse(&text);
        }

        #[test]
        fn no_rql_like_text_makes_it_panic(text in "[a-z(),=|&;*\\\\%\"0-9 .+-]{0,80}") {
            let _ = parse(&text);
        }
    }
}
