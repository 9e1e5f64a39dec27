//! Lists: the query behind `?`, and a page with its `Content-Range` (the Connect API).

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;

use super::Error;
use crate::rql::{self, Property, Query};

/// What a list is asked for, not yet held against the properties of the collection.
#[derive(Debug)]
pub struct ListQuery(pub Query);

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        Ok(Self(rql::parse(parts.uri.query().unwrap_or_default())?))
    }
}

impl ListQuery {
    /// A page of rows that are all at hand, filtered, searched and ordered by the properties that they declare.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a property that is not declared.
    pub fn page_of<'a>(self, rows: &'a [Value], properties: &[Property]) -> Result<Page<&'a Value>, Error> {
        let query = self.0.resolve(properties)?;
        Ok(Page::cut(query.select(rows, properties), &query))
    }

    /// The same, of rows that are not JSON yet.
    ///
    /// # Errors
    /// As [`page_of`](Self::page_of).
    pub fn page_of_objects<T: Serialize>(self, rows: &[T], properties: &[Property]) -> Result<Page<Value>, Error> {
        let rows: Result<Vec<Value>, _> = rows.iter().map(serde_json::to_value).collect();
        let rows = rows.map_err(|error| Error::Internal(error.to_string()))?;
        let Page { rows, offset, limit, total, hidden } = self.page_of(&rows, properties)?;
        Ok(Page { rows: rows.into_iter().cloned().collect(), offset, limit, total, hidden })
    }
}

/// A page of a list: a bare array, and `Content-Range: items first-last/total`.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// How many rows were passed over.
    pub offset: u64,
    /// How many rows were asked for.
    pub limit: u64,
    /// How many rows there are on all pages.
    pub total: u64,
    /// What `select(-…)` leaves out of the rows, as paths of names.
    pub hidden: Vec<String>,
}

impl<T> Page<T> {
    /// The page that `query` asks for, out of all rows that it selects.
    #[must_use]
    pub fn cut(rows: Vec<T>, query: &Query) -> Self {
        // More rows than the machine can address is all of them.
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let total = rows.len() as u64;
        let rows = rows.into_iter().skip(count(query.offset)).take(count(query.limit)).collect();
        Self::of(rows, total, query)
    }

    /// The page that consists of `rows`, out of `total`.
    #[must_use]
    pub fn of(rows: Vec<T>, total: u64, query: &Query) -> Self {
        let hidden = query.select.iter().filter(|select| select.hidden).map(|select| select.property.text.clone());
        Self { rows, offset: query.offset, limit: query.limit, total, hidden: hidden.collect() }
    }

    fn content_range(&self) -> String {
        let first = if self.limit == 0 { 0 } else { self.offset };
        let last = first + (self.rows.len() as u64).saturating_sub(1);
        format!("items {first}-{last}/{}", self.total)
    }
}

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let range = HeaderValue::from_str(&self.content_range());
        let mut response = if self.hidden.is_empty() {
            Json(self.rows).into_response()
        } else {
            match serde_json::to_value(self.rows) {
                Ok(mut rows) => {
                    self.hidden.iter().for_each(|path| leave_out(&mut rows, path));
                    Json(rows).into_response()
                }
                Err(error) => Error::Internal(error.to_string()).into_response(),
            }
        };
        if let Ok(range) = range {
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        response
    }
}

/// Takes what is at `path` out of a value, or out of every member of a list.
fn leave_out(value: &mut Value, path: &str) {
    match (value, path.split_once('.')) {
        (Value::Array(members), _) => members.iter_mut().for_each(|member| leave_out(member, path)),
        (Value::Object(fields), Some((name, rest))) => {
            if let Some(field) = fields.get_mut(name) {
                leave_out(field, rest);
            }
        }
        (Value::Object(fields), None) => {
            fields.remove(path);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(rows: usize, offset: u64, limit: u64, total: u64) -> String {
        Page { rows: vec![(); rows], offset, limit, total, hidden: Vec::new() }.content_range()
    }

    #[test]
    fn content_range_is_as_the_connect_clients_need_it() {
        assert_eq!(range(3, 0, 3, 7), "items 0-2/7");
        assert_eq!(range(1, 6, 3, 7), "items 6-6/7");
        assert_eq!(range(0, 0, 0, 7), "items 0-0/7");
        assert_eq!(range(0, 40, 0, 7), "items 0-0/7");
        assert_eq!(range(0, 0, 100, 0), "items 0-0/0");
        assert_eq!(range(0, 99, 100, 7), "items 99-99/7");
    }

    #[test]
    fn property_that_is_not_selected_is_left_out_of_every_row() {
        let mut rows = serde_json::json!([{"id": 1, "by": {"id": 2, "name": "x"}}, {"id": 3, "by": null}]);
        leave_out(&mut rows, "by.name");
        leave_out(&mut rows, "id");
        assert_eq!(rows, serde_json::json!([{"by": {"id": 2}}, {"by": null}]));
    }
}
