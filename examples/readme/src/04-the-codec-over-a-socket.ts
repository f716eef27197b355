import { connect, createServer } from "node:net";
import { decodeStream, encodeRecord, RecordType } from "@datawal/format";

const server = createServer((socket) => {
  socket.end(encodeRecord({ type: RecordType.Put, txid: 1n, key: "greeting", payload: "hello" }));
}).listen(0, "127.0.0.1", async () => {
  const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
  for await (const frame of decodeStream(socket, { maxPayloadLen: 1 << 20 })) {
    console.log(new TextDecoder().decode(frame.key), new TextDecoder().decode(frame.payload));
  }
  server.close();
});
