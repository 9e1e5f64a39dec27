//! A query held against the properties that a collection declares.

use latchkey_shared::Timestamp;

use super::{Comparison, Filter, Name, Query, RqlError, Value};

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
    /// An object or a list: it can be left out of the rows and asked for `null()`, and nothing else.
    Object,
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

    fn find<'a>(properties: &'a [Self], name: &Name) -> Result<&'a Self, Complaint> {
        let found = properties.iter().find(|property| property.is_called(&name.text));
        found.ok_or_else(|| (name.at, format!("`{name}` is not a property to filter or order by")))
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || (self.alias == name && !name.is_empty())
    }

    /// Whether `name` is this property or something that holds it: `events` holds `events.created.at`.
    fn is_within(&self, name: &str) -> bool {
        self.is_called(name) || self.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
    }

    fn typed(&self, comparison: Comparison, value: Value) -> Result<Value, String> {
        let wrong = |what: &str| Err(format!("`{}` is compared with {what}, and not with {value}", self.name));
        match (self.kind, &value) {
            (_, Value::Null) if matches!(comparison, Comparison::Eq | Comparison::Ne) => Ok(Value::Null),
            (_, Value::Null) => Err(format!("nothing is greater or less than null(), so neither is `{}`", self.name)),
            (Kind::Object, _) => wrong("null() alone"),
            (Kind::Text, Value::Empty | Value::Text(_)) => Ok(value),
            (Kind::Integer, Value::Text(text)) => match text.parse() {
                Ok(integer) => Ok(Value::Integer(integer)),
                Err(_) => wrong("a whole number"),
            },
            (Kind::Boolean, Value::Text(text)) if text.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
            (Kind::Boolean, Value::Text(text)) if text.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
            (Kind::Boolean, _) => wrong("true or false"),
            (Kind::Moment, Value::Text(text)) => match moment(text) {
                Some(moment) => Ok(Value::Integer(moment.unix())),
                None => wrong("a date or a moment"),
            },
            (_, Value::Empty) => Err(format!("`{}` is not a text that could be empty()", self.name)),
            // Typed already.
            (_, Value::Integer(_) | Value::Boolean(_)) => Ok(value),
        }
    }
}

/// Where, in bytes, and why.
type Complaint = (usize, String);

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
        let Self { filter, mut ordering, select, source, .. } = self;
        let placed = |(at, message): Complaint| source.error(at, message);
        let filter = resolve(filter, properties).map_err(placed)?;
        for key in &mut ordering {
            let property = Property::find(properties, &key.property).map_err(placed)?;
            if !property.orderable {
                return Err(placed((key.property.at, format!("`{}` is not a property to order by", key.property))));
            }
            property.name.clone_into(&mut key.property.text);
        }
        // What nothing is found with must not find everything.
        if self.search.is_some() && !properties.iter().any(|property| property.searchable) {
            return Err(RqlError::whole("`search` finds nothing here: no property of this list is searched"));
        }
        let unknown = |name: &&Name| !properties.iter().any(|property| property.is_within(&name.text));
        if let Some(name) = select.iter().map(|select| &select.property).find(unknown) {
            return Err(placed((name.at, format!("`{name}` is not a property to select"))));
        }
        Ok(Self { filter, ordering, select, source, ..self })
    }
}

fn resolve(filter: Filter, properties: &[Property]) -> Result<Filter, Complaint> {
    let all =
        |filters: Vec<Filter>| filters.into_iter().map(|filter| resolve(filter, properties)).collect::<Result<_, _>>();
    let declared = |property: &Property, name: &Name| Name { text: property.name.to_owned(), at: name.at };
    Ok(match filter {
        Filter::And(filters) => Filter::And(all(filters)?),
        Filter::Or(filters) => Filter::Or(all(filters)?),
        Filter::Not(inner) => Filter::Not(Box::new(resolve(*inner, properties)?)),
        Filter::Compare { property: name, comparison, value } => {
            let property = Property::find(properties, &name)?;
            let value = property.typed(comparison, value).map_err(|why| (name.at, why))?;
            Filter::Compare { property: declared(property, &name), comparison, value }
        }
        Filter::Like { property: name, pattern, case_sensitive } => {
            let property = Property::find(properties, &name)?;
            if property.kind != Kind::Text {
                return Err((name.at, format!("`{}` is not a text to match a pattern with", property.name)));
            }
            Filter::Like { property: declared(property, &name), pattern, case_sensitive }
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
            Filter::Compare { property, value, .. } => (property.text, value),
            other => panic!("{other:?}"),
        };
        assert_eq!(value("eq(active,True)"), ("active".to_owned(), Value::Boolean(true)));
        assert_eq!(value("version=3"), ("version".to_owned(), Value::Integer(3)));
        assert_eq!(value("gt(created,1970-01-02)"), ("events.created.at".to_owned(), Value::Integer(86_400)));
        assert_eq!(value("gt(created,1970-01-02T00:00:01)").1, Value::Integer(86_401));
        assert_eq!(value("eq(events__created__at,null())").1, Value::Null);
    }

    #[test]
    fn undeclared_property_is_refused_by_name() {
        assert_eq!(
            resolved("eq(secret,1)").unwrap_err(),
            "Bad filter query at character 4: `secret` is not a property to filter or order by."
        );
        assert_eq!(
            resolved("ordering(active)").unwrap_err(),
            "Bad filter query at character 10: `active` is not a property to order by."
        );
        assert_eq!(
            resolved("eq(active,maybe)").unwrap_err(),
            "Bad filter query at character 4: `active` is compared with true or false, and not with \"maybe\"."
        );
        assert_eq!(
            resolved("eq(name,\"\u{e9}\")&select(-name,-colour)").unwrap_err(),
            "Bad filter query at character 28: `colour` is not a property to select."
        );
        assert!(resolved("select(-events)").is_ok());
        for refused in ["gt(created,null())", "eq(version,empty())", "eq(active,empty())", "eq(created,empty())"] {
            assert!(resolved(refused).is_err(), "{refused}");
        }
        assert!(resolved("like(version,1*)").is_err());
        assert!(resolved("eq(created,soon)").is_err());
    }
}
