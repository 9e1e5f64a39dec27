//! Sign-in, and the dialogs that ask for the password again.

/// Its texts.
#[derive(Debug)]
pub struct Texts {
    pub sign_in: &'static str,
    pub password: &'static str,
    pub enter_both: &'static str,
    pub ended_title: &'static str,
    pub ended_text: &'static str,
    pub leave_page: &'static str,
    pub confirm_title: &'static str,
    pub confirm_text: &'static str,
    pub confirm: &'static str,
    pub enter_password: &'static str,
}
