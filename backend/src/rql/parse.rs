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
/// [`RqlError`] with the position in the decoded text.
pub fn parse(raw: &str) -> Result<Query, RqlError> {
    if raw.len() > MAX_LENGTH {
        return Err(RqlError::whole(format!("longer than {MAX_LENGTH} bytes")));
    }
    let (search, rest) = take_search(raw)?;
    let text = decode(&rest)?;
    check_depth(&text)?;
    let terms = grammar::parse(&text)?;
    assemble(terms, search, text)
}

fn assemble(terms: Vec<Term>, search: Option<String>, text: String) -> Result<Query, RqlError> {
    let mut filters = Vec::new();
    let (mut ordering, mut select) = (None, None);
    let (mut limit, mut offset) = (None, None);
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
        select: select.unwrap_or_default(),
        search,
        // A value that is no number falls back to the default, as Connect's own pager does.
        limit: limit.flatten().unwrap_or(Query::DEFAULT_LIMIT).min(Query::MAX_LIMIT),
        offset: offset.flatten().unwrap_or(0).min(i64::MAX as u64),
        text,
    })
}

/// What could have been meant as a number.
fn is_plain(text: &str) -> bool {
    (1..=20).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// Takes `search=…` out of the raw query: it is form-encoded (`+` is a space), and may hold any character.
fn take_search(raw: &str) -> Result<(Option<String>, String), RqlError> {
    let mut search = None;
    let mut rest = Vec::new();
    let mut depth = 0usize;
    for part in raw.split('&') {
        let words =
            part.split_once('=').filter(|(name, _)| depth == 0 && decode(name).is_ok_and(|name| name == "search"));
        match words.map(|(_, words)| words) {
            Some(_) if search.is_some() => return Err(RqlError::whole("more than one search")),
            Some(words) => search = Some(decode(&words.replace('+', " "))?),
            None if part.is_empty() => {}
            None => {
                depth = (depth + part.matches('(').count()).saturating_sub(part.matches(')').count());
                rest.push(part);
            }
        }
    }
    Ok((search.filter(|words| !words.trim().is_empty()), rest.join("&")))
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
    fn nothing_is_every_row_of_the_first_page() {
        let query = parse("").unwrap();
        assert_eq!(query.filter, Filter::And(vec![]));
        assert_eq!((query.limit, query.offset), (100, 0));
    }

    #[test]
    fn what_the_python_client_sends() {
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
    fn what_the_javascript_client_sends() {
        let either = Filter::Or(vec![eq("status", "published"), eq("status", "draft")]);
        assert_eq!(filter_of("((status=published)%7C(status=draft))"), either);
        assert_eq!(filter_of("name=%22Product%201%22"), eq("name", "Product 1"));
        assert_eq!(filter_of("not(eq(name,%22Product%201%22))"), Filter::Not(Box::new(eq("name", "Product 1"))));
        assert_eq!(filter_of("created=ge=2024-01-01"), compare("created", Comparison::Ge, "2024-01-01"));
    }

    #[test]
    fn a_search_may_hold_anything() {
        let query = parse("limit=5&search=two+words%26(more&eq(a,b)").unwrap();
        assert_eq!(query.search.as_deref(), Some("two words&(more"));
        assert_eq!(query.filter, eq("a", "b"));
    }

    #[test]
    fn a_tuple_is_about_the_parts_of_a_property() {
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
    fn a_selection_is_kept_in_order() {
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
    fn an_error_says_where_and_why() {
        assert_eq!(error_of("eq(title,a,b)"), "Bad filter query at character 11: expected `)`, found `,`.");
        assert_eq!(error_of("eq(title,a"), "Bad filter query at character 11: expected `)`, found the end.");
        assert_eq!(error_of("eq(a,1)&ordering(a)&ordering(b)"), "Bad filter query: more than one ordering(...).");
        assert_eq!(error_of("limit=1&limit=2"), "Bad filter query: limit and offset are set incorrectly.");
        for broken in ["eq(title,a&b)", "range(f,a,b)", "gte(a,1)", "(a=1|b=2&c=3)", "=", "a=", "%ff", "%00", "or()"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn length_and_depth_are_bounded() {
        assert!(error_of(&"a".repeat(9000)).contains("longer than"));
        assert!(error_of(&format!("{}a=1{}", "(".repeat(1000), ")".repeat(1000))).contains("nested deeper"));
    }

    #[test]
    fn a_limit_that_is_no_number_is_the_default_and_a_great_one_is_cut() {
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
