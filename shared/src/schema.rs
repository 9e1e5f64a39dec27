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

/// A text whose form no pattern has to say: what is refused is refused with a reason.
macro_rules! free_text {
    ($name:ty, $example:expr $(, $limit:ident: $bound:expr)*) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String);
                text$(.$limit(Some($bound)))*.examples([$example]).into()
            }
        }

        impl ToSchema for $name {}
    };
}

free_text!(TokenName, "Billing export", min_length: 1, max_length: TokenName::MAX);
free_text!(ExternalId, "erp-17", max_length: ExternalId::MAX);
free_text!(Description, "Reads agreements for the monthly report", max_length: Description::MAX);
free_text!(Network, "203.0.113.0/24");

impl PartialSchema for CallsPerMinute {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        number.minimum(Some(1)).maximum(Some(Self::MAX)).examples([600]).into()
    }
}

impl ToSchema for CallsPerMinute {}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        text.examples(["2027-01-31T00:00:00+00:00"]).into()
    }
}

impl ToSchema for Timestamp {}
