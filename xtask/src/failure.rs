//! Why a command could not do its work.

use std::error::Error;
use std::fmt;

/// One line for the person at the terminal.
#[derive(Debug)]
pub struct Failure {
    doing: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure with no cause but itself.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            doing: message.into(),
            source: None,
        }
    }

    /// Makes an error say what could not be done.
    ///
    /// ```
    /// use xtask::failure::Failure;
    ///
    /// let read = std::fs::read("there/is/none").map_err(Failure::at("cannot read the file"));
    /// assert!(read.is_err_and(|failure| failure.to_string().starts_with("cannot read the file: ")));
    /// ```
    pub fn at<E: Error + Send + Sync + 'static>(
        doing: impl Into<String>,
    ) -> impl FnOnce(E) -> Self {
        move |error| Self {
            doing: doing.into(),
            source: Some(Box::new(error)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.doing)?;
        let mut source = self.source.as_deref().map(|source| source as &dyn Error);
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl Error for Failure {}
