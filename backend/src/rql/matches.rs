//! A filter evaluated over JSON, for collections that are kept in memory.

use std::cmp;

use serde_json::Value as Json;

use super::{
    Comparison, Filter, Name, Pattern, PatternPart, Property, Query, Value, normalize_for_search,
    resolve::{Kind, moment},
};

/// A property's value in a shape that can be compared.
#[derive(Debug, PartialEq, PartialOrd)]
enum Comparable {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(String),
}

impl Comparable {
    fn of(found: &Json, kind: Kind) -> Self {
        match found {
            Json::Null => Self::Null,
            Json::Bool(boolean) => Self::Boolean(*boolean),
            Json::Number(number) => number.as_i64().map_or(Self::Null, Self::Integer),
            Json::String(text) if kind == Kind::Moment => {
                moment(text).map_or(Self::Null, |moment| Self::Integer(moment.unix()))
            }
            Json::String(text) => Self::Text(text.clone()),
            other => Self::Text(other.to_string()),
        }
    }
}

/// The value of a property that a row has once.
fn lookup(row: &Json, property: &Property) -> Comparable {
    values(row, property).into_iter().next().unwrap_or(Comparable::Null)
}

/// The values of a property. Behind a list (`permissions.object.id`) there is one for each of its members, and
/// none for an empty list; anywhere else there is exactly one.
fn values(row: &Json, property: &Property) -> Vec<Comparable> {
    let mut found = vec![row];
    for name in property.name.split('.') {
        let below = found.into_iter().map(|json| json.get(name).unwrap_or(&Json::Null));
        found = below.flat_map(|json| json.as_array().map_or(vec![json], |members| members.iter().collect())).collect();
    }
    found.into_iter().map(|json| Comparable::of(json, property.kind)).collect()
}

fn declared<'a>(properties: &'a [Property], name: &Name) -> Option<&'a Property> {
    properties.iter().find(|property| property.name == name.text)
}

impl Query {
    /// The rows that the query asks for, before paging: filtered, searched and ordered, ties by `id` in the
    /// direction of the last key.
    #[must_use]
    pub fn select<'a>(&self, rows: &'a [Json], properties: &[Property]) -> Vec<&'a Json> {
        let words = self.search.as_deref().map(normalize_for_search);
        let found = |row: &Json| {
            match &words {
            None => true,
            Some(words) => properties.iter().filter(|property| property.searchable).any(|property| {
                matches!(lookup(row, property), Comparable::Text(text) if normalize_for_search(&text).contains(words.as_str()))
            }),
        }
        };
        let mut rows: Vec<&Json> =
            rows.iter().filter(|row| self.filter.matches(row, properties) && found(row)).collect();
        rows.sort_by(|a, b| self.compare_rows(a, b, properties));
        rows
    }

    fn compare_rows(&self, a: &Json, b: &Json, properties: &[Property]) -> cmp::Ordering {
        let by_keys = self.ordering.iter().filter_map(|key| {
            let property = declared(properties, &key.property)?;
            let (a, b) = (lookup(a, property), lookup(b, property));
            let nulls = (a == Comparable::Null).cmp(&(b == Comparable::Null));
            let order = a.partial_cmp(&b).unwrap_or(cmp::Ordering::Equal);
            let order = if key.descending { order.reverse() } else { order };
            Some(if self.nulls_last { nulls.then(order) } else { order })
        });
        let id = |row: &Json| row.get("id").and_then(Json::as_str).unwrap_or_default().to_owned();
        let ties = || {
            let order = id(a).cmp(&id(b));
            if self.ordering.last().is_some_and(|key| key.descending) { order.reverse() } else { order }
        };
        by_keys.fold(cmp::Ordering::Equal, cmp::Ordering::then).then_with(ties)
    }
}

impl Filter {
    /// Whether `row` fulfils this filter, which was resolved against the same `properties`.
    #[must_use]
    pub fn matches(&self, row: &Json, properties: &[Property]) -> bool {
        match self {
            Self::And(filters) => filters.iter().all(|filter| filter.matches(row, properties)),
            Self::Or(filters) => filters.iter().any(|filter| filter.matches(row, properties)),
            Self::Not(inner) => !inner.matches(row, properties),
            Self::Compare { property, comparison, value } => {
                let Some(property) = declared(properties, property) else { return false };
                let values = values(row, property);
                let equals_none = || !values.iter().any(|found| compare(found, Comparison::Eq, value));
                match (comparison, value) {
                    // An empty list has no member that could be null: it is null itself.
                    (Comparison::Eq, Value::Null) => values.iter().all(|found| *found == Comparable::Null),
                    (Comparison::Ne, Value::Null) => values.iter().any(|found| *found != Comparable::Null),
                    (Comparison::Ne, _) => equals_none(),
                    _ => values.iter().any(|found| compare(found, *comparison, value)),
                }
            }
            Self::Like { property, pattern, case_sensitive } => {
                let Some(property) = declared(properties, property) else { return false };
                let matches = |found: &Comparable| matches!(found, Comparable::Text(text) if pattern.matches(text, *case_sensitive));
                values(row, property).iter().any(matches)
            }
        }
    }
}

