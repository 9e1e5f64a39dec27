//! How the types that are more than their text look in the API document.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

use crate::{
    AccountId, CallsPerMinute, Description, ExtensionId, ExternalId, ModuleId, Network, Secret, Timestamp, TokenId,
    TokenName, UserId,
};

/// A text of a certain form, with an example.
macro_rules! text {
    ($name:ty, $pattern:expr, $example:expr $(, $limit:ident: $bound:expr)*) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some($pattern));
                text$(.$limit(Some($bound)))*.examples([$example]).into()
            }
        }

        impl ToSchema for $name {}
    };
}

text!(AccountId, "^(VA|PA)-[0-9]{3}-[0-9]{3}$", "VA-310-552");
text!(UserId, "^UR-[0-9]{3}-[0-9]{3}-[0-9]{3}$", "UR-101-204-001");
text!(TokenId, "^SU-[0-9]{3}-[0-9]{3}-[0-9]{3}$", "SU-160-984-311");
text!(ModuleId, "^MD-[0-9]{4}$", "MD-0002");
text!(ExtensionId, "^EXT-[0-9]{3}-[0-9]{3}$", "EXT-000-001");
text!(Secret, "^[0-9a-f]{40}$", "0000000000000000000000000000000000000000");

text!(TokenName, SHOWN_NAME, "Billing export", min_length: 1, max_length: TokenName::MAX);
text!(ExternalId, SHOWN_LINE, "erp-17", max_length: ExternalId::MAX);
text!(Description, SHOWN, "Reads agreements for the monthly report", max_length: Description::MAX);

// Single addresses: no pattern can say which bits of a network must be zero.
text!(
    Network,
    r"^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$",
    "203.0.113.7"
);

impl PartialSchema for CallsPerMinute {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        number.minimum(Some(1)).maximum(Some(Self::MAX)).examples([600]).into()
    }
}

impl ToSchema for CallsPerMinute {}

// What `text.rs` refuses: control characters, and what turns the direction of writing.
const SHOWN: &str = r"^([^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\n)*$";
const SHOWN_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$";
const SHOWN_NAME: &str = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*[^\s\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069][^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$";

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        text.examples(["2027-01-31T00:00:00+00:00"]).into()
    }
}

impl ToSchema for Timestamp {}

/// A moment to come, as a body names it: RFC 3339.
#[derive(Debug)]
pub struct Future;

/// A moment of which nobody asks whether it is to come: RFC 3339.
#[derive(Debug)]
pub struct Beginning;

// Before every example of an end.
text!(
    Beginning,
    "^20[0-3][0-9]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+]00:00)$",
    "2027-01-31T00:00:00+00:00"
);

// No pattern can say "later than now"; this one is later than anybody will run this release.
text!(
    Future,
    "^20[4-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+]00:00)$",
    "2040-01-31T00:00:00+00:00"
);
