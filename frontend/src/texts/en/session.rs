use crate::texts::session::Texts;

pub const TEXTS: Texts = Texts {
    sign_in: "Sign in",
    password: "Password",
    enter_both: "Enter your e-mail address and your password.",
    ended_title: "Sign in again",
    ended_text: "Your session has ended. Sign in again to go on where you are; nothing that you typed is lost.",
    leave_page: "Leave this page",
    confirm_title: "Confirm that it is you",
    confirm_text: "You signed in a while ago. Enter your password to go on.",
    confirm: "Confirm",
    enter_password: "Enter your password.",
};