fn compare(found: &Comparable, comparison: Comparison, value: &Value) -> bool {
    let wanted = match value {
        Value::Null => Comparable::Null,
        Value::Empty => Comparable::Text(String::new()),
        Value::Text(text) => Comparable::Text(text.clone()),
        Value::Integer(integer) => Comparable::Integer(*integer),
        Value::Boolean(boolean) => Comparable::Boolean(*boolean),
    };
    // As in the database: null is neither greater nor less than anything.
    let wanted = &wanted;
    let comparable = *found != Comparable::Null && *wanted != Comparable::Null;
    match comparison {
        Comparison::Eq => found == wanted,
        Comparison::Ne => found != wanted,
        Comparison::Gt => comparable && found > wanted,
        Comparison::Ge => comparable && found >= wanted,
        Comparison::Lt => comparable && found < wanted,
        Comparison::Le => comparable && found <= wanted,
    }
}

impl Pattern {
    fn matches(&self, text: &str, case_sensitive: bool) -> bool {
        // As both databases fold: A to Z. See `store::filter`.
        let fold = |text: &str| if case_sensitive { text.to_owned() } else { text.to_ascii_lowercase() };
        let text = fold(text);
        let mut rest = text.as_str();
        let mut floating = false;
        for (index, part) in self.0.iter().enumerate() {
            let PatternPart::Literal(literal) = part else {
                floating = true;
                continue;
            };
            let literal = fold(literal);
            let last = index + 1 == self.0.len();
            let found = match (floating, last) {
                (false, _) => rest.strip_prefix(literal.as_str()),
                (true, true) => rest.strip_suffix(literal.as_str()).map(|_| ""),
                (true, false) => rest.find(&literal).map(|at| &rest[at + literal.len()..]),
            };
            let Some(after) = found else { return false };
            rest = after;
            floating = false;
        }
        floating || rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::parse, *};

    const PROPERTIES: &[Property] = &[
        Property::new("id", Kind::Text),
        Property::new("name", Kind::Text).orderable().searchable(),
        Property::new("owner.id", Kind::Text),
        Property::new("active", Kind::Boolean),
        Property::new("version", Kind::Integer).orderable(),
        Property::new("created", Kind::Moment).orderable(),
    ];

    fn ids(raw: &str) -> Vec<&'static str> {
        let rows = [
            json!({"id": "1", "name": "Alpha one", "owner": {"id": "PA-1"}, "active": true, "version": 3, "created": "2024-01-01T00:00:00+00:00"}),
            json!({"id": "2", "name": "beta", "owner": {"id": "PA-2"}, "active": false, "version": null, "created": "2024-01-02T01:00:00+01:00"}),
            json!({"id": "3", "name": "", "owner": null, "active": true, "version": 3, "created": "2024-01-03T00:00:00+00:00"}),
        ];
        let query = parse(raw).unwrap().resolve(PROPERTIES).unwrap();
        let found = query.select(&rows, PROPERTIES);
        let ids = ["1", "2", "3"];
        found.iter().map(|row| *ids.iter().find(|id| row["id"] == **id).unwrap()).collect()
    }

    #[test]
    fn conditions() {
        assert_eq!(ids(""), ["1", "2", "3"]);
        assert_eq!(ids("eq(owner.id,PA-1)"), ["1"]);
        assert_eq!(ids("ne(owner.id,PA-1)"), ["2", "3"]);
        assert_eq!(ids("eq(version,null())"), ["2"]);
        assert_eq!(ids("ge(version,3)"), ["1", "3"]);
        assert_eq!(ids("not(ge(version,3))"), ["2"]);
        assert_eq!(ids("eq(name,empty())"), ["3"]);
        assert_eq!(ids("ge(created,2024-01-02)&active=true"), ["3"]);
        assert_eq!(ids("in(id,(1,2))"), ["1", "2"]);
        assert_eq!(ids("out(id,(1,2))"), ["3"]);
    }

    #[test]
    fn patterns() {
        assert_eq!(ids("like(name,Alpha*)"), ["1"]);
        assert_eq!(ids("like(name,alpha*)"), [""; 0]);
        assert_eq!(ids("ilike(name,*ONE)"), ["1"]);
        assert_eq!(ids("ilike(name,*A*)"), ["1", "2"]);
        assert_eq!(ids("like(name,beta)"), ["2"]);
        assert_eq!(ids("like(name,bet)"), [""; 0]);
        assert_eq!(ids("like(name,b*t*a)"), ["2"]);
        assert_eq!(ids("like(name,b*ta*a)"), [""; 0]);
    }

    #[test]
    fn order_and_search() {
        assert_eq!(ids("ordering(-created)"), ["3", "2", "1"]);
        assert_eq!(ids("ordering(version,-created)"), ["2", "3", "1"]);
        assert_eq!(ids("search=ALPHA+one"), ["1"]);
    }
}
