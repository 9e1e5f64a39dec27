use crate::texts::session::Texts;

pub const TEXTS: Texts = Texts {
    sign_in: "Anmelden",
    password: "Passwort",
    enter_both: "Geben Sie Ihre E-Mail-Adresse und Ihr Passwort ein.",
    ended_title: "Erneut anmelden",
    ended_text: "Ihre Sitzung ist beendet. Melden Sie sich erneut an, um hier weiterzumachen; von Ihren Eingaben geht nichts verloren.",
    leave_page: "Diese Seite verlassen",
    confirm_title: "Bestätigen Sie, dass Sie es sind",
    confirm_text: "Ihre Anmeldung ist eine Weile her. Geben Sie Ihr Passwort ein, um fortzufahren.",
    confirm: "Bestätigen",
    enter_password: "Geben Sie Ihr Passwort ein.",
};
