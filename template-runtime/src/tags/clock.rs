//! `now`: the time.

use hotplate_plugin_api::value::{Ref, Value};

use crate::Result;
use crate::filters::{Call, dates, since};
use crate::tagging::TagCall;

/// `now`: the time in the current zone, or in the default one where times have no zone.
/// The option is the format.
///
/// # Errors
///
/// What a format raises.
pub fn now(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let format = call.options.first().copied().unwrap_or_default();
    show(&Call::new(call.frame), format)
}

fn show(call: &Call<'_>, format: &str) -> Result<Value> {
    let zone = call.settings.use_tz.then_some(&call.locale.zone);
    let moment = Value::from(since::now(call, zone));
    dates::date(call, &moment, &[Ref::Owned(Value::str(format))])
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::environment::{
        Environment, EnvironmentRef, Format, FormatValue, Instant, Locale, Settings,
    };
    use hotplate_plugin_api::value::{Offset, Text, Zone};

    use super::*;
    use crate::testing::outcome;

    /// Noon of a day in June, seen from a place two hours east in summer.
    struct Noon;

    impl Environment for Noon {
        fn now(&self) -> Instant {
            Instant {
                seconds: 1_781_179_200,
                microseconds: 42,
            }
        }

        fn offset_at(&self, zone: &str, _: i64) -> Option<Offset> {
            (zone == "Europe/Paris").then(|| Offset {
                zone: Zone::named(zone),
                ..Offset::fixed(7200, "CEST")
            })
        }

        fn format(&self, format: Format, language: Option<&str>) -> Option<FormatValue> {
            let is_short_german = format == Format::ShortDate && language == Some("de");
            is_short_german.then(|| FormatValue::Text("d.m.Y".into()))
        }
    }

    fn text(text: &str) -> Text {
        Text::new(text.to_owned(), false)
    }

    fn check(format: &str, use_tz: bool, expected: &str) {
        let settings = Settings {
            use_tz,
            time_zone: Zone::Fixed {
                seconds: -3600,
                name: text(""),
            },
            ..Settings::DEFAULT
        };
        let locale = Locale {
            language: Some(text("de")).into(),
            zone: Zone::named("Europe/Paris"),
            ..Locale::DEFAULT
        };
        let call = Call {
            environment: EnvironmentRef::new(&Noon),
            settings: &settings,
            locale: &locale,
            ..Call::plain(true)
        };
        assert_eq!(
            outcome(show(&call, format)),
            expected,
            "{format:?} {use_tz}"
        );
    }

    #[test]
    fn the_time_is_shown_in_the_current_zone_or_else_in_the_default_one() {
        check(
            "Y-m-d H:i:s.u O T",
            true,
            "2026-06-11 14:00:00.000042 +0200 CEST",
        );
        check("Y-m-d H:i", false, "2026-06-11 11:00");
        check("j<\"", true, "11<\"");
        check("SHORT_DATE_FORMAT", true, "11.06.2026");
    }
}
