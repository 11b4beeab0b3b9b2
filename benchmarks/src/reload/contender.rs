//! Who is measured, and the rounds.

use std::time::{Duration, Instant};

use hotplate::Timings;

use super::scene::Scene;
use crate::{Fault, Row};

/// How often what is quick is measured.
pub(super) const QUICK: usize = 20;

/// How often what takes long is measured.
pub(super) const SLOW: usize = 3;

/// What one round took.
pub(super) struct Sample {
    pub(super) total: Duration,
    /// What the host says about it.
    pub(super) timings: Option<Timings>,
}

impl Sample {
    /// All the time since `began`, without details.
    pub(super) fn since(began: Instant) -> Self {
        Self {
            total: began.elapsed(),
            timings: None,
        }
    }

    /// In seconds: what the stages do not explain, and the stages.
    fn stages(&self) -> Option<[f64; 4]> {
        let timings = self.timings?;
        let stages = [timings.build, timings.verify, timings.publish];
        let wait = self.total.saturating_sub(stages.iter().sum());
        let [build, verify, publish] = stages.map(|stage| stage.as_secs_f64());
        Some([wait.as_secs_f64(), build, verify, publish])
    }
}

type Round<'s> = Box<dyn FnMut() -> Result<Sample, Fault> + 's>;

/// One subject of one workload.
pub(super) struct Contender<'s> {
    workload: &'static str,
    subject: &'static str,
    rounds: usize,
    warm_up: bool,
    is_peer: bool,
    round: Round<'s>,
    totals: Vec<f64>,
    stages: Vec<[f64; 4]>,
    is_out: bool,
}

impl<'s> Contender<'s> {
    /// The project itself, with that many rounds by default.
    pub(super) fn ours(
        workload: &'static str,
        rounds: usize,
        round: impl FnMut() -> Result<Sample, Fault> + 's,
    ) -> Self {
        Self {
            workload,
            subject: "hotplate",
            rounds,
            warm_up: true,
            is_peer: false,
            round: Box::new(round),
            totals: Vec::new(),
            stages: Vec::new(),
            is_out: false,
        }
    }

    /// Somebody else, who may fail.
    pub(super) fn peer(
        workload: &'static str,
        subject: &'static str,
        round: impl FnMut() -> Result<Sample, Fault> + 's,
    ) -> Self {
        Self {
            subject,
            is_peer: true,
            ..Self::ours(workload, QUICK, round)
        }
    }

    /// Without a first round that does not count.
    pub(super) fn cold(mut self) -> Self {
        self.warm_up = false;
        self
    }

    fn run(&mut self, counts: bool) -> Result<(), Fault> {
        let sample = (self.round)()?;
        if counts {
            self.stages.extend(sample.stages());
            self.totals.push(sample.total.as_secs_f64());
        }
        Ok(())
    }

    fn row(self) -> Option<Row> {
        if self.is_out || self.totals.is_empty() {
            return None;
        }
        let row = Row::new("reload", self.workload, self.subject, "ms", self.totals);
        Some(row.with_stages(&self.stages))
    }
}

/// A peer, or nothing and a line about it.
pub(super) fn try_peer<'s>(
    scene: &Scene<'_>,
    workload: &str,
    subject: &str,
    set_up: impl FnOnce() -> Result<Contender<'s>, Fault>,
) -> Option<Contender<'s>> {
    scene.progress(&format!("{workload}: set up {subject}"));
    match set_up() {
        Ok(peer) => Some(peer),
        Err(fault) => {
            scene.progress(&format!("{workload}: {subject} left out: {fault}"));
            None
        }
    }
}

/// Measures everybody in every round.
pub(super) fn measure(scene: &Scene<'_>, mut group: Vec<Contender<'_>>) -> Result<Vec<Row>, Fault> {
    for contender in &mut group {
        contender.rounds = scene.options.rounds.unwrap_or(contender.rounds);
    }
    let last = group.iter().map(|contender| contender.rounds).max();
    for round in 0..=last.unwrap_or(0) {
        for contender in &mut group {
            let idle = round == 0 && !contender.warm_up;
            if idle || contender.is_out || round > contender.rounds {
                continue;
            }
            let (workload, subject) = (contender.workload, contender.subject);
            match contender.run(round > 0) {
                Ok(()) => {
                    let latest = contender.totals.last();
                    let took =
                        latest.map_or(String::new(), |took| format!(" {:.1} ms", took * 1e3));
                    let rounds = contender.rounds;
                    scene.progress(&format!("{workload}: {subject} {round}/{rounds}{took}"));
                }
                Err(fault) if contender.is_peer => {
                    contender.is_out = true;
                    scene.progress(&format!("{workload}: {subject} left out: {fault}"));
                }
                Err(fault) => return Err(format!("{workload}: {fault}").into()),
            }
        }
    }
    Ok(group.into_iter().filter_map(Contender::row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reload::Options;

    #[test]
    fn a_failing_peer_is_left_out_and_we_are_not() {
        let directory = std::env::temp_dir().join(format!("contender-{}", std::process::id()));
        let options = Options {
            rounds: Some(2),
            directory: directory.clone(),
            ..Options::default()
        };
        let scene = Scene::new(&options).expect("the folder can be made");
        let fine = || Ok(Sample::since(Instant::now()));
        let broken = || Err::<Sample, _>(Fault::from("broken"));
        let group = vec![
            Contender::ours("w", QUICK, fine),
            Contender::peer("w", "other", broken),
        ];
        let rows = measure(&scene, group).expect("we did not fail");
        let found: Vec<_> = rows.iter().map(|row| (&*row.subject, row.rounds)).collect();
        assert_eq!(found, [("hotplate", 2)]);
        let fault = measure(&scene, vec![Contender::ours("w", QUICK, broken)]);
        assert_eq!(fault.expect_err("we failed").to_string(), "w: broken");
        std::fs::remove_dir_all(directory).expect("the folder can be removed");
    }
}
