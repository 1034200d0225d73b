//! A directory in which the program is driven as other programs drive it.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A directory of its own for each test, in which the program runs.
pub struct Sandbox(pub TempDir);

impl Sandbox {
    pub fn new() -> Self {
        Sandbox(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn names(&self) -> Vec<String> {
        self.names_in(".")
    }

    pub fn names_in(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(directory)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    pub fn contam(&self, line: &str) -> Output {
        command(self.0.path(), line).output().unwrap()
    }

    /// The one document of a command that succeeds.
    #[track_caller]
    pub fn document(&self, line: &str) -> Value {
        let output = self.contam(line);
        assert!(output.status.success(), "contam {line}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A command that must be refused: status 2, nothing on standard output, an error that says all this.
    #[track_caller]
    pub fn check_refused(&self, line: &str, named: &[&str]) {
        let output = self.contam(line);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "contam {line}: {message}");
        assert!(output.stdout.is_empty(), "contam {line}");
        let has_error = message.lines().any(|line| line.starts_with("error: "));
        assert!(has_error, "contam {line}: {message}");
        for name in named {
            assert!(message.contains(name), "contam {line}: {name} is missing in {message}");
        }
    }
}

pub fn command(directory: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contam"));
    command.current_dir(directory).args(line.split_whitespace());
    command
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A NumPy file of version 1.0.
pub fn npy(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}");
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

pub fn vector(entries: &[f64]) -> Vec<u8> {
    let data: Vec<u8> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    npy("<f8", &format!("({},)", entries.len()), &data)
}
