//! A writer and a reader that run while the other side does the opposite.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use datawal::{RecordLog, RecordLogReader};

use crate::wire::{text, Arguments, Outcome, Reply};

/// What the record with this number holds: the number, then bytes that tell of it, of a length that tells, too.
fn payload(number: u64) -> Vec<u8> {
    let mut payload = number.to_le_bytes().to_vec();
    payload.resize(8 + (number % 200) as usize, number as u8);
    payload
}

/// Appends the records from `first` up to `end`, rotating, syncing and pausing for a millisecond at their intervals.
pub fn write(log: &mut RecordLog, arguments: &mut Arguments) -> Outcome {
    let (first, end) = (arguments.u64(), arguments.u64());
    let (rotate_every, fsync_every, pause_every) =
        (arguments.u64(), arguments.u64(), arguments.u64());
    for number in first + 1..=end {
        log.append(&payload(number - 1)).map_err(text)?;
        if number % fsync_every == 0 {
            log.fsync().map_err(text)?;
        }
        if number % rotate_every == 0 {
            log.rotate().map_err(text)?;
        }
        if number % pause_every == 0 {
            sleep(Duration::from_millis(1));
        }
    }
    log.fsync().map_err(text)
}

/// Opens a reader again and again until it has seen `count` records. Each look must show a beginning of what is
/// written, and no less than the look before.
pub fn watch(arguments: &mut Arguments, reply: &mut Reply) -> Outcome {
    let dir = arguments.path();
    let count = arguments.u64();
    let deadline = Instant::now() + Duration::from_millis(arguments.u64());
    let (mut looks, mut seen, mut growths) = (0, 0, 0);
    while seen < count {
        if Instant::now() > deadline {
            return Err(format!("saw {seen} of {count} records before the deadline"));
        }
        let now = look(&dir)?;
        if now < seen {
            return Err(format!("saw {now} records after {seen}"));
        }
        looks += 1;
        growths += u64::from(now > seen);
        seen = now;
    }
    reply.u64(looks);
    reply.u64(growths);
    Ok(())
}

fn look(dir: &Path) -> Result<u64, String> {
    let reader = RecordLogReader::open(dir).map_err(text)?;
    let mut number = 0;
    for record in reader.scan_iter().map_err(text)? {
        let record = record.map_err(text)?;
        if record.payload != payload(number) || record.txid != number + 1 {
            return Err(format!(
                "record {number} has txid {} and other bytes",
                record.txid
            ));
        }
        number += 1;
    }
    Ok(number)
}
