//! The account's users, the own profile, and following an invitation.

pub mod invitation;
pub mod profile;
pub mod users;

pub use invitation::FollowInvitation;
pub use profile::Profile;
pub use users::Users;
