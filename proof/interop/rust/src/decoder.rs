//! The codec, many buffers at a time.

use datawal::format::{decode_next, encode_record, DecodeError, DecodeOutcome};
use datawal::RecordType;

use crate::wire::{text, Arguments, Outcome, Reply};

/// Of each buffer: an outcome's number and its numbers, in the layout that the driver makes of its own outcome.
pub fn decode_all(arguments: &mut Arguments, reply: &mut Reply) -> Outcome {
    for _ in 0..arguments.u32() {
        let offset = arguments.u32();
        put_outcome(reply, decode_next(arguments.bytes(), offset.into()));
    }
    Ok(())
}

pub fn encode(arguments: &mut Arguments, reply: &mut Reply) -> Outcome {
    let record_type = RecordType::from_byte(arguments.u8()).map_err(text)?;
    let txid = arguments.u64();
    let (key, payload) = (arguments.bytes(), arguments.bytes());
    reply.bytes(&encode_record(record_type, txid, key, payload).map_err(text)?);
    Ok(())
}

fn put_outcome(reply: &mut Reply, outcome: Result<DecodeOutcome, DecodeError>) {
    match outcome {
        Ok(DecodeOutcome::Ok {
            record_type,
            txid,
            key,
            payload,
            bytes_consumed,
        }) => {
            reply.u8(0);
            reply.u8(record_type.as_byte());
            reply.u64(txid);
            reply.u32(bytes_consumed);
            reply.bytes(&key);
            reply.bytes(&payload);
        }
        Ok(DecodeOutcome::Truncated { available, needed }) => {
            reply.u8(1);
            reply.u64(available);
            reply.u64(needed);
        }
        Ok(DecodeOutcome::CrcMismatch { bytes_consumed }) => {
            reply.u8(2);
            reply.u32(bytes_consumed);
        }
        Err(error) => put_error(reply, error),
    }
}

fn put_error(reply: &mut Reply, error: DecodeError) {
    let (kind, found) = match error {
        DecodeError::BadMagic { found } => (3, u32::from_le_bytes(found)),
        DecodeError::UnknownVersion { found } => (4, found.into()),
        DecodeError::UnknownRecordType { found } => (5, found.into()),
        DecodeError::ReservedFlagsSet { found } => (6, found.into()),
        DecodeError::KeyTooLarge { found } => (7, found),
        DecodeError::PayloadTooLarge { found } => (8, found),
    };
    reply.u8(kind);
    reply.u32(found);
}
