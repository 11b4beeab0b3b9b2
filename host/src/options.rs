//! What a rendering can be told, and what bounds it.

/// How a template is rendered.
///
/// ```
/// use hotplate::RenderOptions;
///
/// let options = RenderOptions {
///     string_if_invalid: "???".to_owned(),
///     ..RenderOptions::default()
/// };
/// assert!(options.autoescape);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderOptions {
    /// Whether variables are escaped outside `{% autoescape %}`.
    pub autoescape: bool,
    /// What stands in place of a variable that does not resolve; `%s` in it becomes the
    /// variable's name.
    pub string_if_invalid: String,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            autoescape: true,
            string_if_invalid: String::new(),
        }
    }
}

/// Bounds of one rendering.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of output.
    pub(crate) output: usize,
    /// How deep includes, parents and blocks may nest.
    pub(crate) depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            output: 256 << 20,
            depth: 128,
        }
    }
}
