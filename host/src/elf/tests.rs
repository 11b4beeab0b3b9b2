//! Libraries that are broken in every way.

use super::*;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

fn compile(directory: &Path, kind: &str, source: &str) -> PathBuf {
    let (input, output) = (directory.join("library.rs"), directory.join("library.so"));
    fs::write(&input, source).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc)
        .args([
            "--edition=2024",
            "-Cpanic=abort",
            "--crate-type",
            kind,
            "-o",
        ])
        .args([&output, &input])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{errors}");
    output
}

/// A library with the right symbol, and one without.
fn libraries() -> &'static [Vec<u8>; 2] {
    static LIBRARIES: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    LIBRARIES.get_or_init(|| {
        let frame =
            "#![no_std]\n#[panic_handler] fn p(_: &core::panic::PanicInfo) -> ! { loop {} }\n";
        ["hotplate_module_header_one", "another_symbol"].map(|symbol| {
            let directory = tempfile::tempdir().unwrap();
            let source = format!(
                "{frame}#[unsafe(no_mangle)] pub static {symbol}: u64 = 7;\n\
                 #[link(name = \"c\")] unsafe extern \"C\" {{ safe fn getpid() -> i32; }}\n\
                 #[unsafe(no_mangle)] pub extern \"C\" fn f() -> i32 {{ getpid() }}\n"
            );
            fs::read(compile(directory.path(), "cdylib", &source)).unwrap()
        })
    })
}

fn with(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut data = libraries()[0].clone();
    change(&mut data);
    data
}

#[track_caller]
fn check(data: &[u8], expected: &str) {
    let error = check_bytes(data).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn a_plugin_passes_and_names_what_it_needs() {
    let library = check_bytes(&libraries()[0]).unwrap();
    assert!(
        library
            .needed
            .iter()
            .any(|name| name.starts_with("libc.so")),
        "{library:?}"
    );
    assert_eq!(library.crates, ["one"]);
}

#[test]
fn the_header_of_the_librarys_own_crate_counts() {
    let names = |crates: &[&str]| crates.iter().map(|name| (*name).to_owned()).collect();
    let check = |wanted: Wanted<'_>, crates: &[&str], expected: &str| {
        let crates: Vec<String> = names(crates);
        let chosen = match wanted.choose(&crates) {
            Ok(name) => name.to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(chosen.contains(expected), "{wanted:?} {crates:?}: {chosen}");
    };
    check(Wanted::Crate("my_site"), &["base", "my_site"], "my_site");
    check(
        Wanted::Crate("site"),
        &["base"],
        "does not export `hotplate_module_header_site`, only the headers of crates that it \
         links: base",
    );
    check(Wanted::File(Path::new("/x/v7.so")), &["site"], "site");
    let both = ["base", "my_site"];
    check(
        Wanted::File(Path::new("/x/libmy-site.so")),
        &both,
        "my_site",
    );
    check(
        Wanted::File(Path::new("/x/v7.so")),
        &both,
        "holds several plugin crates: base, my_site; name the file after",
    );
}

#[test]
fn what_is_not_a_library_is_named() {
    check(b"", "is empty");
    check(b"#!/bin/sh\necho\n", "is text, not a shared library");
    check("ünïcode".as_bytes(), "is text");
    check(&[0; 4096], "is filled with zeros");
    check(b"!<arch>\nrest", "is a static library");
    check(b"\x01\x02\x03\x00", "is unknown data");
    check(
        b"\x7fELF\x02\x01\x01",
        "is truncated: the header alone has 64 bytes, the file 7",
    );
    let directory = tempfile::tempdir().unwrap();
    let error = super::check(directory.path()).unwrap_err();
    assert!(matches!(error, ElfError::Unreadable(_)) && error.source().is_some());
}

#[test]
fn other_machines_and_kinds_are_refused() {
    check(
        &with(|data| data[4] = 1),
        "is built for a machine of 32 bits, this host runs",
    );
    check(&with(|data| data[5] ^= 3), "the other byte order");
    let other = if std::env::consts::ARCH == "aarch64" {
        (62, "x86_64")
    } else {
        (183, "aarch64")
    };
    check(
        &with(|data| data[18] = other.0),
        &format!("is built for {}", other.1),
    );
    check(&with(|data| data[18] = 255), "machine number 255");
    check(
        &with(|data| data[16] = 1),
        "is an object file, not a shared library",
    );
    check(&with(|data| data[16] = 2), "is a program, not");
    check(&with(|data| data[16] = 4), "is a core dump, not");
    check(&libraries()[1], "does not export a symbol that starts with");
}

#[test]
fn cut_and_zeroed_files_are_refused_at_every_length() {
    let whole = &libraries()[0];
    let step = (whole.len() / 400).max(1);
    for length in (0..whole.len()).step_by(step).chain([whole.len() - 1]) {
        assert!(check_bytes(&whole[..length]).is_err(), "cut to {length}");
    }
    check(
        &whole[..whole.len() - 1],
        "is truncated: the table of sections ends at byte",
    );
    for kept in [64, whole.len() / 2, whole.len() - 2048] {
        let zeroed = with(|data| data[kept..].fill(0));
        assert!(check_bytes(&zeroed).is_err(), "zeroed from {kept}");
    }
    check(
        &with(|data| {
            let end = data.len() - 2048;
            data[end..].fill(0)
        }),
        "is blank",
    );
}

#[test]
fn flipped_bits_never_panic() {
    let whole = &libraries()[0];
    let step = (whole.len() / 3000).max(1);
    for at in (0..1024).chain((1024..whole.len()).step_by(step)) {
        for bit in [0, 7] {
            // Whether it passes depends on the place; that it returns is the point.
            let _ = check_bytes(&with(|data| data[at] ^= 1 << bit));
        }
    }
}
