//! What the host has to say, as the page's struct.

use std::collections::BTreeMap;
use std::time::SystemTime;

use dashboard::{
    Dashboard, Entry, Holder, Incident, Notice, Plugin, StageTime, State, Totals, Unit,
};
use hotplate::{HistoryEntry, Host, StateInfo, UnitInfo, jiff};

use super::chart::{self, shown, stages_of};
use super::record::{self, Publish, Record, describe, details_of};
use crate::serve::overlay::Refusal;

/// More changes than this are folded away.
const CHANGES: usize = 4;

/// More units than this are folded away.
const UNITS: usize = 40;

/// Longer values are cut, in characters.
const VALUE: usize = 4000;

/// What one request adds.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) token: &'a str,
    pub(crate) nonce: &'a str,
    /// The number of the answer to show.
    pub(crate) answer: Option<u64>,
    /// What is refused now.
    pub(crate) refusals: &'a [Refusal],
}

/// All that the page shows.
pub(crate) fn page(host: &Host, record: &Record, request: &Request<'_>) -> Dashboard {
    let generation = host.generation();
    let publishes = record.publishes();
    let units = host.units();
    let stats = host.stats();
    let answer = request.answer.and_then(|number| record.answer_to(number));
    let notice = answer.filter(|answer| answer.generation == generation);
    Dashboard {
        nonce: request.nonce.to_owned(),
        token: request.token.to_owned(),
        generation,
        notice: notice.map(|answer| Notice {
            is_done: answer.is_done,
            text: answer.text,
        }),
        refused: request
            .refusals
            .iter()
            .map(|refusal| refused(refusal, generation))
            .collect(),
        incidents: record.incidents().into_iter().map(incident).collect(),
        chart: chart::draw(&publishes, generation),
        entries: entries(&host.history(), &publishes),
        holders: host.holders().iter().map(holder).collect(),
        totals: Totals {
            units: units.len(),
            kept: stats.kept_snapshots,
            native_libraries: stats.native_libraries,
            native_budget: stats.native_budget,
            reclaimed: stats.reclaimed_libraries,
            pauses: stats.state_pauses,
        },
        plugins: plugins(units, record),
        states: host.states().iter().map(state).collect(),
    }
}

fn refused(refusal: &Refusal, serving: u64) -> Incident {
    let title = describe("Refused", &refusal.stage, refusal.plugin.as_deref());
    Incident {
        title: format!("{title}; generation {serving} serves"),
        moment: String::new(),
        time: String::new(),
        count: 1,
        details: details_of(&refusal.problems),
    }
}

fn incident(incident: record::Incident) -> Incident {
    let (moment, time) = times(incident.moment);
    Incident {
        title: incident.title,
        moment,
        time,
        count: incident.count,
        details: incident.details,
    }
}

/// A moment in the form of ISO 8601, and its time of day for people; the page's script
/// replaces that by the reader's own time.
fn times(moment: SystemTime) -> (String, String) {
    let Ok(moment) = jiff::Timestamp::try_from(moment) else {
        return (String::new(), "unknown".to_owned());
    };
    (
        moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        moment.strftime("%H:%M:%S UTC").to_string(),
    )
}

