//! The Rust crates `datawal` and `safeatomic-rs`, driven over stdin and stdout, so that an operation costs no process.
//!
//! A request is a length (u32) and that many bytes: the operation's number, then its arguments. A reply is a length and
//! that many bytes: 0 and the result, or 1 and the text of the error. Integers are little-endian; bytes and texts are a
//! length (u32) and their bytes. `src/reference/operations.ts` has the same numbers.

mod decoder;
mod files;
mod live;
mod stores;
mod wire;

use std::any::Any;
use std::io::{self, BufReader, BufWriter, Write};
use std::panic::{catch_unwind, set_hook, AssertUnwindSafe};

use stores::Stores;
use wire::{Arguments, Outcome, Reply};

fn main() -> io::Result<()> {
    let mut input = BufReader::with_capacity(1 << 20, io::stdin().lock());
    let mut output = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut stores = Stores::default();
    // A panic of the crate is an answer like any other, and told as one.
    set_hook(Box::new(|_| ()));
    while let Some(request) = wire::read_request(&mut input)? {
        let mut reply = Reply::default();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            perform(&mut stores, &mut Arguments::new(&request), &mut reply)
        }))
        .unwrap_or_else(|panic| Err(format!("panicked: {}", panic_text(panic.as_ref()))));
        wire::write_reply(&mut output, outcome, &reply)?;
        // More requests may be waiting already; their replies then go out together.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()
}

fn perform(stores: &mut Stores, arguments: &mut Arguments, reply: &mut Reply) -> Outcome {
    match arguments.u8() {
        2 => decoder::decode_all(arguments, reply),
        3 => decoder::encode(arguments, reply),
        operation @ 10..=39 => stores.perform(operation, arguments, reply),
        operation @ 40..=49 => files::perform(operation, arguments, reply),
        50 => live::watch(arguments, reply),
        operation => Err(format!("interop: no operation {operation}")),
    }
}

fn panic_text(panic: &dyn Any) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text.to_string(),
        (_, Some(text)) => text.clone(),
        _ => "without a text".to_string(),
    }
}
