//! What all operations share: arguments, keys, the order of random reads, and how a measurement is taken.

use std::collections::HashMap;
use std::error::Error;
use std::time::Instant;

pub type Failure = Box<dyn Error>;
pub type Outcome = Result<Measurement, Failure>;

pub const KEY_LEN: usize = 16;

pub struct Arguments(HashMap<String, String>);

impl Arguments {
    /// Takes words of the form `name=value`; others count for nothing.
    pub fn new(words: impl Iterator<Item = String>) -> Self {
        let pair = |word: String| {
            let (name, value) = word.split_once('=')?;
            Some((name.to_string(), value.to_string()))
        };
        Arguments(words.filter_map(pair).collect())
    }

    pub fn text(&self, name: &str) -> &str {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("expected {name}=VALUE"))
    }

    pub fn number(&self, name: &str) -> u64 {
        let text = self.text(name);
        text.parse()
            .unwrap_or_else(|_| panic!("expected {name}=NUMBER, got {text}"))
    }

    pub fn size(&self, name: &str) -> usize {
        self.number(name) as usize
    }
}

/// What a run measured. A record, key or call is an "operation" here.
#[derive(Default)]
pub struct Measurement {
    microseconds: f64,
    operations: u64,
}

impl Measurement {
    /// Times something that says how many operations it did.
    pub fn of(act: impl FnOnce() -> Result<u64, Failure>) -> Outcome {
        let start = Instant::now();
        let operations = act()?;
        let total = start.elapsed().as_secs_f64() * 1e6;
        Ok(Measurement {
            microseconds: total / operations.max(1) as f64,
            operations,
        })
    }

    pub fn json(&self) -> String {
        format!(
            "{{\"microseconds\":{},\"operations\":{},\"peakRssBytes\":{}}}",
            self.microseconds,
            self.operations,
            peak_rss_bytes()
        )
    }
}

/// Times `count` calls after `warmup` others; `act` gets their number, from 0.
pub fn time_each(
    arguments: &Arguments,
    mut act: impl FnMut(u64) -> Result<(), Failure>,
) -> Outcome {
    let (warmup, count) = (arguments.number("warmup"), arguments.number("count"));
    for number in 0..warmup {
        act(number)?;
    }
    Measurement::of(|| {
        for number in warmup..warmup + count {
            act(number)?;
        }
        Ok(count)
    })
}

/// Writes `key-` and twelve digits.
pub fn key_into(key: &mut [u8; KEY_LEN], number: u64) {
    key[..4].copy_from_slice(b"key-");
    let mut rest = number;
    for digit in key[4..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// Numbers below `bound`, as `src/work.mjs` draws them: xorshift32 from the same seed.
pub struct Shuffle {
    state: u32,
    bound: u64,
}

impl Shuffle {
    pub fn new(bound: u64) -> Self {
        Shuffle {
            state: 0x9e37_79b9,
            bound,
        }
    }

    pub fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        u64::from(self.state) % self.bound
    }
}

/// The most memory this process has held, as Linux tells it; 0 elsewhere.
fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
