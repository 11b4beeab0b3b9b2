//! Compiles `templates/` to Rust.

fn main() {
    hotplate_template_build::build_script();
}
