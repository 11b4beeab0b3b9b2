//! Filters that move times to other zones.

use hotplate_plugin_api::environment::EnvironmentRef;
use hotplate_plugin_api::value::{DateTime, Ref, Value, Zone};

use super::Call;
use crate::python::{plain_value, repr_str, string, zones};
use crate::{Error, Result};

/// `localtime`: a datetime as the clocks of the current zone show it.
///
/// # Errors
///
/// `OverflowError` for a time that the zone cannot show.
pub fn localtime(call: &Call<'_>, value: &Value, _arguments: &[Ref<'_>]) -> Result<Value> {
    moved(call, value, || Ok(Some(call.locale.zone.clone())))
}

/// `utc`: a datetime in UTC.
///
/// # Errors
///
/// `OverflowError` for a time that does not exist in UTC.
pub fn utc(call: &Call<'_>, value: &Value, _arguments: &[Ref<'_>]) -> Result<Value> {
    moved(call, value, || Ok(Some(Zone::Utc)))
}

/// `timezone`: a datetime in the zone given, or in that of the name given.
///
/// # Errors
///
/// `ValueError` for what can be no name; `OverflowError` for a time that the zone cannot
/// show.
pub fn timezone(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let wanted = || {
        let argument = arguments.first().map_or(&Value::None, |zone| zone);
        if let Value::TimeZone(zone) = &*plain_value(argument) {
            return Ok(Some(Zone::clone(zone)));
        }
        let Some(name) = string(argument) else {
            return Ok(None);
        };
        match zone_of_name(name.as_str(), &call.environment) {
            Err(error) if error.is(NOT_FOUND) => Ok(None),
            found => found.map(Some),
        }
    };
    moved(call, value, wanted)
}

/// A datetime in a zone, where output leaves it; one without a zone has the default one.
/// Whatever else gives nothing.
fn moved(
    call: &Call<'_>,
    value: &Value,
    zone: impl FnOnce() -> Result<Option<Zone>>,
) -> Result<Value> {
    let nothing = || Ok(Value::str(""));
    let Value::DateTime(moment) = &*plain_value(value) else {
        return nothing();
    };
    let environment = &call.environment;
    let aware = if zones::is_aware(moment) {
        Some(DateTime::clone(moment))
    } else {
        zones::make_aware(moment, &call.settings.time_zone, environment)
    };
    let (Some(aware), Some(zone)) = (aware, zone()?) else {
        return nothing();
    };
    let moved = match zones::to_zone(&aware, &zone, environment) {
        Some(moved) => first_of_two(moved, &zone, environment),
        // Without a database of zones, times stay where they are.
        None if environment.offset_at(&zone, 0).is_none() => aware,
        None => return Err(Error::raise("OverflowError", "date value out of range")),
    };
    Ok(Value::from(DateTime {
        convert: false,
        ..moved
    }))
}

/// The copy that Django makes of the result is the first of two moments with this time.
fn first_of_two(moment: DateTime, zone: &Zone, environment: &EnvironmentRef<'_>) -> DateTime {
    if !moment.fold {
        return moment;
    }
    let first = DateTime {
        fold: false,
        ..moment
    };
    zones::make_aware(&first, zone, environment).unwrap_or(first)
}

const NOT_FOUND: &str = "ZoneInfoNotFoundError";

/// `ZoneInfo(name)`.
///
/// # Errors
///
/// `ZoneInfoNotFoundError` for an unknown name, `ValueError` for what can be none.
pub(crate) fn zone_of_name(name: &str, environment: &EnvironmentRef<'_>) -> Result<Zone> {
    if let Some(problem) = problem(name) {
        return Err(Error::value_error(format!(
            "ZoneInfo keys {problem}, got: {name}"
        )));
    }
    let zone = Zone::named(name);
    if environment.offset_at(&zone, 0).is_some() {
        return Ok(zone);
    }
    if name == "UTC" {
        return Ok(Zone::Utc);
    }
    let message = repr_str(&format!("No time zone found with key {name}"));
    Err(Error::raise(NOT_FOUND, message))
}

