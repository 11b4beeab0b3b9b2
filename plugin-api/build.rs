//! Records the compiler and target this crate is built with, for the module header.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = env::var_os("RUSTC").expect("cargo sets RUSTC for build scripts");
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_else(|| "rustc of unknown version".to_owned());
    let target = env::var("TARGET").expect("cargo sets TARGET for build scripts");
    println!(
        "cargo::rustc-env=HOTPLATE_TOOLCHAIN={}; {target}",
        version.trim()
    );
}
