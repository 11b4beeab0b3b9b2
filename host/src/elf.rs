//! What can be said of a library without loading it.
//!
//! `dlopen` is no error boundary: it crashes on a truncated file and waits for
//! ever on a FIFO. So the file's headers are checked first, on the private copy
//! that will be loaded. That refuses what is broken by accident, with words that
//! say what is wrong; it is no defence against a file made to harm.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use hotplate_plugin_api::header::HEADER_PREFIX;
use object::elf;
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use object::{Endianness, ReadRef};

use crate::artifact::Artifact;

type Header = elf::FileHeader64<Endianness>;

/// What a plugin's library says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Library {
    /// The shared libraries that it needs, by name.
    pub(crate) needed: Vec<String>,
    /// The plugin crates whose headers it exports, at least one: a library that links
    /// another plugin's crate exports that one's, too.
    pub(crate) crates: Vec<String>,
}

/// A library that can be loaded.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) artifact: Artifact,
    /// The symbol of the header to read.
    pub(crate) header: String,
}

/// Whose header of a library counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'w> {
    /// That of the crate with this name, which the library was built from.
    Crate(&'w str),
    /// The only one, or that of the crate that this file is named after.
    File(&'w Path),
}

impl Wanted<'_> {
    /// Chooses one of the crates whose headers there are.
    fn choose(self, crates: &[String]) -> Result<&str, ElfError> {
        let named = |wanted: &str| {
            let found = crates.iter().find(|name| name.as_str() == wanted);
            found.map(String::as_str)
        };
        let found = match self {
            Wanted::Crate(wanted) => named(wanted),
            Wanted::File(path) => match crates {
                [only] => Some(only.as_str()),
                _ => {
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                    named(&stem.strip_prefix("lib").unwrap_or(&stem).replace('-', "_"))
                }
            },
        };
        found.ok_or_else(|| ElfError::OtherHeaders {
            wanted: match self {
                Wanted::Crate(wanted) => Some(wanted.to_owned()),
                Wanted::File(_) => None,
            },
            crates: crates.to_vec(),
        })
    }
}

/// Why a file cannot be loaded as a plugin. The text follows the file's name.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum ElfError {
    /// The file could not be read.
    Unreadable(io::Error),
    /// There is nothing in it.
    Empty,
    /// It is not an ELF file but, as far as one can tell, this.
    NotElf { what: &'static str },
    /// It is an ELF file of another kind, such as a program.
    NotShared { what: &'static str },
    /// It is for another kind of machine.
    OtherMachine { built_for: String },
    /// Some of it is missing.
    Truncated { what: String },
    /// Its tables contradict each other.
    Damaged { what: String },
    /// It lacks the symbol that every plugin exports.
    NoHeader,
    /// It exports headers of these crates, and none is the wanted one.
    OtherHeaders {
        wanted: Option<String>,
        crates: Vec<String>,
    },
}

impl fmt::Display for ElfError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ElfError::Unreadable(_) => formatter.write_str("cannot be read"),
            ElfError::Empty => formatter.write_str("is empty"),
            ElfError::NotElf { what } | ElfError::NotShared { what } => {
                write!(formatter, "is {what}, not a shared library")
            }
            ElfError::OtherMachine { built_for } => write!(
                formatter,
                "is built for {built_for}, this host runs {}",
                std::env::consts::ARCH
            ),
            ElfError::Truncated { what } => write!(formatter, "is truncated: {what}"),
            ElfError::Damaged { what } => write!(formatter, "is damaged: {what}"),
            ElfError::NoHeader => write!(
                formatter,
                "does not export a symbol that starts with `{HEADER_PREFIX}`; put \
                 `hotplate_plugin_api::plugin!();` in the crate's root"
            ),
            ElfError::OtherHeaders {
                wanted: Some(wanted),
                crates,
            } => write!(
                formatter,
                "does not export `{HEADER_PREFIX}{wanted}`, only the headers of crates that it \
                 links: {}; put `hotplate_plugin_api::plugin!();` in the root of {wanted}",
                crates.join(", ")
            ),
            ElfError::OtherHeaders {
                wanted: None,
                crates,
            } => write!(
                formatter,
                "holds several plugin crates: {}; name the file after the one that it was built \
                 from, as cargo does: lib{}.so",
                crates.join(", "),
                crates.first().map_or("NAME", String::as_str)
            ),
        }
    }
}

impl Error for ElfError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ElfError::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}

impl From<object::Error> for ElfError {
    fn from(error: object::Error) -> ElfError {
        ElfError::Damaged {
            what: error.to_string().to_lowercase(),
        }
    }
}

