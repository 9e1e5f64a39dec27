//! A query held against the properties that a collection declares.

use latchkey_shared::Timestamp;

use super::{Filter, Query, RqlError, Value};

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text, compared by characters.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A moment; a date alone is its first second in UTC.
    Moment,
}

/// A property that a collection lets its callers use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property {
    /// The path in the object: `events.created.at`.
    pub name: &'static str,
    /// Another name for the same property, or "".
    pub alias: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be ordered by.
    pub orderable: bool,
    /// Whether `search=` looks at it.
    pub searchable: bool,
}

impl Property {
    /// A property that can be filtered by.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, alias: "", kind, orderable: false, searchable: false }
    }

    /// Also called `alias`.
    #[must_use]
    pub const fn alias(self, alias: &'static str) -> Self {
        Self { alias, ..self }
    }

    /// Can be ordered by, too.
    #[must_use]
    pub const fn orderable(self) -> Self {
        Self { orderable: true, ..self }
    }

    /// Is searched, too.
    #[must_use]
    pub const fn searchable(self) -> Self {
        Self { searchable: true, ..self }
    }

    fn find<'a>(properties: &'a [Self], name: &str) -> Result<&'a Self, RqlError> {
        let found =
            properties.iter().find(|property| property.name == name || (property.alias == name && !name.is_empty()));
        found.ok_or_else(|| RqlError::whole(format!("`{name}` is not a property to filter or order by")))
    }

    fn typed(&self, value: Value) -> Result<Value, RqlError> {
        let Value::Text(text) = value else { return Ok(value) };
        let wrong =
            |what: &str| RqlError::whole(format!("`{}` is compared with {what}, and not with `{text}`", self.name));
        match self.kind {
            Kind::Text => Ok(Value::Text(text)),
            Kind::Integer => text.parse().map(Value::Integer).map_err(|_| wrong("a whole number")),
            Kind::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" => Ok(Value::Boolean(true)),
                "false" => Ok(Value::Boolean(false)),
                _ => Err(wrong("true or false")),
            },
            Kind::Moment => {
                moment(&text).map(|moment| Value::Integer(moment.unix())).ok_or_else(|| wrong("a date or a moment"))
            }
        }
    }
}

/// A moment as clients write it: with an offset, without one (UTC), or a date alone.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let written = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    written.iter().find_map(|text| text.parse().ok())
}

impl Query {
    /// The same query with declared names and typed values.
    ///
    /// # Errors
    /// [`RqlError`] for a property that is not declared, or a value that it cannot be compared with.
    pub fn resolve(self, properties: &[Property]) -> Result<Self, RqlError> {
        let mut ordering = self.ordering;
        for key in &mut ordering {
            let property = Property::find(properties, &key.property)?;
            if !property.orderable {
                return Err(RqlError::whole(format!("`{}` is not a property to order by", key.property)));
            }
            property.name.clone_into(&mut key.property);
        }
        Ok(Self { filter: resolve(self.filter, properties)?, ordering, ..self })
    }
}

fn resolve(filter: Filter, properties: &[Property]) -> Result<Filter, RqlError> {
    let all =
        |filters: Vec<Filter>| filters.into_iter().map(|filter| resolve(filter, properties)).collect::<Result<_, _>>();
    Ok(match filter {
        Filter::And(filters) => Filter::And(all(filters)?),
        Filter::Or(filters) => Filter::Or(all(filters)?),
        Filter::Not(inner) => Filter::Not(Box::new(resolve(*inner, properties)?)),
        Filter::Compare { property, comparison, value } => {
            let property = Property::find(properties, &property)?;
            Filter::Compare { property: property.name.to_owned(), comparison, value: property.typed(value)? }
        }
        Filter::Like { property, pattern, case_sensitive } => {
            let property = Property::find(properties, &property)?;
            if property.kind != Kind::Text {
                return Err(RqlError::whole(format!("`{}` is not a text to match a pattern with", property.name)));
            }
            Filter::Like { property: property.name.to_owned(), pattern, case_sensitive }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{super::parse, *};

    const PROPERTIES: &[Property] = &[
        Property::new("name", Kind::Text).orderable(),
        Property::new("events.created.at", Kind::Moment).alias("created"),
        Property::new("active", Kind::Boolean),
        Property::new("version", Kind::Integer),
    ];

    fn resolved(raw: &str) -> Result<Query, String> {
        parse(raw).unwrap().resolve(PROPERTIES).map_err(|error| error.to_string())
    }

    #[test]
    fn values_get_the_type_of_their_property() {
        let value = |raw: &str| match resolved(raw).unwrap().filter {
            Filter::Compare { property, value, .. } => (property, value),
            other => panic!("{other:?}"),
        };
        assert_eq!(value("eq(active,True)"), ("active".to_owned(), Value::Boolean(true)));
        assert_eq!(value("version=3"), ("version".to_owned(), Value::Integer(3)));
        assert_eq!(value("gt(created,1970-01-02)"), ("events.created.at".to_owned(), Value::Integer(86_400)));
        assert_eq!(value("gt(created,1970-01-02T00:00:01)").1, Value::Integer(86_401));
        assert_eq!(value("eq(events__created__at,null())").1, Value::Null);
    }

    #[test]
    fn what_is_not_declared_is_refused_by_name() {
        assert_eq!(
            resolved("eq(secret,1)").unwrap_err(),
            "Bad filter query: `secret` is not a property to filter or order by."
        );
        assert_eq!(
            resolved("ordering(active)").unwrap_err(),
            "Bad filter query: `active` is not a property to order by."
        );
        assert_eq!(
            resolved("eq(active,maybe)").unwrap_err(),
            "Bad filter query: `active` is compared with true or false, and not with `maybe`."
        );
        assert!(resolved("like(version,1*)").is_err());
        assert!(resolved("eq(created,soon)").is_err());
    }
}
