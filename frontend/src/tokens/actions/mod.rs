//! What can be done with a token wherever it is listed: enable, disable, rotate, hand over, delete.

pub mod dialogs;
pub mod expiration;
pub mod hand_over;
pub mod last_use;
pub mod menu;
pub mod old_key;
pub mod rotate;
pub mod run;

pub use dialogs::{ActionDialogs, ActionProblem};
pub use menu::menu_items;
pub use run::{Actions, Kind, Target};
