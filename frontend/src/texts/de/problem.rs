/// What is wrong, by its code.
pub fn text(code: &str) -> Option<&'static str> {
    Some(match code {
        "required" => "muss angegeben werden",
        "too_long" => "darf höchstens {0} Zeichen haben und hat {1}",
        "not_printable" => "enthält ein Zeichen, das sich nicht darstellen lässt",
        "not_visible" => "enthält nichts, was man sehen kann",
        "unseen_character" => "enthält ein Zeichen, das man nicht sehen kann",
        "not_a_line" => "muss eine einzige Zeile sein",
        "not_an_email" => "muss eine E-Mail-Adresse sein",
        "not_a_moment" => "muss Datum und Uhrzeit mit Zeitzone sein, wie 2027-01-31T00:00:00+00:00",
        "in_the_past" => "muss in der Zukunft liegen",
        "begins_after_its_end" => "muss vor dem Ablauf liegen",
        "needs_date" => "braucht ein Datum",
        "needs_whole_date" => "braucht ein ganzes Datum",
        "not_a_network" => "„{0}“ muss eine Adresse oder ein Netz sein, wie 203.0.113.7 oder 2001:db8::/32",
        "not_as_ipv4" => "„{0}“ muss als IPv4-Netz geschrieben werden",
        "beyond_prefix" => "„{0}“ geht über sein Präfix hinaus: {1} ist das Netz",
        "too_many_networks" => "dürfen höchstens {0} Netze sein und sind {1}",
        "no_network" => "brauchen eine Adresse oder ein Netz",
        "not_whole" => "müssen eine ganze Zahl von {0} bis {1} sein",
        "fixed" => "sind durch die Erweiterung festgelegt",
        "unknown_module" => "{0} ist kein Modul",
        "not_in_catalogue" => "steht nicht im Katalog",
        "not_your_password" => "ist nicht Ihr Passwort",
        "password_short" => "muss mindestens {0} Zeichen haben",
        "password_long" => "darf höchstens {0} Zeichen haben",
        "password_weak" => {
            "ist zu leicht zu erraten: nehmen Sie mehrere Wörter ohne Zusammenhang oder eines aus einem Passwort-Manager"
        }
        "email_taken" => "Einen Benutzer mit dieser E-Mail-Adresse gibt es schon.",
        "yourself" => {
            "Sie können weder Ihre eigene Rolle ändern noch sich selbst sperren. Bitten Sie einen anderen Administrator."
        }
        "viewer" => "Ihre Rolle ist Betrachter: Sie dürfen lesen, aber weder Tokens ändern noch Schlüssel sehen.",
        "admin_only" => "Nur Administratoren dürfen Benutzer verwalten.",
        "token_deleted" => "Token {0} ist gelöscht, und das ist endgültig.",
        "handed_over_disabled" => "Der Token ist deaktiviert. Wenden Sie sich an die Person, von der der Link kommt.",
        "no_key" => "Token {0} hat keinen Schlüssel, der sich zeigen ließe.",
        "too_many_of_extension" => {
            "Ein Konto kann {0} Tokens der Erweiterung {1} haben. Löschen Sie einen, den niemand mehr braucht."
        }
        "changed_since" => "Die Anfrage ist ausgeführt, und Token {0} hat sich seitdem geändert.",
        "in_progress" => "Diese Anfrage wird gerade ausgeführt. Versuchen Sie es gleich noch einmal.",
        "selects_others" => "Inzwischen sind es {0} Tokens und nicht {1}.",
        "unauthorized" => "Ihre Sitzung ist beendet.",
        "confirm_password" => "Geben Sie Ihr Passwort noch einmal ein: Ihre letzte Anmeldung ist zu lange her.",
        "not_found" => "{0} gibt es nicht.",
        "unavailable" => "Der Server kann gerade nicht antworten. Versuchen Sie es gleich noch einmal.",
        _ => return None,
    })
}