/// Why a name can be no zone's: names are paths below the database's folder.
fn problem(name: &str) -> Option<&'static str> {
    if name.starts_with('/') {
        return Some("may not be absolute paths");
    }
    if name == "." {
        return Some("must refer to subdirectories of TZPATH");
    }
    let mut is_below = false;
    for part in name.split('/') {
        let is_redundant = matches!(part, "" | ".") || (part == ".." && is_below);
        if is_redundant {
            return Some("must be normalized relative paths");
        }
        is_below |= part != "..";
    }
    if name.split('/').next() == Some("..") {
        return Some("must refer to subdirectories of TZPATH");
    }
    None
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::environment::Switch;

    use super::*;
    use crate::testing::{date_of, datetime, in_paris, outcome, v};

    fn check(filter: super::super::Filter, value: &Value, argument: Option<Value>, expected: &str) {
        in_paris(None, false, Switch::Default, |call| {
            let arguments: Vec<Ref<'_>> = argument.iter().map(Ref::from).collect();
            let found = filter(call, value, &arguments).map(|found| match found {
                Value::DateTime(moment) => {
                    assert!(!moment.convert && !moment.fold);
                    Value::str(format!("{moment:?}"))
                }
                other => other,
            });
            assert_eq!(outcome(found), expected, "{value:?} {argument:?}");
        });
    }

    #[test]
    fn times_move_to_other_zones() {
        let aware = datetime((2024, 1, 2), (12, 0, 0, 5), Some((-3600, "")));
        let naive = datetime((2024, 7, 1), (12, 0, 0, 0), None);
        let first_day = datetime((1, 1, 1), (0, 0, 0, 0), Some((0, "")));
        check(localtime, &aware, None, "2024-01-02T14:00:00.000005+3600s");
        check(localtime, &naive, None, "2024-07-01T12:00:00.000000+7200s");
        check(utc, &aware, None, "2024-01-02T13:00:00.000005+0s");
        check(utc, &naive, None, "2024-07-01T10:00:00.000000+0s");
        check(
            utc,
            &datetime((1, 1, 1), (0, 0, 0, 0), Some((3600, ""))),
            None,
            "OverflowError: date value out of range",
        );
        let paris = Some(v("Europe/Paris"));
        check(timezone, &aware, paris, "2024-01-02T14:00:00.000005+3600s");
        let fixed = Value::from(Zone::Fixed {
            seconds: 60,
            name: hotplate_plugin_api::value::Text::new(String::new(), false),
        });
        check(
            timezone,
            &first_day,
            Some(fixed),
            "0001-01-01T00:01:00.000000+60s",
        );
        check(timezone, &aware, Some(v("Nowhere")), "");
        check(timezone, &aware, Some(v(5)), "");
        let empty = "ValueError: ZoneInfo keys must be normalized relative paths, got: ";
        check(timezone, &aware, Some(v("")), empty);
        check(timezone, &date_of(2024, 1, 1), Some(v("")), "");
        check(localtime, &v("x"), None, "");
    }

    #[test]
    fn the_second_of_two_equal_times_becomes_the_first() {
        let later = datetime((2024, 10, 27), (1, 30, 0, 0), Some((0, "")));
        check(localtime, &later, None, "2024-10-27T02:30:00.000000+7200s");
    }

    fn check_name(name: &str, expected: &str) {
        in_paris(None, false, Switch::Default, |call| {
            let zone = zone_of_name(name, &call.environment).map(Value::from);
            assert_eq!(outcome(zone), expected, "{name}");
        });
    }

    #[test]
    fn names_are_paths_below_a_folder() {
        let absolute = "ValueError: ZoneInfo keys may not be absolute paths, got: ";
        let normalized = "ValueError: ZoneInfo keys must be normalized relative paths, got: ";
        let below = "ValueError: ZoneInfo keys must refer to subdirectories of TZPATH, got: ";
        let unknown = "ZoneInfoNotFoundError: 'No time zone found with key ";
        check_name("Europe/Paris", "zoneinfo.ZoneInfo(key='Europe/Paris')");
        check_name("UTC", "datetime.timezone.utc");
        check_name("/etc/passwd", &format!("{absolute}/etc/passwd"));
        for name in ["", "a//b", "Europe/", "a/../b", "./a"] {
            check_name(name, &format!("{normalized}{name}"));
        }
        for name in [".", "..", "../x"] {
            check_name(name, &format!("{below}{name}"));
        }
        for name in ["utc", " ", "Europe", "é"] {
            check_name(name, &format!("{unknown}{name}'"));
        }
    }
}
