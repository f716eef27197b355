// The frames of the log over a socket: framed and checked, with a bound on what a stranger may send.
import { connect, createServer } from "node:net";
import { decodeStream, encodeRecord, isFormatError, RecordType } from "@datawal/format";

const good = encodeRecord({ type: RecordType.Put, txid: 1n, key: "greeting", payload: "hello" });
const large = encodeRecord({ type: RecordType.Put, txid: 2n, key: "huge", payload: new Uint8Array(2 << 20) });

const server = createServer((socket) => {
  socket.on("error", () => {}); // the other side hangs up in the middle of the large one
  socket.write(good);
  socket.end(large);
}).listen(0, "127.0.0.1", async () => {
  const socket = connect(server.address().port, "127.0.0.1");
  try {
    for await (const { key, payload } of decodeStream(socket, { maxPayloadLen: 1 << 20 }))
      console.log(new TextDecoder().decode(key), new TextDecoder().decode(payload));
  } catch (error) {
    if (!isFormatError(error, "ERR_DATAWAL_FRAME_PAYLOAD_TOO_LARGE")) throw error;
    console.log(`refused: ${error.actual} bytes`);
  }
  socket.destroy();
  server.close();
});

// Prints:
//   greeting hello
//   refused: 2097152 bytes
