//! The grammar, with winnow. The query is percent-decoded once, before parsing; `+` stays a plus.

use percent_encoding::percent_decode_str;
use winnow::{
    ModalResult, Parser as _,
    ascii::space0,
    combinator::{alt, cut_err, delimited, opt, preceded, separated, terminated},
    error::{ContextError, ErrMode, StrContext, StrContextValue},
    token::{one_of, take_till, take_while},
};

use super::{Comparison, Filter, Ordering, Pattern, PatternPart, Query, RqlError, Value};

/// Longer queries are refused: nobody writes them, and parsing them is work for nothing.
const MAX_LENGTH: usize = 8 * 1024;
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
    let mut input = text.as_str();
    let terms =
        terms.parse_next(&mut input).and_then(|terms| if input.is_empty() { Ok(terms) } else { expected("the end") });
    let terms = terms.map_err(|error| RqlError {
        position: Some(text.chars().count() - input.chars().count()),
        message: describe(&error, input),
    })?;
    assemble(terms, search)
}

/// One term of the top level: a condition, or what is said beside conditions.
#[derive(Debug, Clone)]
enum Term {
    Filter(Filter),
    Ordering(Vec<Ordering>),
    /// `select(...)`: accepted; every row carries all its properties.
    Select,
}

fn assemble(terms: Vec<Term>, search: Option<String>) -> Result<Query, RqlError> {
    let mut filters = Vec::new();
    let mut ordering = None;
    let (mut limit, mut offset) = (None, None);
    for term in terms {
        match term {
            Term::Select => {}
            Term::Ordering(keys) if ordering.is_none() => ordering = Some(keys),
            Term::Ordering(_) => return Err(RqlError::whole("more than one ordering(...)")),
            Term::Filter(Filter::Compare { property, comparison, value })
                if property == "limit" || property == "offset" =>
            {
                let slot = if property == "limit" { &mut limit } else { &mut offset };
                if comparison != Comparison::Eq || slot.is_some() {
                    return Err(RqlError::whole("limit and offset are set incorrectly"));
                }
                *slot = Some(match value {
                    Value::Text(text) => text.parse::<u64>().ok(),
                    _ => None,
                });
            }
            Term::Filter(filter) => filters.push(filter),
        }
    }
    let filter = match filters.len() {
        1 => filters.remove(0),
        _ => Filter::And(filters),
    };
    Ok(Query {
        filter,
        ordering: ordering.unwrap_or_default(),
        search,
        // A value that is no number falls back to the default, as Connect's own pager does.
        limit: limit.flatten().unwrap_or(Query::DEFAULT_LIMIT).min(Query::MAX_LIMIT),
        offset: offset.flatten().unwrap_or(0).min(i64::MAX as u64),
    })
}

