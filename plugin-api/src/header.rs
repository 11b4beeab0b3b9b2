//! The module header: the symbol that every plugin crate exports.
#![expect(
    unsafe_code,
    reason = "the linker tells where a section begins and ends as two addresses"
)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::OnceLock;

use abi_stable::StableAbi;
use abi_stable::std_types::{RSlice, RStr};
use abi_stable::type_layout::TypeLayout;

use crate::call::units_between;
use crate::log::HostServices;
use crate::unit::UnitDescriptor;

/// The first bytes of every header.
pub const MAGIC: [u8; 8] = *b"HOTPLATE";

/// Changes when a host and a plugin with different numbers cannot work together.
pub const API_MAJOR: u32 = 0;

/// Grows when something is added; a host loads plugins with its own or an older number.
pub const API_MINOR: u32 = 1;

/// The compiler and target that this crate was built with, such as
/// `rustc 1.95.0 (59807616e 2026-04-14); x86_64-unknown-linux-gnu`.
pub const TOOLCHAIN: &str = env!("HOTPLATE_TOOLCHAIN");

/// How the exported symbol's name starts; the name of the plugin's crate follows.
///
/// So two plugin crates can be linked into one program, and a plugin's library can link
/// another plugin's crate.
pub const HEADER_PREFIX: &str = "hotplate_module_header_";

/// What a library says of itself before anything else of it is read.
///
/// The fields up to and including `layout` keep their places in every version,
/// so that a host can refuse a library of another version by name.
#[repr(C)]
pub struct ModuleHeader {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`API_MAJOR`] of the plugin.
    pub api_major: u32,
    /// [`API_MINOR`] of the plugin.
    pub api_minor: u32,
    /// Whether panics unwind in this library; a host refuses one that aborts.
    pub unwinds: bool,
    /// [`TOOLCHAIN`] of the plugin.
    pub toolchain: RStr<'static>,
    /// The layout of [`Module`] as the plugin sees it.
    pub layout: extern "C" fn() -> &'static TypeLayout,
    /// The plugins in this library. Read only after the layout was compared.
    pub modules: extern "C" fn() -> RSlice<'static, Module>,
    /// Called once after the checks and before any unit runs.
    pub init: extern "C" fn(&'static HostServices),
}

/// A plugin that is linked into the program that holds it, in place of being loaded.
///
/// [`plugin!`](crate::plugin!) makes one of every plugin crate, its constant `PLUGIN`. A
/// program that has the crate among its dependencies gives it to a host:
/// `Host::builder().linked(site::PLUGIN)`.
#[derive(Clone, Copy)]
pub struct StaticPlugin {
    header: &'static ModuleHeader,
}

impl StaticPlugin {
    /// The plugin with this header; for [`plugin!`](crate::plugin!).
    pub const fn new(header: &'static ModuleHeader) -> Self {
        Self { header }
    }

    /// What a library of the plugin would export.
    pub const fn header(self) -> &'static ModuleHeader {
        self.header
    }
}

impl fmt::Debug for StaticPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaticPlugin(built by {})", self.header.toolchain)
    }
}

/// Who wrote the code of a module, and so whether the library may be unloaded.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleKind {
    /// Only code that the template compiler generated: unloaded once nothing uses it.
    Templates,
    /// Hand-written code, which may have started threads or used thread keys: stays mapped.
    Native,
}

/// One plugin in a library.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Module {
    /// The plugin's name.
    pub name: RStr<'static>,
    /// Who wrote the code.
    pub kind: ModuleKind,
    /// Generated units.
    pub units: RSlice<'static, UnitDescriptor>,
    /// Units registered by attributes. Those whose `module_path` lies outside
    /// `crate_name` belong to another module in the same binary.
    pub registered: RSlice<'static, UnitDescriptor>,
    /// The name of the crate that the module was built from.
    pub crate_name: RStr<'static>,
}

impl Module {
    /// All units of this plugin, generated ones first.
    pub fn all_units(&self) -> impl Iterator<Item = &'static UnitDescriptor> + use<> {
        self.units.as_slice().iter().chain(self.own_registered())
    }

    /// Whether the library must stay mapped: it says so, or has registered functions.
    pub fn is_native(&self) -> bool {
        self.kind == ModuleKind::Native || self.own_registered().next().is_some()
    }

    fn own_registered(&self) -> impl Iterator<Item = &'static UnitDescriptor> + use<> {
        let crate_name = self.crate_name.as_str();
        let registered = self.registered.as_slice().iter();
        registered
            .filter(move |unit| unit.module_path.as_str().split("::").next() == Some(crate_name))
    }
}

/// The module of a crate, whose registered units are found when somebody first asks; for
/// [`plugin!`](crate::plugin!).
///
/// It is a type of its own, since whatever is generic is compiled anew in every plugin, with
/// every edit of a template.
pub struct ModuleCell {
    module: Module,
    // Never dropped, as it is a static; code for that would be compiled all the same.
    whole: ManuallyDrop<OnceLock<Module>>,
}

