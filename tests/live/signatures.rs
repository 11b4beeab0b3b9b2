//! A swap that would break a live handle is refused before it is visible.

use hotplate::Stage;
use hotplate_tests::{Bench, next_rejection};

const ADD: &str = r#"
use hotplate_plugin_api::plugin_fn;

#[plugin_fn]
pub fn add(left: i64, right: i64) -> i64 {
    left + right
}

hotplate_plugin_api::plugin!();
"#;

#[test]
fn a_signature_change_under_a_live_handle_is_refused() {
    let bench = Bench::new("signature");
    let folder = bench.native("sums", ADD);
    let host = bench.host(&[&folder]);
    let events = host.events();
    let add = host.function::<(i64, i64), i64>(&folder, "add").unwrap();
    let file = format!("{folder}/src/lib.rs");
    let floats = ADD
        .replace("right: i64", "right: f64")
        .replace("+ right", "+ right as i64");

    bench.write(&file, &floats);
    let rejection = next_rejection(&events);
    assert_eq!(rejection.stage, Stage::Signature);
    let message = &rejection.diagnostics[0].message;
    assert!(message.contains("parameter 2 `right`"), "{message}");
    assert!(
        message.contains("expected type i64, found f64"),
        "{message}"
    );
    assert_eq!(add.call((1, 2)).unwrap(), 3);

    // Without the handle, the same change is welcome.
    drop(add);
    host.refresh()
        .expect("nothing stands in its way")
        .expect("it is published");
    let add = host.function::<(i64, f64), i64>(&folder, "add").unwrap();
    assert_eq!(add.call((1, 2.0)).unwrap(), 3);
    bench.write(&file, &floats.replace("left + right", "left - right"));
    host.refresh().expect("the signature stays");
    assert_eq!(add.call((1, 2.0)).unwrap(), -1);
}

#[test]
fn a_handle_of_another_signature_is_refused() {
    let bench = Bench::new("other_signature");
    let folder = bench.native("sums", ADD);
    let host = bench.host(&[&folder]);
    let error = host
        .function::<(i64,), i64>(&folder, "add")
        .expect_err("it takes two");
    assert!(error.is_incompatible());
    assert!(
        error
            .to_string()
            .contains("passes 1 arguments and the function takes 2 (left, right)"),
        "{error}"
    );
    let error = host
        .function::<(i64, i64), String>(&folder, "add")
        .expect_err("it returns a number");
    assert!(error.to_string().contains("result: "), "{error}");
}

#[test]
fn an_old_pin_does_not_let_a_new_handle_call_an_old_signature() {
    let bench = Bench::new("old_pin");
    let folder = bench.native("sums", ADD);
    let host = bench.host(&[&folder]);
    let pin = host.pin();
    let text = ADD
        .replace("left: i64, right: i64", "left: &str")
        .replace("left + right", "left.len() as i64");
    bench.write(&format!("{folder}/src/lib.rs"), &text);
    host.refresh().expect("no handle lives");
    let add = host.function::<(&str,), i64>(&folder, "add").unwrap();
    assert_eq!(add.call(("four",)).unwrap(), 4);
    let error = add
        .call_in(&pin, ("four",))
        .expect_err("it was another function");
    assert!(error.is_incompatible(), "{error}");
}

/// The crate that host and plugin share.
mod shapes {
    use abi_stable::StableAbi;

    #[repr(C)]
    #[derive(StableAbi, Debug, Clone, Copy, PartialEq)]
    pub(super) struct Point {
        pub x: f64,
        pub y: f64,
    }

    hotplate_plugin_api::plugin_type!(Point);
}

const MIRROR: &str = r#"
pub mod shapes {
    use abi_stable::StableAbi;

    #[repr(C)]
    #[derive(StableAbi)]
    pub struct Point {
        pub x: f64,
        pub y: f64,
    }

    hotplate_plugin_api::plugin_type!(Point);
}

use shapes::Point;
use hotplate_plugin_api::plugin_fn;

#[plugin_fn]
pub fn mirror(point: Point) -> Point {
    Point { x: point.y, y: point.x }
}

hotplate_plugin_api::plugin!();
"#;

#[test]
fn a_layout_change_is_refused_with_the_field_named() {
    use shapes::Point;

    let bench = Bench::new("layout");
    let folder = bench.native("mirror", MIRROR);
    // A type of the same name in a crate of the same name and version: what a shared
    // crate is to both sides.
    let manifest = format!("{folder}/Cargo.toml");
    let text = std::fs::read_to_string(bench.path(&manifest)).unwrap();
    bench.write(
        &manifest,
        &text.replace(&format!("name = \"{folder}\""), "name = \"hotplate-tests\""),
    );
    bench.depend(&folder, "abi_stable.workspace = true");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let mirror = host
        .function::<(Point,), Point>("hotplate-tests", "mirror")
        .expect("the layouts agree");
    let (one, two) = (Point { x: 1.0, y: 2.0 }, Point { x: 2.0, y: 1.0 });
    assert_eq!(mirror.call((one,)).unwrap(), two);

    let narrow = MIRROR.replace("pub y: f64", "pub y: f32").replace(
        "x: point.y, y: point.x",
        "x: point.y.into(), y: point.x as f32",
    );
    bench.write(&format!("{folder}/src/lib.rs"), &narrow);
    let rejection = next_rejection(&events);
    assert_eq!(rejection.stage, Stage::Signature);
    let message = &rejection.diagnostics[0].message;
    assert!(message.contains("`Point.y`"), "{message}");
    assert_eq!(mirror.call((one,)).unwrap(), two);
}
