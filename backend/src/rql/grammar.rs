//! The grammar, with winnow (the Connect API), over text that is decoded already.

use winnow::{
    LocatingSlice, ModalResult, Parser as _,
    ascii::space0,
    combinator::{alt, cut_err, delimited, empty, opt, preceded, repeat, separated, terminated},
    error::{ContextError, ErrMode, StrContext, StrContextValue},
    stream::Location as _,
    stream::Stream as _,
    token::{one_of, take_till, take_while},
};

use super::{Comparison, Filter, Name, Ordering, Pattern, PatternPart, Select, Value};

type Input<'a> = LocatingSlice<&'a str>;

/// One term of the top level: a condition, or what is said beside conditions.
#[derive(Debug, Clone)]
pub(super) enum Term {
    Filter(Filter),
    Ordering(Vec<Ordering>),
    Select(Vec<Select>),
}

/// Reads every term of `text`.
///
/// # Errors
/// Where, as a byte of `text`, and why.
pub(super) fn parse(text: &str) -> Result<Vec<Term>, (usize, String)> {
    let mut input = LocatingSlice::new(text);
    let terms =
        terms.parse_next(&mut input).and_then(|terms| if input.is_empty() { Ok(terms) } else { expected("the end") });
    terms.map_err(|error| (input.current_token_start(), describe(&error, &input)))
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
    parser: impl winnow::Parser<Input<'a>, T, ErrMode<ContextError>>,
) -> impl winnow::Parser<Input<'a>, T, ErrMode<ContextError>> {
    parser.context(StrContext::Expected(StrContextValue::Description(what)))
}

fn terms(input: &mut Input<'_>) -> ModalResult<Vec<Term>> {
    if input.is_empty() {
        return Ok(Vec::new());
    }
    let first = term.parse_next(input)?;
    // Behind a separator there is a term: what is wrong with it is told of its own place.
    let rest: Vec<Term> = repeat(0.., preceded(one_of(['&', ',']), cut_err(term))).parse_next(input)?;
    Ok(std::iter::once(first).chain(rest).collect())
}

fn term(input: &mut Input<'_>) -> ModalResult<Term> {
    alt((ordering, select, filter.map(Term::Filter))).parse_next(input)
}

fn ordering(input: &mut Input<'_>) -> ModalResult<Term> {
    let key = (opt(one_of(['+', '-'])), property)
        .map(|(sign, property)| Ordering { property, descending: sign == Some('-') });
    call("ordering", separated(0.., key, ',')).map(Term::Ordering).parse_next(input)
}

fn select(input: &mut Input<'_>) -> ModalResult<Term> {
    let key =
        (opt(one_of(['+', '-'])), property).map(|(sign, property)| Select { property, hidden: sign == Some('-') });
    call("select", separated(0.., key, ',')).map(Term::Select).parse_next(input)
}

/// `name(inner)`; once the parenthesis is open there is no other reading.
fn call<'a, T>(
    name: &'static str,
    inner: impl winnow::Parser<Input<'a>, T, ErrMode<ContextError>>,
) -> impl winnow::Parser<Input<'a>, T, ErrMode<ContextError>> {
    preceded((name, '('), cut_err(terminated(inner, described("`)`", ')'))))
}

fn filter(input: &mut Input<'_>) -> ModalResult<Filter> {
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
fn group(input: &mut Input<'_>) -> ModalResult<Filter> {
    '('.parse_next(input)?;
    cut_err(|input: &mut Input<'_>| {
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

fn comparison_name(input: &mut Input<'_>) -> ModalResult<Comparison> {
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

fn comparison(input: &mut Input<'_>) -> ModalResult<Filter> {
    let comparison = terminated(comparison_name, '(').parse_next(input)?;
    let operand = |input: &mut Input<'_>| operand(comparison, input);
    let (property, operand, _) =
        cut_err((property, preceded(described("`,`", ','), operand), described("`)`", ')'))).parse_next(input)?;
    Ok(operand.of(property, comparison))
}

/// `prop=value`, `prop=ge=value` and `prop=t(...)`.
fn assignment(input: &mut Input<'_>) -> ModalResult<Filter> {
    let property = described("a condition", property).parse_next(input)?;
    described("`=`", '=').parse_next(input)?;
    let comparison = opt(terminated(comparison_name, '=')).parse_next(input)?.unwrap_or(Comparison::Eq);
    let operand = cut_err(|input: &mut Input<'_>| operand(comparison, input)).parse_next(input)?;
    Ok(operand.of(property, comparison))
}

/// What a property is held against.
enum Operand {
    Value(Value),
    /// `t(eq(sub,val),…)`: conditions on the parts of the property.
    Tuple(Vec<Filter>),
}

impl Operand {
    fn of(self, property: Name, comparison: Comparison) -> Filter {
        match self {
            Self::Value(value) => Filter::Compare { property, comparison, value },
            Self::Tuple(parts) => Filter::And(parts.into_iter().map(|part| part.below(&property.text)).collect()),
        }
    }
}

fn operand(wanted: Comparison, input: &mut Input<'_>) -> ModalResult<Operand> {
    let part = alt((like, among, comparison, assignment));
    let tuple = call("t", separated(1.., part, ',')).map(Operand::Tuple);
    let mut value = value.map(Operand::Value);
    // A tuple says what its parts equal; there is no tuple that is greater than another.
    if wanted == Comparison::Eq { alt((tuple, value)).parse_next(input) } else { value.parse_next(input) }
}

/// `in(prop,(a,b))` is any of `eq`; `out(prop,(a,b))` is all of `ne`.
fn among(input: &mut Input<'_>) -> ModalResult<Filter> {
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

fn like(input: &mut Input<'_>) -> ModalResult<Filter> {
    let case_sensitive = terminated(alt(("like".value(true), "ilike".value(false))), '(').parse_next(input)?;
    let (property, _) = cut_err((property, described("`,`", ','))).parse_next(input)?;
    let start = input.checkpoint();
    let text = cut_err(text).parse_next(input)?;
    let Some(pattern) = pattern(&text) else {
        input.reset(&start);
        return expected("a pattern without `**`");
    };
    cut_err(described("`)`", ')')).parse_next(input)?;
    Ok(Filter::Like { property, pattern, case_sensitive })
}

/// `None` for `**`, which Connect refuses as well.
pub(super) fn pattern(text: &str) -> Option<Pattern> {
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
fn property(input: &mut Input<'_>) -> ModalResult<Name> {
    let first = |character: char| character.is_ascii_alphabetic();
    let other = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    let name = (one_of(first), take_while(0.., other)).take();
    let name = (empty.span(), name).map(|(at, name): (_, &str)| Name { text: name.replace("__", "."), at: at.start });
    described("a property", delimited(space0, name, space0)).parse_next(input)
}

fn value(input: &mut Input<'_>) -> ModalResult<Value> {
    alt(("null()".value(Value::Null), "empty()".value(Value::Empty), text.map(Value::Text))).parse_next(input)
}

/// A text in quotes, which has no escapes, or a bare one, which may hold spaces but no RQL signs.
fn text(input: &mut Input<'_>) -> ModalResult<String> {
    let quoted = |quote: char| delimited(quote, take_till(0.., quote), quote);
    let first = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '*' | '+' | '\\');
    let other = |character: char| first(character) || character.is_whitespace() || matches!(character, '.' | ':' | '@');
    let bare = (one_of(first), take_while(0.., other)).take().map(str::trim_end);
    described("a value", alt((quoted('"'), quoted('\''), bare))).map(str::to_owned).parse_next(input)
}
