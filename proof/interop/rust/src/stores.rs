//! Stores that are open, and what can be done with them.

use std::collections::HashMap;
use std::path::Path;

use datawal::{
    DataWal, Record, RecordIter, RecordLog, RecordLogReader, RecordRef, RecordType, RecoveryReport,
};

use crate::live;
use crate::wire::{text, Arguments, Outcome, Reply};

enum Store {
    Log(RecordLog),
    Kv(DataWal),
    /// A reader's iteration under way.
    Reading(RecordIter<'static>),
}

/// Open stores, each under the number that the driver gave it.
#[derive(Default)]
pub struct Stores(HashMap<u32, Store>);

impl Stores {
    pub fn perform(
        &mut self,
        operation: u8,
        arguments: &mut Arguments,
        reply: &mut Reply,
    ) -> Outcome {
        if operation == 12 {
            return read(&arguments.path(), reply);
        }
        let number = arguments.u32();
        match operation {
            10 => self.open(
                number,
                RecordLog::open(&arguments.path())
                    .map(Store::Log)
                    .map_err(text),
            ),
            11 => self.open(
                number,
                DataWal::open(&arguments.path())
                    .map(Store::Kv)
                    .map_err(text),
            ),
            24 => self.open(number, reading(&arguments.path())),
            13 => self.close(number),
            _ => match self.0.get_mut(&number) {
                None => Err(format!("interop: no open store {number}")),
                Some(Store::Log(log)) if operation < 30 => on_log(log, operation, arguments, reply),
                Some(Store::Kv(kv)) => on_kv(kv, operation, arguments, reply),
                Some(Store::Reading(records)) if operation == 25 => {
                    take_records(records, arguments.u32(), reply)
                }
                Some(_) => Err(format!("interop: no operation {operation} here")),
            },
        }
    }

    fn open(&mut self, number: u32, opened: Result<Store, String>) -> Outcome {
        self.0.insert(number, opened?);
        Ok(())
    }

    fn close(&mut self, number: u32) -> Outcome {
        match self.0.remove(&number) {
            Some(Store::Log(log)) => log.close().map_err(text),
            // A DataWal has no close: dropping it is all there is.
            _ => Ok(()),
        }
    }
}

fn on_log(
    log: &mut RecordLog,
    operation: u8,
    arguments: &mut Arguments,
    reply: &mut Reply,
) -> Outcome {
    match operation {
        14 => put_ref(reply, log.append(arguments.bytes()).map_err(text)?),
        15 => {
            let record_type = RecordType::from_byte(arguments.u8()).map_err(text)?;
            let (key, payload) = (arguments.bytes(), arguments.bytes());
            put_ref(
                reply,
                log.append_record(record_type, key, payload).map_err(text)?,
            );
        }
        16 => log.fsync().map_err(text)?,
        17 => log.rotate().map_err(text)?,
        18 => put_records(reply, &log.scan().map_err(text)?, None),
        19 => iterate(log, reply)?,
        20 => put_report(reply, &log.recovery_report().map_err(text)?),
        22 => {
            let reason = Box::leak(arguments.text().into_boxed_str());
            datawal::testing::poison_record_log_for_test(log, reason);
        }
        23 => live::write(log, arguments)?,
        _ => return Err(format!("interop: a log has no operation {operation}")),
    }
    Ok(())
}

fn on_kv(kv: &mut DataWal, operation: u8, arguments: &mut Arguments, reply: &mut Reply) -> Outcome {
    match operation {
        16 => kv.fsync().map_err(text)?,
        19 => iterate(kv.log(), reply)?,
        20 => put_report(reply, &kv.log().recovery_report().map_err(text)?),
        30 => kv.put(arguments.bytes(), arguments.bytes()).map_err(text)?,
        31 => kv.delete(arguments.bytes()).map_err(text)?,
        32 => put_value(reply, kv.get(arguments.bytes()).map_err(text)?),
        33 => put_pairs(reply, kv.items().map_err(text)?),
        34 => kv.export_jsonl(&arguments.path()).map_err(text)?,
        35 => {
            let stats = kv.compact_to(&arguments.path()).map_err(text)?;
            reply.u64(stats.live_keys);
            reply.u64(stats.records_written);
            reply.u64(stats.bytes_written);
        }
        _ => return Err(format!("interop: a DataWal has no operation {operation}")),
    }
    Ok(())
}

/// The reader lives as long as the process: few are opened.
fn reading(dir: &Path) -> Result<Store, String> {
    let reader = Box::leak(Box::new(RecordLogReader::open(dir).map_err(text)?));
    reader.scan_iter().map(Store::Reading).map_err(text)
}

/// The next ones, up to so many of them.
fn take_records(records_of: &mut RecordIter, count: u32, reply: &mut Reply) -> Outcome {
    let mut records = Vec::new();
    let mut problem = None;
    for record in records_of.take(count as usize) {
        match record {
            Ok(record) => records.push(record),
            Err(error) => problem = Some(text(error)),
        }
    }
    put_records(reply, &records, problem);
    Ok(())
}

/// Reads a log without its lock.
fn read(dir: &Path, reply: &mut Reply) -> Outcome {
    let reader = RecordLogReader::open(dir).map_err(text)?;
    let mut records = Vec::new();
    let mut problem = None;
    let mut records_of = reader.scan_iter().map_err(text)?;
    for record in &mut records_of {
        match record {
            Ok(record) => records.push(record),
            Err(error) => problem = Some(text(error)),
        }
    }
    put_records(reply, &records, problem);
    put_report(reply, &records_of.recovery_report());
    Ok(())
}

fn iterate(log: &RecordLog, reply: &mut Reply) -> Outcome {
    let mut records = Vec::new();
    let mut problem = None;
    for record in log.scan_iter().map_err(text)? {
        match record {
            Ok(record) => records.push(record),
            Err(error) => problem = Some(text(error)),
        }
    }
    put_records(reply, &records, problem);
    Ok(())
}

fn put_ref(reply: &mut Reply, place: RecordRef) {
    reply.u32(place.segment);
    reply.u64(place.offset);
    reply.u32(place.len);
}

/// `problem` is what ended the iteration, if it did not come to its end.
fn put_records(reply: &mut Reply, records: &[Record], problem: Option<String>) {
    reply.u32(records.len() as u32);
    for record in records {
        reply.u8(record.record_type.as_byte());
        reply.u64(record.txid);
        reply.u32(record.segment);
        reply.u64(record.offset);
        reply.u32(record.len);
        reply.bytes(&record.key);
        reply.bytes(&record.payload);
    }
    reply.bytes(problem.unwrap_or_default().as_bytes());
}

fn put_report(reply: &mut Reply, report: &RecoveryReport) {
    reply.u32(report.files_scanned);
    reply.u64(report.records_replayed);
    reply.u32(report.tail_truncated);
    reply.u64(report.tail_bytes_discarded);
    reply.u32(report.mid_stream_errors);
    reply.u32(report.unsupported_versions);
    reply.u64(report.last_txid_seen);
}

fn put_value(reply: &mut Reply, value: Option<Vec<u8>>) {
    reply.u8(value.is_some().into());
    reply.bytes(&value.unwrap_or_default());
}

fn put_pairs(reply: &mut Reply, mut pairs: Vec<(Vec<u8>, Vec<u8>)>) {
    pairs.sort();
    reply.u32(pairs.len() as u32);
    for (key, value) in pairs {
        reply.bytes(&key);
        reply.bytes(&value);
    }
}
