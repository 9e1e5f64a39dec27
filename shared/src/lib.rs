//! The types on the wire and the rules that both sides apply to them.
//!
//! The console checks a form with the same [`TryFrom`] that the server runs on the request, so the two can
//! never disagree. Nothing here reads a clock, draws a random number or does I/O.
//!
//! To add a property of a token: give it a newtype in [`text`] (or reuse one), add it to
//! [`NewTokenBody`] and [`NewToken`], and let the compiler lead to the handler and the form.

pub mod account;
pub mod bulk;
pub mod catalogue;
pub mod error;
pub mod event;
mod explain;
pub mod hand_over;
pub mod id;
pub mod key;
pub mod limits;
pub mod observed;
pub mod problem;
mod sample;
#[cfg(feature = "openapi")]
pub mod schema;
pub mod text;
pub mod timestamp;
pub mod token;
pub mod token_body;
pub mod usage;
pub mod user;

pub use account::{Account, Context, Credentials, Reference, Role, User};
pub use bulk::{BulkAction, BulkBody, BulkLine, BulkOutcome, BulkTotal};
pub use catalogue::{
    AccountConstraints, CatalogueApi, Constraints, Credential, Extension, ExtensionPermissions, Module,
};
pub use error::{ErrorBody, said};
pub use event::Event;
pub use explain::{DecidingRule, Explanation};
pub use hand_over::{DayCalls, HandOver, HandOverBody, HandedOver, HolderBody, LinkSecret, NewHandOver, TakenKey};
pub use id::{AccountId, ExtensionId, ModuleId, TokenId, UserId};
pub use key::{ApiKey, KeyError, PresentedKey, Secret};
pub use limits::{AllowedAddresses, CallsPerMinute, Network};
pub use observed::ObservedRequest;
pub use problem::{Problem, Problems, fill};
pub use sample::SampleCall;
pub use text::{Description, Email, ExternalId, TokenName, is_visible};
pub use timestamp::Timestamp;
pub use token::{
    CreatedToken, Events, ExchangedToken, LastUsed, ObjectRef, Occurrence, Permission, PermissionGrant, ReplacedToken,
    RevealedToken, Token, TokenStatus,
};
pub use token_body::{
    ExtensionRef, NewToken, NewTokenBody, OverlapBody, Replacement, ReplacementBody, TokenUpdate, TokenUpdateBody,
};
pub use usage::{ClientUsage, DayUsage, ModuleUsage, RuleUsage, StatusUsage, TokenUsage};
pub use user::{
    Invitation, InvitationBody, Invited, NewUserBody, PasswordBody, SessionDetails, UserDetails, UserUpdateBody,
};
