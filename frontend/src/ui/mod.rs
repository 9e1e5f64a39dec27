//! The parts that every screen is made of. Each follows its pattern of the ARIA Authoring Practices Guide and
//! stands on the platform's own element where there is one.

pub mod button;
pub mod check_box;
pub mod chip;
pub mod code_block;
pub mod copy_button;
pub mod dialog;
pub mod dynamic;
pub mod field;
pub mod heading;
pub mod icon;
pub mod leave;
pub mod load;
pub mod menu;
pub mod new_link;
pub mod note;
pub mod pager;
pub mod reveal_tip;
pub mod state;
pub mod stepper;
pub mod table;
pub mod tabs;
pub mod time;
pub mod toast;

pub use button::{Button, Variant};
pub use check_box::{Check, CheckBox};
pub use chip::{StatusChip, credential_name, status_chip, status_name};
pub use code_block::CodeBlock;
pub use copy_button::CopyButton;
pub use dialog::Dialog;
pub use dynamic::dynamic;
pub use field::{Select, Text, TextField};
pub use heading::Heading;
pub use icon::Icon;
pub use leave::{LeaveDialog, LeaveGuard};
pub use load::{Load, Loaded, Outdated};
pub use menu::{Menu, MenuItem, MenuList, Menus};
pub use note::Note;
pub use pager::Pager;
pub use reveal_tip::tip;
pub use state::{EmptyState, LoadError};
pub use stepper::Stepper;
pub use table::SortHeader;
pub use tabs::{Tab, Tabs};
pub use time::Time;
pub use toast::{Toaster, Toasts};