/// Takes `search=…` out of the raw query: it is form-encoded (`+` is a space), and may hold any character.
fn take_search(raw: &str) -> Result<(Option<String>, String), RqlError> {
    let mut search = None;
    let mut rest = Vec::new();
    let mut depth = 0usize;
    for part in raw.split('&') {
        match part.strip_prefix("search=").filter(|_| depth == 0) {
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

fn expected<T>(what: &'static str) -> ModalResult<T> {
    let mut error = ContextError::new();
    error.extend([StrContext::Expected(StrContextValue::Description(what))]);
    Err(ErrMode::Cut(error))
}

fn describe(error: &ErrMode<ContextError>, rest: &str) -> String {
    let context = match error {
        ErrMode::Backtrack(context) | ErrMode::Cut(context) => context,
        ErrMode::Incomplete(_) => return "unexpected end".to_owned(),
    };
    let found = rest.chars().next().map_or("the end".to_owned(), |character| format!("`{character}`"));
    let wanted: Vec<String> = context
        .context()
        .filter_map(|context| match context {
            StrContext::Expected(value) => Some(value.to_string()),
            _ => None,
        })
        .collect();
    if wanted.is_empty() {
        format!("unexpected {found}")
    } else {
        format!("expected {}, found {found}", wanted.join(" or "))
    }
}

fn described<'a, T>(
    what: &'static str,
    parser: impl winnow::Parser<&'a str, T, ErrMode<ContextError>>,
) -> impl winnow::Parser<&'a str, T, ErrMode<ContextError>> {
    parser.context(StrContext::Expected(StrContextValue::Description(what)))
}

fn terms(input: &mut &str) -> ModalResult<Vec<Term>> {
    if input.is_empty() {
        return Ok(Vec::new());
    }
    separated(1.., term, one_of(['&', ','])).parse_next(input)
}

fn term(input: &mut &str) -> ModalResult<Term> {
    alt((ordering, select, filter.map(Term::Filter))).parse_next(input)
}

fn ordering(input: &mut &str) -> ModalResult<Term> {
    let key = (opt(one_of(['+', '-'])), property)
        .map(|(sign, property)| Ordering { property, descending: sign == Some('-') });
    call("ordering", separated(0.., key, ',')).map(Term::Ordering).parse_next(input)
}

fn select(input: &mut &str) -> ModalResult<Term> {
    let key = (opt(one_of(['+', '-'])), property).void();
    call("select", separated::<_, _, (), _, _, _, _>(0.., key, ',')).map(|()| Term::Select).parse_next(input)
}

/// `name(inner)`; once the parenthesis is open there is no other reading.
fn call<'a, T>(
    name: &'static str,
    inner: impl winnow::Parser<&'a str, T, ErrMode<ContextError>>,
) -> impl winnow::Parser<&'a str, T, ErrMode<ContextError>> {
    preceded((name, '('), cut_err(terminated(inner, described("`)`", ')'))))
}

fn filter(input: &mut &str) -> ModalResult<Filter> {
    alt((
        call("and", separated(1.., filter, ',')).map(Filter::And),
        call("or", separated(1.., filter, ',')).map(Filter::Or),
        call("not", filter).map(|inner| Filter::Not(Box::new(inner))),
        like,
        among,
        comparison,
        group,
        assignment,
    ))
    .parse_next(input)
}

/// `(a|b)`, `(a;b)`, `(a&b)`, `(a,b)`: one kind of separator, or a single condition.
fn group(input: &mut &str) -> ModalResult<Filter> {
    '('.parse_next(input)?;
    cut_err(|input: &mut &str| {
        let first = filter.parse_next(input)?;
        let either = |symbol: char| matches!(symbol, '|' | ';');
        let separator = opt(one_of(['|', ';', '&', ','])).parse_next(input)?;
        let Some(separator) = separator else {
            described("`)`", ')').parse_next(input)?;
            return Ok(first);
        };
        let mut filters = vec![first];
        let same = if either(separator) { ['|', ';'] } else { ['&', ','] };
        let rest: Vec<Filter> = separated(1.., filter, one_of(same)).parse_next(input)?;
        filters.extend(rest);
        described("`)`", ')').parse_next(input)?;
        Ok(if either(separator) { Filter::Or(filters) } else { Filter::And(filters) })
    })
    .parse_next(input)
}

fn comparison_name(input: &mut &str) -> ModalResult<Comparison> {
    alt((
        "eq".value(Comparison::Eq),
        "ne".value(Comparison::Ne),
        "gt".value(Comparison::Gt),
        "ge".value(Comparison::Ge),
        "lt".value(Comparison::Lt),
        "le".value(Comparison::Le),
    ))
    .parse_next(input)
}

fn comparison(input: &mut &str) -> ModalResult<Filter> {
    let comparison = terminated(comparison_name, '(').parse_next(input)?;
    cut_err((property, preceded(described("`,`", ','), value), described("`)`", ')')))
        .map(|(property, value, _)| Filter::Compare { property, comparison, value })
        .parse_next(input)
}

