//! Loading libraries: the only module that calls dlopen, dlsym and dlclose.
//!
//! What a library may do is bounded elsewhere: its file was checked before it came
//! here, and template libraries contain only code that we generated. What is checked
//! here is that both sides mean the same by every type that crosses.
#![expect(
    unsafe_code,
    reason = "opens libraries and reads the header that the ABI defines"
)]

use std::ptr::NonNull;

use hotplate_plugin_api::header::{API_MAJOR, API_MINOR, MAGIC, module_layout};
use hotplate_plugin_api::{Module, ModuleHeader, StaticPlugin};
use libloading::os::unix::{Library as RawLibrary, RTLD_LOCAL, RTLD_NOW};

use crate::artifact::{Artifact, ArtifactHash};
use crate::elf::Verified;
use crate::event::Stage;
use crate::layout;
use crate::log;
use crate::native_budget::{self, NativeSlot};
use crate::retire::{Reclaimer, Retired};

/// A loaded and checked library, or a plugin that is linked into the program. Dropping the
/// last reference retires what was loaded.
#[derive(Debug)]
pub(crate) struct Library {
    /// Nothing for what is linked.
    open: Option<Open>,
    plugins: Vec<String>,
    hash: ArtifactHash,
    /// What it was built by, as [`ModuleHeader::toolchain`] says.
    toolchain: String,
}

#[derive(Debug)]
struct Open {
    raw: RawLibrary,
    artifact: Artifact,
    /// Held by libraries that stay mapped for good.
    native: Option<NativeSlot>,
    reclaimer: Reclaimer,
}

/// Why a library was not taken.
#[derive(Debug)]
pub(crate) struct LoadFailure {
    pub(crate) stage: Stage,
    pub(crate) message: String,
}

impl LoadFailure {
    fn load(message: impl Into<String>) -> Self {
        Self {
            stage: Stage::Load,
            message: message.into(),
        }
    }
}

impl Library {
    /// Loads a library and checks it against this host.
    ///
    /// # Errors
    ///
    /// If the system cannot load it, it is no plugin, was built for another version or
    /// with `panic = "abort"`, its types are laid out differently, or it is hand-written
    /// and the budget of those is spent.
    pub(crate) fn load(
        library: Verified,
        budget: usize,
        reclaimer: &Reclaimer,
    ) -> Result<(Self, Vec<Module>), LoadFailure> {
        let Verified { artifact, header } = library;
        // SAFETY: loading runs the library's constructors. The artifact is an immutable
        // copy that passed the ELF check; that its constructors behave is the trust one
        // puts in code that one asks to be run.
        let raw = unsafe { RawLibrary::open(Some(artifact.path()), RTLD_NOW | RTLD_LOCAL) }
            .map_err(|error| LoadFailure::load(format!("cannot load the library: {error}")))?;
        let (modules, toolchain) = check(&raw, &header)?;
        let native = if modules.iter().any(Module::is_native) {
            Some(NativeSlot::take(budget).map_err(|spent| LoadFailure::load(spent.to_string()))?)
        } else {
            None
        };
        initialise(&raw, &header)?;
        let library = Self {
            plugins: names(&modules),
            hash: artifact.hash(),
            toolchain,
            open: Some(Open {
                raw,
                artifact,
                native,
                reclaimer: reclaimer.clone(),
            }),
        };
        Ok((library, modules))
    }

    /// Takes a plugin that is linked into the program.
    ///
    /// Whether its panics unwind is the program's own choice.
    ///
    /// # Errors
    ///
    /// If it was built with another version of the plugin API, or its types are laid out
    /// differently.
    pub(crate) fn link(plugin: StaticPlugin) -> Result<(Self, Vec<Module>), LoadFailure> {
        let header = plugin.header();
        compare_versions(header)?;
        compare_layouts(header)?;
        // The plugin uses this very copy of the plugin API.
        hotplate_plugin_api::log::init_in_program(&log::SERVICES);
        let modules = (header.modules)().to_vec();
        let library = Self {
            open: None,
            plugins: names(&modules),
            hash: ArtifactHash::LINKED,
            toolchain: header.toolchain.to_string(),
        };
        Ok((library, modules))
    }

    /// The hash of the artifact.
    pub(crate) fn hash(&self) -> ArtifactHash {
        self.hash
    }

    /// The compiler and target that it was built with.
    pub(crate) fn toolchain(&self) -> &str {
        &self.toolchain
    }

    /// Whether it stays mapped for good.
    pub(crate) fn is_native(&self) -> bool {
        self.open.as_ref().is_none_or(|open| open.native.is_some())
    }
}

