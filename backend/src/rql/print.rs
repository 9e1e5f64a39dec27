//! A filter as RQL. What is printed parses back to the same filter, before its values have got their types.

use std::fmt;

use super::{Comparison, Filter, Pattern, PatternPart, Value};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(filters) if filters.is_empty() => Ok(()),
            Self::And(filters) => call(f, "and", filters),
            Self::Or(filters) => call(f, "or", filters),
            Self::Not(inner) => write!(f, "not({inner})"),
            Self::Compare { property, comparison, value } => {
                write!(f, "{}({property},{value})", comparison.name())
            }
            Self::Like { property, pattern, case_sensitive } => {
                write!(f, "{}({property},{pattern})", if *case_sensitive { "like" } else { "ilike" })
            }
        }
    }
}

fn call(f: &mut fmt::Formatter<'_>, name: &str, filters: &[Filter]) -> fmt::Result {
    write!(f, "{name}(")?;
    for (index, filter) in filters.iter().enumerate() {
        if index > 0 {
            f.write_str(",")?;
        }
        write!(f, "{filter}")?;
    }
    f.write_str(")")
}

impl Comparison {
    fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => quoted(f, text),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
            Self::Null => f.write_str("null()"),
            Self::Empty => f.write_str("empty()"),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &PatternPart| match part {
            PatternPart::Anything => "*".to_owned(),
            PatternPart::Literal(literal) => literal.replace('*', "\\*"),
        };
        quoted(f, &self.0.iter().map(part).collect::<String>())
    }
}

/// RQL has no escapes inside quotes, so no text that was parsed holds both kinds.
fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let quote = if text.contains('"') { '\'' } else { '"' };
    write!(f, "{quote}{text}{quote}")
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::{
        super::{grammar, parse},
        *,
    };

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            Just(Value::Empty),
            "[^\\x00\"]{0,12}".prop_map(Value::Text),
            "[^\\x00']{0,12}".prop_map(Value::Text),
        ]
    }

    fn leaf() -> impl Strategy<Value = Filter> {
        let property = || "[a-z][a-z0-9]{0,4}(\\.[a-z]{1,4})?".prop_map(|name| name.as_str().into());
        let comparison = prop::sample::select(vec![
            Comparison::Eq,
            Comparison::Ne,
            Comparison::Gt,
            Comparison::Ge,
            Comparison::Lt,
            Comparison::Le,
        ]);
        let compare = (property(), comparison, value()).prop_map(|(property, comparison, value)| Filter::Compare {
            property,
            comparison,
            value,
        });
        let pattern = "[a-z*\\\\ %_é]{1,8}".prop_filter_map("two stars in a row", |text| grammar::pattern(&text));
        let like = (property(), pattern, any::<bool>()).prop_map(|(property, pattern, case_sensitive)| Filter::Like {
            property,
            pattern,
            case_sensitive,
        });
        prop_oneof![3 => compare, 1 => like]
    }

    /// Filters as the parser makes them, of every shape.
    fn filter() -> impl Strategy<Value = Filter> {
        leaf().prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::And),
                prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::Or),
                inner.prop_map(|inner| Filter::Not(Box::new(inner))),
            ]
        })
    }

    proptest! {
        #[test]
        fn printed_query_parses_back_to_itself(filter in filter()) {
            // `limit` and `offset` are no properties.
            let printed = filter.to_string();
            prop_assume!(!printed.contains("limit") && !printed.contains("offset"));
            let raw = utf8_percent_encode(&printed, NON_ALPHANUMERIC).to_string();
            prop_assert_eq!(parse(&raw).unwrap().filter, filter, "{}", printed);
        }
    }
}