/// What is remembered and what is kept, the newest first.
fn entries(history: &[HistoryEntry], publishes: &[Publish]) -> Vec<Entry> {
    let mut all: BTreeMap<u64, (Option<&HistoryEntry>, Option<&Publish>)> = BTreeMap::new();
    for entry in history {
        all.entry(entry.generation).or_default().0 = Some(entry);
    }
    for publish in publishes {
        all.entry(publish.receipt.generation).or_default().1 = Some(publish);
    }
    let current = history.iter().find(|entry| entry.is_current);
    let serving = current.map_or(0, |entry| entry.generation);
    let restored = current.and_then(|entry| entry.restores);
    let newest_first = all.into_iter().rev();
    newest_first
        .filter_map(|(generation, (kept, publish))| {
            let (cause, changes, moment) = match (kept, publish) {
                (Some(kept), _) => (kept.cause, &kept.changes, kept.published),
                (None, Some(publish)) => (
                    publish.receipt.cause,
                    &publish.receipt.changes,
                    publish.moment,
                ),
                (None, None) => return None,
            };
            let (moment, time) = times(moment);
            let timings = publish.map(|publish| publish.receipt.timings);
            let restores = kept.and_then(|kept| kept.restores);
            Some(Entry {
                generation,
                moment,
                time,
                cause: match restores {
                    Some(origin) => format!("{cause} to {origin}"),
                    None => cause.to_string(),
                },
                changes: changes.iter().map(ToString::to_string).collect(),
                has_many_changes: changes.len() > CHANGES,
                stages: timings
                    .map(|timings| stage_times(&timings))
                    .unwrap_or_default(),
                total: timings
                    .map(|timings| shown(timings.total))
                    .unwrap_or_default(),
                is_current: generation == serving,
                is_restored: restored == Some(generation),
                has_failed: kept.is_some_and(|kept| kept.has_failed),
                is_kept: kept.is_some_and(|kept| !kept.is_current),
            })
        })
        .collect()
}

fn stage_times(timings: &hotplate::Timings) -> Vec<StageTime> {
    let text = |duration: std::time::Duration| {
        if duration.is_zero() {
            "–".to_owned()
        } else {
            shown(duration)
        }
    };
    let stages = stages_of(timings).into_iter();
    stages
        .map(|duration| StageTime {
            text: text(duration),
        })
        .collect()
}

fn holder(holder: &hotplate::Holder) -> Holder {
    let standing = match (holder.is_current, holder.is_kept) {
        (true, _) => "serves",
        (false, true) => "kept",
        (false, false) => "held by these alone: its libraries go with them",
    };
    Holder {
        generation: holder.generation,
        pins: holder.pins,
        local_handles: holder.local_handles,
        standing: standing.to_owned(),
    }
}

/// The units, which are in order, by plugin.
fn plugins(units: Vec<UnitInfo>, record: &Record) -> Vec<Plugin> {
    let since = record.since(&units);
    let mut plugins: Vec<Plugin> = Vec::new();
    for (unit, since) in units.into_iter().zip(since) {
        if plugins
            .last()
            .is_none_or(|plugin| plugin.name != unit.plugin)
        {
            plugins.push(Plugin {
                name: unit.plugin,
                units: Vec::new(),
                has_many_units: false,
            });
        }
        if let Some(plugin) = plugins.last_mut() {
            plugin.units.push(Unit {
                name: unit.name,
                kind: unit.kind.to_owned(),
                place: format!("{}:{}", unit.file, unit.line),
                since,
            });
            plugin.has_many_units = plugin.units.len() > UNITS;
        }
    }
    plugins
}

fn state(state: &StateInfo) -> State {
    let value = match state.json() {
        Ok(json) => {
            let value = serde_json::from_str::<serde_json::Value>(&json);
            let pretty = value.and_then(|value| serde_json::to_string_pretty(&value));
            cut(pretty.unwrap_or(json))
        }
        Err(error) => error.to_string(),
    };
    State {
        name: format!("{}::{}", state.plugin, state.name),
        version: state.version,
        instances: state.instances,
        is_in_use: state.in_use,
        value,
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(VALUE) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_in_utc() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z", "00:00:00 UTC"),
            (1_700_000_000, "2023-11-14T22:13:20.000Z", "22:13:20 UTC"),
        ];
        for (seconds, moment, time) in cases {
            let found = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            assert_eq!(times(found), (moment.to_owned(), time.to_owned()));
        }
    }

    #[test]
    fn long_values_are_cut() {
        let long = "é".repeat(VALUE + 1);
        assert_eq!(cut(long).chars().count(), VALUE + 1);
        assert_eq!(cut("short".to_owned()), "short");
    }
}
