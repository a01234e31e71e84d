//! A fold with a gate: sheep go in, sheep come out, and none is lost.

use std::collections::BTreeSet;
use std::fmt;

/// What can go wrong at the gate.
#[derive(Debug, PartialEq)]
enum GateError {
    /// The sheep is inside already.
    AlreadyInside(String),
    /// The sheep is not inside.
    NotInside(String),
    /// There is no more room.
    Full(usize),
}

impl fmt::Display for GateError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GateError::AlreadyInside(name) => write!(out, "{name} is inside already"),
            GateError::NotInside(name) => write!(out, "{name} is not inside"),
            GateError::Full(room) => write!(out, "the fold holds {room} and no more"),
        }
    }
}

/// A ring of stones with room for a number of sheep.
struct Fold {
    room: usize,
    inside: BTreeSet<String>,
}

impl Fold {
    fn new(room: usize) -> Self {
        Fold { room, inside: BTreeSet::new() }
    }

    /// Lets one sheep in.
    fn enter(&mut self, name: &str) -> Result<usize, GateError> {
        if self.inside.contains(name) {
            return Err(GateError::AlreadyInside(name.to_string()));
        }
        if self.inside.len() == self.room {
            return Err(GateError::Full(self.room));
        }
        self.inside.insert(name.to_string());
        Ok(self.inside.len())
    }

    /// Lets one sheep out.
    fn leave(&mut self, name: &str) -> Result<usize, GateError> {
        if self.inside.remove(name) {
            Ok(self.inside.len())
        } else {
            Err(GateError::NotInside(name.to_string()))
        }
    }
}

fn main() {
    let mut fold = Fold::new(3);
    for name in ["Clover", "Thistle", "Clover", "Hazel", "Juniper"] {
        match fold.enter(name) {
            Ok(count) => println!("{name} goes in, now there are {count}"),
            Err(error) => println!("the gate stays shut: {error}"),
        }
    }
    if let Err(error) = fold.leave("Button") {
        println!("nobody comes out: {error}");
    }
}
