//! Requests and replies as bytes.

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// The result is in the reply; the error is its text.
pub type Outcome = Result<(), String>;

/// An error with its whole chain of causes, as `anyhow` prints it.
pub fn text(error: impl Display) -> String {
    format!("{error:#}")
}

pub fn read_request(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut request = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut request)?;
    Ok(Some(request))
}

pub fn write_reply(output: &mut impl Write, outcome: Outcome, reply: &Reply) -> io::Result<()> {
    let (status, body) = match &outcome {
        Ok(()) => (0, reply.0.as_slice()),
        Err(text) => (1, text.as_bytes()),
    };
    output.write_all(&(body.len() as u32 + 1).to_le_bytes())?;
    output.write_all(&[status])?;
    output.write_all(body)
}

/// What is left to read of a request. A request that ends too early is a fault of the driver, and panics.
pub struct Arguments<'a>(&'a [u8]);

impl<'a> Arguments<'a> {
    pub fn new(request: &'a [u8]) -> Self {
        Self(request)
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    pub fn u8(&mut self) -> u8 {
        self.take(1)[0]
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().unwrap())
    }

    pub fn bytes(&mut self) -> &'a [u8] {
        let length = self.u32() as usize;
        self.take(length)
    }

    pub fn text(&mut self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }

    pub fn path(&mut self) -> PathBuf {
        PathBuf::from(self.text())
    }
}

#[derive(Default)]
pub struct Reply(Vec<u8>);

impl Reply {
    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.u32(bytes.len() as u32);
        self.0.extend_from_slice(bytes);
    }
}