/// Checks that an artifact is a whole shared library for this machine that exports the
/// header that is wanted.
pub(crate) fn verify(artifact: Artifact, wanted: Wanted<'_>) -> Result<Verified, ElfError> {
    let library = check(artifact.path())?;
    let header = format!("{HEADER_PREFIX}{}", wanted.choose(&library.crates)?);
    Ok(Verified { artifact, header })
}

fn check(path: &Path) -> Result<Library, ElfError> {
    let data = fs::read(path).map_err(ElfError::Unreadable)?;
    check_bytes(&data)
}

fn check_bytes(data: &[u8]) -> Result<Library, ElfError> {
    check_identity(data)?;
    let header = Header::parse(data)?;
    let endian = header.endian()?;
    check_machine(header.e_machine(endian))?;
    match header.e_type(endian) {
        elf::ET_DYN => {}
        elf::ET_EXEC => return Err(ElfError::NotShared { what: "a program" }),
        elf::ET_REL => {
            return Err(ElfError::NotShared {
                what: "an object file",
            });
        }
        elf::ET_CORE => {
            return Err(ElfError::NotShared {
                what: "a core dump",
            });
        }
        _ => {
            return Err(ElfError::NotShared {
                what: "an unknown kind of ELF file",
            });
        }
    }
    check_segments(header, endian, data)?;
    let sections = check_sections(header, endian, data)?;
    let needed = needed_libraries(header, endian, data, &sections)?;
    let crates = plugin_crates(endian, data, &sections)?;
    Ok(Library { needed, crates })
}

/// Magic, class and byte order.
fn check_identity(data: &[u8]) -> Result<(), ElfError> {
    if data.is_empty() {
        return Err(ElfError::Empty);
    }
    if !data.starts_with(&elf::ELFMAG) {
        return Err(ElfError::NotElf { what: guess(data) });
    }
    if data.len() < size_of::<Header>() {
        return Err(ElfError::Truncated {
            what: format!(
                "the header alone has {} bytes, the file {}",
                size_of::<Header>(),
                data.len()
            ),
        });
    }
    let expected_class = if cfg!(target_pointer_width = "64") {
        elf::ELFCLASS64
    } else {
        elf::ELFCLASS32
    };
    if data[4] != expected_class || expected_class != elf::ELFCLASS64 {
        let bits = if data[4] == elf::ELFCLASS32 {
            "32"
        } else {
            "an unknown number of"
        };
        return Err(ElfError::OtherMachine {
            built_for: format!("a machine of {bits} bits"),
        });
    }
    let own_order = if cfg!(target_endian = "little") {
        elf::ELFDATA2LSB
    } else {
        elf::ELFDATA2MSB
    };
    if data[5] != own_order {
        return Err(ElfError::OtherMachine {
            built_for: "a machine of the other byte order".to_owned(),
        });
    }
    Ok(())
}

fn guess(data: &[u8]) -> &'static str {
    let start = &data[..data.len().min(512)];
    let kinds: [(&[u8], &str); 6] = [
        (b"!<arch>\n", "a static library"),
        (b"MZ", "a Windows library or program"),
        (b"\xcf\xfa\xed\xfe", "a macOS library or program"),
        (b"\x1f\x8b", "a compressed file"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\0asm", "a WebAssembly module"),
    ];
    if let Some((_, what)) = kinds.iter().find(|(magic, _)| start.starts_with(magic)) {
        return what;
    }
    let is_text =
        |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace() || *byte >= 0x80;
    if start.iter().all(is_text) {
        "text"
    } else if start.iter().all(|byte| *byte == 0) {
        "filled with zeros"
    } else {
        "unknown data"
    }
}

fn check_machine(machine: u16) -> Result<(), ElfError> {
    let machines = [
        (elf::EM_X86_64, "x86_64"),
        (elf::EM_AARCH64, "aarch64"),
        (elf::EM_RISCV, "riscv64"),
        (elf::EM_PPC64, "powerpc64"),
        (elf::EM_S390, "s390x"),
        (elf::EM_LOONGARCH, "loongarch64"),
        (elf::EM_386, "x86"),
        (elf::EM_ARM, "arm"),
    ];
    let known = machines.iter().find(|(number, _)| *number == machine);
    match known {
        Some((_, name)) if *name == std::env::consts::ARCH => Ok(()),
        Some((_, name)) => Err(ElfError::OtherMachine {
            built_for: (*name).to_owned(),
        }),
        None => Err(ElfError::OtherMachine {
            built_for: format!("machine number {machine}"),
        }),
    }
}

fn check_extent(what: &str, offset: u64, size: u64, data: &[u8]) -> Result<(), ElfError> {
    let end = offset.checked_add(size);
    if end.is_some_and(|end| end <= data.len() as u64) {
        return Ok(());
    }
    let end = end.map_or_else(
        || "beyond all bounds".to_owned(),
        |end| format!("at byte {end}"),
    );
    Err(ElfError::Truncated {
        what: format!("{what} ends {end}, the file has {}", data.len()),
    })
}

