//! A moment in UTC with whole seconds, written as the Connect API writes it: `2026-11-23T20:27:15+00:00`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::Problem;

/// Seconds since 1970, UTC. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// Years 1970 to 9999: what the text form can hold and every database stores.
    const SECONDS: std::ops::RangeInclusive<i64> = 0..=253_402_300_799;

    /// The moment `seconds` after 1970; out of range it is the nearest that can be written.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(*Self::SECONDS.start(), *Self::SECONDS.end()))
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }

    /// The moment `seconds` later (earlier when negative).
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }
}

/// Why a text is not a moment; says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampError;

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a date and time with an offset, like 2027-01-31T00:00:00+00:00")
    }
}

impl std::error::Error for TimestampError {}

impl From<TimestampError> for Problem {
    fn from(error: TimestampError) -> Self {
        Self { message: error.to_string().into(), ..Self::new("not_a_moment", "") }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimestampError)?;
        let seconds = moment.unix_timestamp();
        if Self::SECONDS.contains(&seconds) { Ok(Self(seconds)) } else { Err(TimestampError) }
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, TimestampError> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The range is checked on the way in, so the fall-back is never seen.
        let moment = OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let moment = moment.to_offset(UtcOffset::UTC);
        let (hour, minute, second) = moment.to_hms();
        let (year, month, day) = (moment.year(), u8::from(moment.month()), moment.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_is_read_and_utc_written() {
        let moment: Timestamp = "2026-11-23T21:27:15.9+01:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-23T20:27:15+00:00");
        assert_eq!("2026-11-23T20:27:15Z".parse::<Timestamp>().unwrap(), moment);
    }

    #[test]
    fn date_without_time_or_offset_is_refused() {
        for text in ["", "2026-11-23", "2026-11-23T20:27:15", "1969-12-31T23:59:59Z", "tomorrow"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn printed_moment_reads_back(seconds in Timestamp::SECONDS) {
            let moment = Timestamp::from_unix(seconds);
            proptest::prop_assert_eq!(moment.to_string().parse::<Timestamp>().unwrap(), moment);
        }
    }
}