impl ModuleCell {
    /// The module as it is without registered units.
    pub const fn new(module: Module) -> Self {
        Self {
            module,
            whole: ManuallyDrop::new(OnceLock::new()),
        }
    }

    /// The module with the units between two bounds of a linker section, as a slice of one.
    ///
    /// # Safety
    ///
    /// 1. `start` and `stop` must be the bounds of a section that holds nothing but
    ///    `UnitDescriptor`s and is mapped for `'static`.
    #[inline(never)]
    pub unsafe fn with_units_between(
        &'static self,
        start: *const [UnitDescriptor; 0],
        stop: *const [UnitDescriptor; 0],
    ) -> RSlice<'static, Module> {
        let whole = self.whole.get_or_init(|| Module {
            // SAFETY: by duty 1.
            registered: unsafe { units_between(start, stop) },
            ..self.module
        });
        RSlice::from_ref(whole)
    }
}

/// The layout of [`Module`], and through it of everything that crosses the boundary.
///
/// Instantiated here, once: a copy in every plugin would cost each build hundreds
/// of milliseconds.
#[inline(never)]
pub extern "C" fn module_layout() -> &'static TypeLayout {
    <Module as StableAbi>::LAYOUT
}

/// Exports the crate as a plugin. Stands once, in the crate root.
///
/// `plugin!()` exports every [`plugin_fn`](crate::plugin_fn) of the crate under
/// the package's name. `plugin!(templates = PATH)` adds the units of a static
/// slice; a crate whose hand-written part is this line alone says
/// `plugin!(templates = PATH, kind = Templates)`, and its library can be unloaded.
///
/// It also defines `pub const PLUGIN`, a [`StaticPlugin`](crate::StaticPlugin), through
/// which a program that links the crate gives it to a host without loading anything.
#[macro_export]
macro_rules! plugin {
    () => {
        $crate::plugin!(templates = [], kind = Native);
    };
    (templates = $units:expr) => {
        $crate::plugin!(templates = $units, kind = Native);
    };
    (templates = $units:expr, kind = $kind:ident) => {
        /// This crate as a plugin, for a program that links it.
        #[allow(unsafe_code)]
        pub const PLUGIN: $crate::StaticPlugin = {
            use $crate::abi_stable::std_types::{RSlice, RStr};

            // Names that the crate's own, in `$units`, cannot mean.
            static __HOTPLATE_UNITS: &[$crate::UnitDescriptor] = &$units;

            // An empty entry, so that the section's bounds exist in every plugin.
            #[used]
            #[unsafe(link_section = "hotplate_units")]
            static __HOTPLATE_NONE: [$crate::UnitDescriptor; 0] = [];

            unsafe extern "C" {
                #[link_name = "__start_hotplate_units"]
                static __HOTPLATE_START: [$crate::UnitDescriptor; 0];
                #[link_name = "__stop_hotplate_units"]
                static __HOTPLATE_STOP: [$crate::UnitDescriptor; 0];
            }

            static __HOTPLATE_MODULE: $crate::header::ModuleCell =
                $crate::header::ModuleCell::new($crate::Module {
                    name: RStr::from_str(env!("CARGO_PKG_NAME")),
                    kind: $crate::ModuleKind::$kind,
                    units: RSlice::from_slice(__HOTPLATE_UNITS),
                    registered: RSlice::EMPTY,
                    crate_name: RStr::from_str(env!("CARGO_CRATE_NAME")),
                });

            extern "C" fn __hotplate_modules() -> RSlice<'static, $crate::Module> {
                // SAFETY: the linker defines the two symbols as the bounds of the section
                // that `#[plugin_fn]` and `__HOTPLATE_NONE` write descriptors into, and
                // nothing else does.
                unsafe {
                    __HOTPLATE_MODULE
                        .with_units_between(&raw const __HOTPLATE_START, &raw const __HOTPLATE_STOP)
                }
            }

            // The name starts with `HEADER_PREFIX`.
            #[unsafe(export_name = concat!("hotplate_module_header_", env!("CARGO_CRATE_NAME")))]
            pub static __HOTPLATE_HEADER: $crate::ModuleHeader = $crate::ModuleHeader {
                magic: $crate::header::MAGIC,
                api_major: $crate::API_MAJOR,
                api_minor: $crate::API_MINOR,
                unwinds: cfg!(panic = "unwind"),
                toolchain: RStr::from_str($crate::header::TOOLCHAIN),
                layout: $crate::header::module_layout,
                modules: __hotplate_modules,
                init: $crate::log::init,
            };
            $crate::StaticPlugin::new(&__HOTPLATE_HEADER)
        };
    };
}
