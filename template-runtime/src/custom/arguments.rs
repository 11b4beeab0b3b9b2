//! From the arguments of a call to the parameters of a function, as Python binds them.

use hotplate_plugin_api::value::Value;

use crate::{Error, Result};

/// A parameter that has a name.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    /// The name.
    pub name: &'static str,
    /// Whether it can be left out.
    pub optional: bool,
}

/// The parameters of a filter's or a tag's function.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The function's name, as exceptions tell it.
    pub function: &'static str,
    /// How many arguments it gets that no template gives: context and content.
    pub implicit: usize,
    /// Those that can be given by position.
    pub positional: &'static [Argument],
    /// Whether more are taken by position.
    pub args: bool,
    /// Those that can be given by name alone.
    pub keyword: &'static [Argument],
    /// Whether more are taken by name.
    pub kwargs: bool,
}

/// Arguments, each with the parameter that it is for.
#[derive(Debug)]
pub struct Bound<'v> {
    values: Vec<Option<&'v Value>>,
    /// What is given by position beyond the parameters.
    pub args: Vec<Value>,
    /// What is given by name beyond the parameters.
    pub kwargs: Vec<(String, Value)>,
}

impl<'v> Bound<'v> {
    /// The value of a parameter: positional ones first, then those by name alone.
    pub fn value(&self, index: usize) -> Option<&'v Value> {
        self.values.get(index).copied().flatten()
    }
}

impl Signature {
    /// Gives each argument to its parameter.
    ///
    /// Most of what can be wrong is wrong in a template, and told when that is compiled;
    /// what is left is told here, as when a function has changed since.
    ///
    /// # Errors
    ///
    /// `TypeError`, in Python's words.
    pub fn bind<'v, 'n>(
        &self,
        positional: impl Iterator<Item = &'v Value>,
        keywords: impl Iterator<Item = (&'n str, &'v Value)>,
    ) -> Result<Bound<'v>> {
        let count = self.positional.len();
        let mut bound = Bound {
            values: vec![None; count + self.keyword.len()],
            args: Vec::new(),
            kwargs: Vec::new(),
        };
        let mut given = 0;
        for value in positional {
            if given < count {
                bound.values[given] = Some(value);
            } else if self.args {
                bound.args.push(value.clone());
            }
            given += 1;
        }
        for (name, value) in keywords {
            let mut parameters = self.positional.iter().chain(self.keyword);
            let repeated = match parameters.position(|parameter| parameter.name == name) {
                Some(place) => bound.values[place].replace(value).is_some(),
                None if !self.kwargs => {
                    return Err(
                        self.refuse(&format!("got an unexpected keyword argument '{name}'"))
                    );
                }
                None => {
                    bound.kwargs.push((name.to_owned(), value.clone()));
                    false
                }
            };
            if repeated {
                return Err(self.refuse(&format!("got multiple values for argument '{name}'")));
            }
        }
        if given > count && !self.args {
            return Err(self.too_many(given));
        }
        self.check_missing(self.positional, &bound.values[..count], "positional")?;
        self.check_missing(self.keyword, &bound.values[count..], "keyword-only")?;
        Ok(bound)
    }

    fn check_missing(
        &self,
        parameters: &[Argument],
        values: &[Option<&Value>],
        kind: &str,
    ) -> Result<()> {
        let missing: Vec<String> = parameters
            .iter()
            .zip(values)
            .filter(|(parameter, value)| !parameter.optional && value.is_none())
            .map(|(parameter, _)| format!("'{}'", parameter.name))
            .collect();
        let names = match missing.as_slice() {
            [] => return Ok(()),
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
        };
        let count = missing.len();
        let s = plural(count);
        Err(self.refuse(&format!(
            "missing {count} required {kind} argument{s}: {names}"
        )))
    }

    fn too_many(&self, given: usize) -> Error {
        let most = self.positional.len() + self.implicit;
        let optional = self
            .positional
            .iter()
            .filter(|parameter| parameter.optional);
        let least = most - optional.count();
        let (takes, s) = if least == most {
            (most.to_string(), plural(most))
        } else {
            (format!("from {least} to {most}"), "s")
        };
        let given = given + self.implicit;
        let were = if given == 1 { "was" } else { "were" };
        self.refuse(&format!(
            "takes {takes} positional argument{s} but {given} {were} given"
        ))
    }

    fn refuse(&self, what: &str) -> Error {
        Error::type_error(format!("{}() {what}", self.function))
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
