//! What can be done with a token wherever it is listed: enable, disable, rotate, delete.

pub mod dialogs;
pub mod last_use;
pub mod menu;
pub mod rotate;
pub mod run;

pub use dialogs::ActionDialogs;
pub use menu::menu_items;
pub use run::{Actions, Kind};