fn names(modules: &[Module]) -> Vec<String> {
    let names = modules.iter().map(|module| module.name.to_string());
    names.collect()
}

impl Drop for Library {
    fn drop(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        if let Some(slot) = open.native {
            // Hand-written code may have started threads or taken thread keys, so its
            // library stays mapped, and counted, until the process ends.
            slot.keep_for_good();
            std::mem::forget(open.raw);
            return;
        }
        let retired = Retired {
            plugins: std::mem::take(&mut self.plugins),
            hash: self.hash,
            artifact: open.artifact,
            raw: OpenHandle(open.raw),
        };
        open.reclaimer.retire(retired);
    }
}

/// A library that nothing refers to any more.
#[derive(Debug)]
pub(crate) struct OpenHandle(RawLibrary);

impl OpenHandle {
    /// Unloads the library; true if the system really unmapped it.
    pub(crate) fn close(self, artifact: &Artifact) -> bool {
        /// glibc's and musl's `RTLD_NOLOAD`: look only, and load nothing.
        const RTLD_NOLOAD: std::ffi::c_int = 4;

        if self.0.close().is_err() {
            return false;
        }
        // SAFETY: with this flag nothing is loaded and no constructor runs; a handle
        // that is found is closed again by dropping it.
        unsafe { RawLibrary::open(Some(artifact.path()), RTLD_NOW | RTLD_NOLOAD) }.is_err()
    }
}

/// The header of an open library.
fn header(raw: &RawLibrary, symbol: &str) -> Result<NonNull<ModuleHeader>, LoadFailure> {
    // SAFETY: only the symbol's address is taken here; what is behind it is read below,
    // beginning with the magic number.
    let found = unsafe { raw.get::<*mut ModuleHeader>(symbol.as_bytes()) };
    let found = found.map_err(|error| {
        LoadFailure::load(format!("the library does not export `{symbol}`: {error}"))
    })?;
    NonNull::new(found.as_raw_ptr().cast())
        .ok_or_else(|| LoadFailure::load(format!("`{symbol}` is null")))
}

/// Compares header and layouts with this host's; gives the modules, and what they were
/// built by.
fn check(raw: &RawLibrary, symbol: &str) -> Result<(Vec<Module>, String), LoadFailure> {
    let header = header(raw, symbol)?.as_ptr();
    // SAFETY: the symbol has the header's name, and every version of the API starts the
    // header with these eight bytes.
    let magic = unsafe { (&raw const (*header).magic).read_unaligned() };
    if magic != MAGIC {
        return Err(LoadFailure::load(format!(
            "`{symbol}` is not the header of a Hotplate plugin"
        )));
    }
    // SAFETY: with the magic number right, the fields up to `layout` have the same places
    // in every version of the API; nothing beyond them is read before the versions and
    // layouts were compared. The library stays open during this function.
    let header = unsafe { &*header };
    compare_versions(header)?;
    if !header.unwinds {
        return Err(LoadFailure::load(
            "the plugin was built with panic = \"abort\", so a panic in it would end the \
             process; build it with panic = \"unwind\"",
        ));
    }
    compare_layouts(header)?;
    let modules = (header.modules)().to_vec();
    Ok((modules, header.toolchain.to_string()))
}

fn compare_versions(header: &ModuleHeader) -> Result<(), LoadFailure> {
    if header.api_major == API_MAJOR && header.api_minor <= API_MINOR {
        return Ok(());
    }
    Err(LoadFailure {
        stage: Stage::Layout,
        message: format!(
            "the plugin was built for version {}.{} of the plugin API and this host has \
             {API_MAJOR}.{API_MINOR}; build the plugin against the host's version",
            header.api_major, header.api_minor
        ),
    })
}

fn compare_layouts(header: &ModuleHeader) -> Result<(), LoadFailure> {
    layout::compare(module_layout(), (header.layout)()).map_err(|difference| LoadFailure {
        stage: Stage::Layout,
        message: format!(
            "the plugin's types are laid out differently: {difference}; it was built by {}",
            header.toolchain
        ),
    })
}

/// Hands the host's callbacks to a checked library.
fn initialise(raw: &RawLibrary, symbol: &str) -> Result<(), LoadFailure> {
    let header = header(raw, symbol)?;
    // SAFETY: `check` has compared versions and layouts.
    let init = unsafe { header.as_ref() }.init;
    init(&log::SERVICES);
    Ok(())
}

/// How many hand-written libraries are mapped in this process.
pub(crate) fn native_libraries() -> usize {
    native_budget::taken()
}