/// `prop=value` and `prop=ge=value`.
fn assignment(input: &mut &str) -> ModalResult<Filter> {
    let property = described("a condition", property).parse_next(input)?;
    described("`=`", '=').parse_next(input)?;
    let comparison = opt(terminated(comparison_name, '=')).parse_next(input)?.unwrap_or(Comparison::Eq);
    let value = cut_err(value).parse_next(input)?;
    Ok(Filter::Compare { property, comparison, value })
}

/// `in(prop,(a,b))` is any of `eq`; `out(prop,(a,b))` is all of `ne`.
fn among(input: &mut &str) -> ModalResult<Filter> {
    let out = terminated(alt(("in".value(false), "out".value(true))), '(').parse_next(input)?;
    let values = delimited(
        described("`(`", '('),
        separated::<_, _, Vec<Value>, _, _, _, _>(1.., value, ','),
        described("`)`", ')'),
    );
    let (property, values, _) =
        cut_err((property, preceded(described("`,`", ','), values), described("`)`", ')'))).parse_next(input)?;
    let comparison = if out { Comparison::Ne } else { Comparison::Eq };
    let filters =
        values.into_iter().map(|value| Filter::Compare { property: property.clone(), comparison, value }).collect();
    Ok(if out { Filter::And(filters) } else { Filter::Or(filters) })
}

fn like(input: &mut &str) -> ModalResult<Filter> {
    let case_sensitive = terminated(alt(("like".value(true), "ilike".value(false))), '(').parse_next(input)?;
    let (property, text, _) =
        cut_err((property, preceded(described("`,`", ','), text), described("`)`", ')'))).parse_next(input)?;
    match pattern(&text) {
        Some(pattern) => Ok(Filter::Like { property, pattern, case_sensitive }),
        None => expected("a pattern without `**`"),
    }
}

/// `None` for `**`, which Connect refuses as well.
fn pattern(text: &str) -> Option<Pattern> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'*') => literal.extend(characters.next()),
            '*' if characters.peek() == Some(&'*') => return None,
            '*' => {
                if !literal.is_empty() {
                    parts.push(PatternPart::Literal(std::mem::take(&mut literal)));
                }
                parts.push(PatternPart::Anything);
            }
            other => literal.push(other),
        }
    }
    if !literal.is_empty() {
        parts.push(PatternPart::Literal(literal));
    }
    Some(Pattern(parts))
}

/// Letters, digits, `_`, `-`, `.`; the first a letter. The older `a__b` is read as `a.b`.
fn property(input: &mut &str) -> ModalResult<String> {
    let first = |character: char| character.is_ascii_alphabetic();
    let other = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    let name = (one_of(first), take_while(0.., other)).take();
    described("a property", delimited(space0, name, space0)).map(|name: &str| name.replace("__", ".")).parse_next(input)
}

fn value(input: &mut &str) -> ModalResult<Value> {
    alt(("null()".value(Value::Null), "empty()".value(Value::Empty), text.map(Value::Text))).parse_next(input)
}

/// A text in quotes, which has no escapes, or a bare one, which may hold spaces but no RQL signs.
fn text(input: &mut &str) -> ModalResult<String> {
    let quoted = |quote: char| delimited(quote, take_till(0.., quote), quote);
    let first = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '*' | '+' | '\\');
    let other = |character: char| first(character) || character.is_whitespace() || matches!(character, '.' | ':' | '@');
    let bare = (one_of(first), take_while(0.., other)).take().map(str::trim_end);
    described("a value", alt((quoted('"'), quoted('\''), bare))).map(str::to_owned).parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(property: &str, comparison: Comparison, value: &str) -> Filter {
        Filter::Compare { property: property.to_owned(), comparison, value: Value::Text(value.to_owned()) }
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
        let keys: Vec<_> = query.ordering.iter().map(|key| (key.property.as_str(), key.descending)).collect();
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
