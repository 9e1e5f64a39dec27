//! What can be done with a token wherever it is listed: enable, disable, delete.

pub mod dialogs;
pub mod menu;
pub mod run;

pub use dialogs::ActionDialogs;
pub use menu::menu_items;
pub use run::{Actions, Kind};
