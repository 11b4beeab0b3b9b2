//! Compiling template units to libraries: in chunks, several at once.

use std::borrow::Cow;
use std::num::NonZero;
use std::panic;
use std::thread;

use hotplate_template_compiler as compiler;

use crate::artifact::ArtifactStore;
use crate::build::{
    CancelToken, LaneError, PATCH_CRATE, PatchBuild, RuntimeLibraries, RustcMessage, rust_flags,
};
use crate::builder::Settings;
use crate::cache::{Cache, CacheKey, CacheQueue, NewLibrary};
use crate::elf::{self, Verified, Wanted};
use crate::error::with_causes;
use crate::event::Diagnostic;
use crate::sync::{AtomicUsize, Mutex, Ordering, lock};

/// How many templates one library holds at most. Fewer start rustc more often, more keep
/// a core waiting at the end.
const CHUNK: usize = 40;

/// Whose header of a patch's library counts.
const PATCH: Wanted<'_> = Wanted::Crate(PATCH_CRATE);

/// What compiling needs besides the templates.
pub(crate) struct UnitCompiler<'j> {
    pub(crate) plugin: &'j str,
    pub(crate) store: &'j ArtifactStore,
    pub(crate) settings: &'j Settings,
    pub(crate) runtime: &'j RuntimeLibraries,
    pub(crate) cache: Option<&'j Cache>,
    /// Where what is compiled goes, to be kept.
    pub(crate) queue: Option<&'j CacheQueue>,
}

/// Why units were not compiled.
#[derive(Debug)]
pub(crate) enum UnitError {
    /// The build's token was used.
    Cancelled,
    /// rustc refused what the template compiler printed, or could not be run.
    Failed(Vec<Diagnostic>),
}

impl UnitCompiler<'_> {
    /// Compiles templates to as many libraries as they need.
    pub(crate) fn compile(
        &self,
        templates: &[Cow<'_, compiler::CompiledTemplate>],
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<Vec<Verified>, UnitError> {
        let chunks: Vec<&[Cow<'_, compiler::CompiledTemplate>]> = templates.chunks(CHUNK).collect();
        let next = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        let work = || {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(chunk) = chunks.get(place) else {
                    return;
                };
                let result = self.compile_chunk(chunk, cancel);
                let failed = result.is_err();
                lock(&results).push((place, result));
                if failed {
                    // What is left is not worth starting.
                    next.store(chunks.len(), Ordering::Relaxed);
                }
                let done = done.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
                if chunks.len() > 1 {
                    let (plugin, all) = (self.plugin, templates.len());
                    progress(format!("Compiled {done} of {all} templates of {plugin}"));
                }
            }
        };
        let workers = thread::available_parallelism().map_or(1, NonZero::get);
        let workers = workers.min(chunks.len());
        thread::scope(|scope| {
            let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
            work();
            for other in others {
                if let Err(panicked) = other.join() {
                    panic::resume_unwind(panicked);
                }
            }
        });
        let mut results = std::mem::take(&mut *lock(&results));
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn compile_chunk(
        &self,
        chunk: &[Cow<'_, compiler::CompiledTemplate>],
        cancel: &CancelToken,
    ) -> Result<Verified, UnitError> {
        let templates: Vec<_> = chunk.iter().map(|template| &**template).collect();
        let printed = compiler::print(&templates);
        let key = self.key(&printed.rust);
        if let Some(verified) = key.and_then(|key| self.cached(&key)) {
            return Ok(verified);
        }
        let directory = tempfile::tempdir()
            .map_err(|error| failure(format!("cannot make a directory to build in: {error}")))?;
        let build = PatchBuild {
            cargo: &self.settings.cargo,
            runtime: self.runtime,
            plugin: self.plugin,
            rust: &printed.rust,
            directory: directory.path(),
            timeout: self.settings.build_timeout,
        };
        let library = build.run(cancel).map_err(|error| match error {
            LaneError::Cancelled => UnitError::Cancelled,
            LaneError::Refused(messages) => UnitError::Failed(
                messages
                    .iter()
                    .map(|message| refusal(message, &printed.source_map))
                    .collect(),
            ),
            LaneError::Failed(text) => failure(text),
        })?;
        let artifact = self
            .store
            .admit(self.plugin, &library)
            .map_err(|error| failure(with_causes(&error)))?;
        let verified = elf::verify(artifact, PATCH)
            .map_err(|error| failure(format!("rustc's library {error}")))?;
        if let (Some(queue), Some(key)) = (self.queue, key) {
            queue.keep(NewLibrary {
                key,
                library,
                directory,
            });
        }
        Ok(verified)
    }

    /// Everything that a library depends on; nothing without a cache.
    fn key(&self, rust: &str) -> Option<CacheKey> {
        self.cache?;
        let runtime = self.runtime.fingerprint()?;
        let key = CacheKey::new("template units")
            .part("plugin", self.plugin)
            .part("runtime", runtime.as_bytes())
            .part("flags", rust_flags())
            .part("rust", rust);
        Some(key.finish())
    }

    fn cached(&self, key: &CacheKey) -> Option<Verified> {
        let found = self.cache?.get(key)?;
        let artifact = self.store.admit(self.plugin, found.path()).ok()?;
        let is_whole = found.confirm(artifact.hash());
        elf::verify(artifact, PATCH).ok().filter(|_| is_whole)
    }
}

fn failure(message: String) -> UnitError {
    UnitError::Failed(vec![Diagnostic::message(message)])
}

/// What rustc says of generated code, at the place in the template that the code is for.
fn refusal(message: &RustcMessage, map: &compiler::SourceMap) -> Diagnostic {
    let origin = message.line.and_then(|line| map.find(line));
    let text = format!(
        "the code generated from this template does not compile: {}; this is a fault in Hotplate, \
         please report it with the template",
        message.text
    );
    let mut diagnostic = Diagnostic::message(text);
    if let Some(origin) = origin {
        diagnostic.file = Some(origin.template.clone());
        diagnostic.line = Some(origin.position.line);
        diagnostic.column = Some(origin.position.column);
    }
    diagnostic.rendered.push_str(&message.rendered);
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustc_errors_are_ours_and_point_at_the_template() {
        let source = compiler::Source::new("page.html", "one\n{{ two }}");
        let template = compiler::compile(&source, &compiler::Options::default()).unwrap();
        let printed = compiler::print(&[&template]);
        let line = printed
            .rust
            .lines()
            .position(|line| line.contains("\"two\""));
        let line = u32::try_from(line.expect("the name is printed") + 1).unwrap();
        let message = RustcMessage {
            text: "mismatched types".to_owned(),
            line: Some(line),
            rendered: "error[E0308]\n".to_owned(),
        };
        let diagnostic = refusal(&message, &printed.source_map);
        assert_eq!(diagnostic.file.as_deref(), Some("page.html"));
        assert_eq!(diagnostic.line, Some(2));
        assert!(diagnostic.message.contains("a fault in Hotplate"));
    }
}
