//! Lays the layers over each other: flags over variables over the file over the original's
//! variables over the defaults.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use config::{Config, ConfigError};
use toml::Value;

use crate::{
    Settings, check,
    explain::explain,
    file,
    keys::Keys,
    layer::Layer,
    problem::{Origin, Problems},
    show::{self, Shown},
    variables::{self, Variables},
};

/// The file that is read when no other is named and it is there.
pub const DEFAULT_FILE: &str = "hubbub.toml";

/// What the settings are made from.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// What the command line says.
    pub flags: Flags,
    /// The environment; [`crate::process_variables`] reads the process's.
    pub variables: Variables,
    /// The file to read. Not naming one means [`DEFAULT_FILE`] below `folder`, if it is there.
    pub file: Option<PathBuf>,
    /// Where [`DEFAULT_FILE`] is looked for; empty is the working directory.
    pub folder: PathBuf,
}

/// What the command line can say.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--listen`, as often as it is given; none says nothing.
    pub listen: Vec<SocketAddr>,
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--no-limits`.
    pub no_limits: bool,
}

/// The settings, and where each of them comes from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Checked and ready to use.
    pub settings: Settings,
    /// The file that was read, if one was.
    pub file: Option<PathBuf>,
    layers: Vec<Layer>,
}

impl Loaded {
    /// Where a key's value comes from.
    #[must_use]
    pub fn origin(&self, key: &str) -> Origin {
        origin(&self.layers, key)
            .cloned()
            .unwrap_or(Origin::Default)
    }

    /// What else is wrong with the settings, as those found out who understand them: keys, and
    /// what to do. `None` when nothing is.
    #[must_use]
    pub fn problems(&self, faults: impl IntoIterator<Item = (String, String)>) -> Option<Problems> {
        let mut problems = Problems::default();
        for (key, text) in faults {
            let origin = origin(&self.layers, &key).cloned();
            problems.add(origin, Some(&key), text);
        }
        (!problems.0.is_empty()).then_some(problems)
    }

    /// Every key with its value and origin, by name, single values before sections; secrets as
    /// `***`.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown> {
        show::rows(&self.settings, |key| self.origin(key))
    }
}

/// Reads the settings and checks them.
///
/// # Errors
/// All that is wrong, each with its key, its origin and what to do: unknown keys, wrong types,
/// values that make no sense, a file that cannot be read.
pub fn load(inputs: &Inputs) -> Result<Loaded, Problems> {
    let keys = Keys::all();
    let mut problems = Problems::default();
    let path = file_of(inputs);
    let from_file = path
        .as_deref()
        .map(|path| file::read(path, &keys, &mut problems));
    let mut layers = vec![
        variables::original(&inputs.variables, &keys, &mut problems),
        from_file.unwrap_or_default(),
        variables::ours(&inputs.variables, &keys, &mut problems),
        from_flags(&inputs.flags),
    ];
    let settings = merge(&mut layers, &mut problems);
    for (key, text) in check::check(&settings) {
        let origin = origin(&layers, &key).cloned();
        problems.add(origin, Some(&key), text);
    }
    if !problems.0.is_empty() {
        return Err(problems);
    }
    Ok(Loaded {
        settings,
        file: path,
        layers,
    })
}

fn file_of(inputs: &Inputs) -> Option<PathBuf> {
    let found = || Some(inputs.folder.join(DEFAULT_FILE)).filter(|path| path.is_file());
    inputs.file.clone().or_else(found)
}

fn from_flags(flags: &Flags) -> Layer {
    let mut layer = Layer::default();
    if !flags.listen.is_empty() {
        let addresses = flags.listen.iter().map(|a| Value::String(a.to_string()));
        let addresses = Value::Array(addresses.collect());
        layer.set("listen", addresses, Origin::Flag("--listen"));
    }
    if let Some(data) = &flags.data {
        let data = Value::String(path_text(data));
        layer.set("data", data, Origin::Flag("--data"));
    }
    if flags.no_limits {
        layer.set(
            "no_limits",
            Value::Boolean(true),
            Origin::Flag("--no-limits"),
        );
    }
    layer
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Lays the layers over the defaults. What cannot be read becomes a problem and is left out, so
/// that one look finds all of them.
fn merge(layers: &mut [Layer], problems: &mut Problems) -> Settings {
    loop {
        let error = match try_merge(layers) {
            Ok(settings) => return settings,
            Err(error) => error,
        };
        let (key, text) = explain(&error);
        let place = origin(layers, &key).cloned();
        problems.add(place, Some(&key), text);
        let Some(key) = drop_key(layers, &key) else {
            return Settings::default();
        };
        layers.iter_mut().for_each(|layer| layer.drop(&key));
    }
}

fn try_merge(layers: &[Layer]) -> Result<Settings, ConfigError> {
    let defaults = Config::try_from(&Settings::default())?;
    let mut builder = Config::builder().add_source(defaults);
    for layer in layers {
        builder = builder.add_source(layer.clone());
    }
    builder.build()?.try_deserialize()
}

/// The key that a layer knows and that the faulty key lies in.
fn drop_key(layers: &[Layer], key: &str) -> Option<String> {
    let whole = key.split('[').next().unwrap_or(key).to_owned();
    layers
        .iter()
        .any(|layer| layer.has(&whole))
        .then_some(whole)
}

/// The uppermost layer that speaks of a key decides.
fn origin<'a>(layers: &'a [Layer], key: &str) -> Option<&'a Origin> {
    let top = layers.iter().rev().find(|layer| {
        let whole = key.split('[').next().unwrap_or(key);
        layer.has(whole) || layer.has(key)
    });
    top.and_then(|layer| layer.origin(key))
}