fn check_segments(header: &Header, endian: Endianness, data: &[u8]) -> Result<(), ElfError> {
    let count = u64::from(header.e_phnum.get(endian));
    let size = count * size_of::<elf::ProgramHeader64<Endianness>>() as u64;
    check_extent("the table of segments", header.e_phoff(endian), size, data)?;
    let segments = header.program_headers(endian, data)?;
    let mut loaded = false;
    for (number, segment) in segments.iter().enumerate() {
        let kind = segment.p_type(endian);
        loaded |= kind == elf::PT_LOAD;
        let (offset, size) = segment.file_range(endian);
        check_extent(&format!("segment {number}"), offset, size, data)?;
        if kind == elf::PT_LOAD && segment.p_memsz(endian) < segment.p_filesz(endian) {
            return Err(ElfError::Damaged {
                what: format!("segment {number} is larger in the file than in memory"),
            });
        }
    }
    if !loaded {
        return Err(ElfError::Damaged {
            what: "it has no segment to load".to_owned(),
        });
    }
    Ok(())
}

fn check_sections<'data>(
    header: &Header,
    endian: Endianness,
    data: &'data [u8],
) -> Result<SectionTable<'data, Header>, ElfError> {
    let count = u64::from(header.e_shnum.get(endian));
    if count == 0 {
        return Err(ElfError::Damaged {
            what: "it has no table of sections".to_owned(),
        });
    }
    // The table stands at the end, so it is what a cut or a zeroed tail takes first.
    let size = count * size_of::<elf::SectionHeader64<Endianness>>() as u64;
    check_extent("the table of sections", header.e_shoff(endian), size, data)?;
    let headers: &'data [elf::SectionHeader64<Endianness>] = data
        .read_slice_at(
            header.e_shoff(endian),
            usize::from(header.e_shnum.get(endian)),
        )
        .map_err(|()| ElfError::Damaged {
            what: "the table of sections is misplaced".to_owned(),
        })?;
    let names = headers.get(usize::from(header.e_shstrndx.get(endian)));
    if names.is_none_or(|names| names.sh_type(endian) != elf::SHT_STRTAB) {
        return Err(ElfError::Truncated {
            what: "the table of sections is blank".to_owned(),
        });
    }
    for (number, section) in headers.iter().enumerate() {
        let kind = section.sh_type(endian);
        if kind != elf::SHT_NOBITS && kind != elf::SHT_NULL {
            let (offset, size) = (section.sh_offset(endian), section.sh_size(endian));
            check_extent(&format!("section {number}"), offset, size, data)?;
        }
    }
    Ok(header.sections(endian, data)?)
}

fn needed_libraries(
    header: &Header,
    endian: Endianness,
    data: &[u8],
    sections: &SectionTable<'_, Header>,
) -> Result<Vec<String>, ElfError> {
    let damaged = |what: &str| ElfError::Damaged {
        what: what.to_owned(),
    };
    let segments = header.program_headers(endian, data)?;
    let dynamic = segments
        .iter()
        .find_map(|segment| segment.dynamic(endian, data).transpose());
    let dynamic = dynamic.ok_or_else(|| damaged("it has no dynamic section"))??;
    if !dynamic
        .iter()
        .any(|entry| entry.tag32(endian) == Some(elf::DT_STRTAB))
    {
        return Err(damaged("its dynamic section is blank"));
    }
    let (_, names) = sections
        .dynamic(endian, data)?
        .ok_or_else(|| damaged("it has no dynamic section"))?;
    let names = sections.strings(endian, data, names)?;
    let mut needed = Vec::new();
    for entry in dynamic {
        if entry.tag32(endian) == Some(elf::DT_NULL) {
            break;
        }
        if entry.tag32(endian) == Some(elf::DT_NEEDED) {
            let name = entry.string(endian, names)?;
            needed.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    Ok(needed)
}

fn plugin_crates(
    endian: Endianness,
    data: &[u8],
    sections: &SectionTable<'_, Header>,
) -> Result<Vec<String>, ElfError> {
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    let mut crates = Vec::new();
    for symbol in symbols.iter() {
        let name = symbol.name(endian, symbols.strings())?;
        if let Some(name) = name.strip_prefix(HEADER_PREFIX.as_bytes())
            && let Ok(name) = str::from_utf8(name)
            && !symbol.is_undefined(endian)
        {
            crates.push(name.to_owned());
        }
    }
    if crates.is_empty() {
        return Err(ElfError::NoHeader);
    }
    crates.sort();
    Ok(crates)
}

#[cfg(test)]
mod tests;
