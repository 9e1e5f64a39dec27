//! How the types that are more than their text look in the API document.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

use crate::{AccountId, ExtensionId, ModuleId, Secret, Timestamp, TokenId, UserId};

/// A text of a certain form, with an example. `d` in an id's pattern stands for a digit.
macro_rules! text {
    ($name:ty, $pattern:expr, $example:expr) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some($pattern));
                text.examples([$example]).into()
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

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        text.examples(["2027-01-31T00:00:00+00:00"]).into()
    }
}

impl ToSchema for Timestamp {}
