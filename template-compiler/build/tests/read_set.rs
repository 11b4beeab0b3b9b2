//! Reading template sets from a directory.

use std::fs;
use std::path::Path;

use hotplate_template_build::read_set;

fn write(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("the name has a folder")).expect("folders are made");
    fs::write(path, bytes).expect("the file is written");
}

#[test]
fn names_are_relative_sorted_and_without_what_editors_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let names = [
        "z.html",
        "a/c.html",
        "a/b/x.txt",
        "a.html",
        ".hidden",
        ".git/y.html",
        "z.html~",
        ".#z.html",
        "#z.html#",
        ".z.html.swp",
        "z.swp",
        "4913",
    ];
    for name in names {
        write(root, name, b"");
    }
    let found = read_set(root).expect("the set can be read");
    let found: Vec<&str> = found.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(found, ["a.html", "a/b/x.txt", "a/c.html", "z.html"]);
}

#[test]
fn line_ends_become_line_feeds_and_a_byte_order_mark_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "t", "\u{feff}a\r\nb\rc\nd".as_bytes());
    let found = read_set(folder.path()).expect("the set can be read");
    assert_eq!(found[0].text, "\u{feff}a\nb\nc\nd");
}

#[test]
fn a_file_that_is_not_text_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "ok.html", b"");
    write(folder.path(), "a/bad.html", b"abc\xff");
    let error = read_set(folder.path())
        .expect_err("one file is not UTF-8")
        .to_string();
    assert!(error.contains("bad.html"), "{error}");
    assert!(error.ends_with("it is not UTF-8 from byte 3 on"), "{error}");
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("nonesuch");
    let error = read_set(&missing)
        .expect_err("there is nothing")
        .to_string();
    assert!(error.contains("nonesuch"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    write(root, "real/a.html", b"a");
    std::os::unix::fs::symlink(root.join("real/a.html"), root.join("b.html")).expect("a link");
    std::os::unix::fs::symlink(root.join("real"), root.join("linked")).expect("a link");
    let found = read_set(root).expect("the set can be read");
    let found: Vec<&str> = found.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(found, ["b.html", "linked/a.html", "real/a.html"]);
    std::os::unix::fs::symlink(root, root.join("real/back")).expect("a link");
    assert!(read_set(root).is_err());
}
