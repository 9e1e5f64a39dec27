//! Moments and numbers for people: local time in the language of the console, through `Intl`.

use js_sys::{
    Array, Date,
    Intl::{DateTimeFormat, NumberFormat, RelativeTimeFormat},
    Object, Reflect,
};
use latchkey_shared::Timestamp;
use leptos::prelude::window;
use wasm_bindgen::JsValue;

use crate::texts::{language, t};

/// This moment.
#[must_use]
pub fn now() -> Timestamp {
    from_millis(Date::now())
}

/// `Nov 23, 2026`, as the language writes it.
#[must_use]
pub fn day(moment: Timestamp) -> String {
    format(moment, |formats| &formats.day)
}

/// `Nov 23, 2026, 9:27 PM`, as the language writes it.
#[must_use]
pub fn day_and_time(moment: Timestamp) -> String {
    format(moment, |formats| &formats.day_and_time)
}

/// The exact moment in UTC: `2026-11-23 20:27:15 UTC`.
#[must_use]
pub fn utc(moment: Timestamp) -> String {
    let text = moment.to_string();
    match (text.get(..10), text.get(11..19)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

/// The day of a moment in UTC, given as `yyyy-mm-dd…`, in the format of [`day`].
#[must_use]
pub fn utc_day(text: &str) -> String {
    text.get(..10).and_then(start_of_local_day).map_or_else(|| text.to_owned(), day)
}

/// The last second of the local day `yyyy-mm-dd`, as `<input type="date">` gives it.
#[must_use]
pub fn end_of_local_day(text: &str) -> Option<Timestamp> {
    local(text, "23:59:59")
}

/// The first second of the local day `yyyy-mm-dd`, as `<input type="date">` gives it.
#[must_use]
pub fn start_of_local_day(text: &str) -> Option<Timestamp> {
    local(text, "00:00:00")
}

/// The local day of a moment as `yyyy-mm-dd`.
#[must_use]
pub fn local_day(moment: Timestamp) -> String {
    iso_day(&date(moment))
}

/// Tomorrow's local date as `yyyy-mm-dd`: the first day on which a new token may end.
#[must_use]
pub fn tomorrow() -> String {
    iso_day(&Date::new(&JsValue::from_f64(Date::now() + 86_400_000.0)))
}

fn local(day: &str, time: &str) -> Option<Timestamp> {
    let millis = Date::new(&JsValue::from_str(&format!("{day}T{time}"))).get_time();
    (day.len() == 10 && millis.is_finite() && millis >= 0.0).then(|| from_millis(millis))
}

fn iso_day(date: &Date) -> String {
    format!("{:04}-{:02}-{:02}", date.get_full_year(), date.get_month() + 1, date.get_date())
}

fn date(moment: Timestamp) -> Date {
    #[expect(clippy::cast_precision_loss, reason = "seconds until the year 9999 fit into the 53 bits of a double")]
    Date::new(&JsValue::from_f64(moment.unix() as f64 * 1000.0))
}

fn from_millis(millis: f64) -> Timestamp {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a date in milliseconds divided by 1000 fits, and `as` saturates"
    )]
    Timestamp::from_unix((millis / 1000.0) as i64)
}

/// How moments are written. Making a formatter takes longer than using it a hundred times, so there is one of each.
struct Formats {
    day: DateTimeFormat,
    day_and_time: DateTimeFormat,
    relative: RelativeTimeFormat,
    number: NumberFormat,
}

thread_local! {
    static FORMATS: Formats = Formats {
        day: DateTimeFormat::new(&locales(), &options(&[("dateStyle", "medium")])),
        day_and_time: DateTimeFormat::new(&locales(), &options(&[("dateStyle", "medium"), ("timeStyle", "short")])),
        relative: RelativeTimeFormat::new(&locales(), &options(&[("numeric", "auto")])),
        number: NumberFormat::new(&locales(), &options(&[])),
    };
}

/// The browser's own locale where it is one of the language that is spoken, as `en-GB` is of English.
fn locales() -> Array {
    let tag = language().tag;
    let own = window().navigator().language().filter(|own| own.split('-').next() == Some(tag));
    Array::of1(&own.as_deref().unwrap_or(tag).into())
}

/// `2,508`, as the language writes it.
#[must_use]
pub fn number(number: usize) -> String {
    if number < 1000 {
        return number.to_string();
    }
    FORMATS.with(|formats| {
        #[expect(clippy::cast_precision_loss, reason = "numbers of rows are far below the 53 bits of a double")]
        let written = formats.number.format().call1(&JsValue::UNDEFINED, &JsValue::from_f64(number as f64));
        written.ok().and_then(|text| text.as_string()).unwrap_or_default()
    })
}

fn options(options: &[(&str, &str)]) -> Object {
    let wanted = Object::new();
    for (key, value) in options {
        // Setting a property of a fresh object cannot fail.
        let _ = Reflect::set(&wanted, &JsValue::from_str(key), &JsValue::from_str(value));
    }
    wanted
}

fn format(moment: Timestamp, of: fn(&Formats) -> &DateTimeFormat) -> String {
    FORMATS.with(|formats| {
        let written = of(formats).format().call1(&JsValue::UNDEFINED, &date(moment));
        written.ok().and_then(|text| text.as_string()).unwrap_or_default()
    })
}

/// `3 days ago`, `in 2 hours`, for moments within a month; otherwise the day.
#[must_use]
pub fn relative(moment: Timestamp) -> String {
    const UNITS: [(i64, &str); 3] = [(86_400, "day"), (3600, "hour"), (60, "minute")];
    let seconds = moment.unix() - now().unix();
    if seconds.abs() > 30 * 86_400 {
        return day(moment);
    }
    let Some((size, unit)) = UNITS.into_iter().find(|(size, _)| seconds.abs() >= *size) else {
        return if seconds <= 0 { t().common.just_now.to_owned() } else { t().common.in_a_moment.to_owned() };
    };
    let count = i32::try_from(seconds / size).unwrap_or_default();
    FORMATS.with(|formats| formats.relative.format(f64::from(count), unit).into())
}
