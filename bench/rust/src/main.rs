//! The Rust crate `datawal`, doing the same work as the contenders in JavaScript: one operation a run, its measurement
//! as one line of JSON on stdout.
//!
//! `datawal-bench OPERATION DIRECTORY [NAME=VALUE]...`; `../../src/contenders/` has the same operations and names.

mod work;

use std::hint::black_box;
use std::path::Path;

use datawal::{DataWal, RecordLog};

use work::{key_into, time_each, Arguments, Measurement, Outcome, Shuffle, KEY_LEN};

fn main() {
    let mut words = std::env::args().skip(1);
    let operation = words.next().unwrap_or_default();
    let directory = words.next().unwrap_or_default();
    match perform(&operation, Path::new(&directory), &Arguments::new(words)) {
        Ok(measurement) => println!("{}", measurement.json()),
        Err(error) => {
            eprintln!("datawal-bench {operation}: {error}");
            std::process::exit(1);
        }
    }
}

fn perform(operation: &str, directory: &Path, arguments: &Arguments) -> Outcome {
    match operation {
        "nothing" => Ok(Measurement::default()),
        "append" => append(directory, arguments),
        "append-fsync" => append_fsync(directory, arguments),
        "put" => put(directory, arguments),
        "delete-put" => delete_put(directory, arguments),
        "get" => get(directory, arguments),
        "open" => open(directory),
        "scan" => scan(directory),
        "scan-iter" => scan_iter(directory),
        "compact-to" => compact_to(directory, arguments),
        "export-jsonl" => export_jsonl(directory, arguments),
        "write-segment" => write_segment(directory, arguments),
        _ => Err("no such operation".into()),
    }
}

fn append(directory: &Path, arguments: &Arguments) -> Outcome {
    let mut log = RecordLog::open(directory)?;
    let payload = vec![b'v'; arguments.size("valueBytes")];
    time_each(arguments, |_| {
        log.append(&payload)?;
        Ok(())
    })
}

fn append_fsync(directory: &Path, arguments: &Arguments) -> Outcome {
    let mut log = RecordLog::open(directory)?;
    let payload = vec![b'v'; arguments.size("valueBytes")];
    time_each(arguments, |_| {
        log.append(&payload)?;
        Ok(log.fsync()?)
    })
}

fn put(directory: &Path, arguments: &Arguments) -> Outcome {
    let mut store = DataWal::open(directory)?;
    let value = vec![b'v'; arguments.size("valueBytes")];
    let keys = arguments.number("keys");
    let mut key = [0; KEY_LEN];
    time_each(arguments, |number| {
        key_into(&mut key, number % keys);
        Ok(store.put(&key, &value)?)
    })
}

fn delete_put(directory: &Path, arguments: &Arguments) -> Outcome {
    let mut store = DataWal::open(directory)?;
    let value = vec![b'v'; arguments.size("valueBytes")];
    let keys = arguments.number("keys");
    let mut key = [0; KEY_LEN];
    for number in 0..keys {
        key_into(&mut key, number);
        store.put(&key, &value)?;
    }
    time_each(arguments, |number| {
        key_into(&mut key, number % keys);
        store.delete(&key)?;
        Ok(store.put(&key, &value)?)
    })
}

fn get(directory: &Path, arguments: &Arguments) -> Outcome {
    let mut store = DataWal::open(directory)?;
    let value_bytes = arguments.size("valueBytes");
    let mut shuffle = Shuffle::new(arguments.number("keys"));
    let mut key = [0; KEY_LEN];
    time_each(arguments, |_| {
        key_into(&mut key, shuffle.next());
        let value = store.get(&key)?;
        assert_eq!(value.map(|value| value.len()), Some(value_bytes));
        Ok(())
    })
}

fn open(directory: &Path) -> Outcome {
    Measurement::of(|| Ok(black_box(DataWal::open(directory)?).len() as u64))
}

fn scan(directory: &Path) -> Outcome {
    let mut log = RecordLog::open(directory)?;
    Measurement::of(|| Ok(black_box(log.scan()?).len() as u64))
}

fn scan_iter(directory: &Path) -> Outcome {
    let log = RecordLog::open(directory)?;
    Measurement::of(|| {
        let mut records = 0;
        for record in log.scan_iter()? {
            black_box(record?);
            records += 1;
        }
        Ok(records)
    })
}

fn compact_to(directory: &Path, arguments: &Arguments) -> Outcome {
    let mut store = DataWal::open(directory)?;
    let target = Path::new(arguments.text("target"));
    Measurement::of(|| Ok(store.compact_to(target)?.records_written as u64))
}

fn export_jsonl(directory: &Path, arguments: &Arguments) -> Outcome {
    let mut store = DataWal::open(directory)?;
    let target = Path::new(arguments.text("target"));
    Measurement::of(|| {
        store.export_jsonl(target)?;
        Ok(store.len() as u64)
    })
}

/// Writes one segment, whatever its size: what the reference makes of any store.
fn write_segment(directory: &Path, arguments: &Arguments) -> Outcome {
    let mut log = RecordLog::open(directory)?;
    let payload = vec![b'v'; arguments.size("valueBytes")];
    let records = arguments.number("records");
    Measurement::of(|| {
        for _ in 0..records {
            log.append(&payload)?;
        }
        Ok(records)
    })
}
