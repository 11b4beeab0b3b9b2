//! From the module that a function stands in to the library that it belongs to.

/// The library of a module, by its path below the crate: `custom` of `crate::custom` and of
/// `crate::templatetags::custom`, `sub.echo` of `crate::templatetags::sub::echo`. The crate
/// root gives the crate's own name.
///
/// ```
/// use hotplate_plugin_attributes::library_of;
///
/// assert_eq!(library_of("shop", &["prices"]), "prices");
/// assert_eq!(library_of("shop", &["templatetags", "sub", "echo"]), "sub.echo");
/// assert_eq!(library_of("shop", &[]), "shop");
/// ```
pub fn library_of(crate_name: &str, modules: &[&str]) -> String {
    let Some((_, around)) = modules.split_last() else {
        return crate_name.to_owned();
    };
    let folder = around.iter().rposition(|module| *module == "templatetags");
    let start = folder.map_or(0, |place| place + 1);
    modules[start..].join(".")
}
