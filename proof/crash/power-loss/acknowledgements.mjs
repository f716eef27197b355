// Takes acknowledgements from a machine whose power will be cut, and appends them to a file of this one.
//
//     node proof/crash/power-loss/acknowledgements.mjs --listen PORT --oracle FILE
import { createWriteStream } from "node:fs";
import { createServer } from "node:net";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { listen: { type: "string" }, oracle: { type: "string" } } });
if (!values.listen || !values.oracle) {
  console.error("acknowledgements: expected --listen PORT and --oracle FILE");
  process.exit(2);
}
const server = createServer((socket) => {
  // A machine without power does not say goodbye.
  socket.on("error", (error) => console.error(`acknowledgements: ${error.message}`));
  socket.pipe(createWriteStream(values.oracle, { flags: "a" }));
  socket.on("close", () => server.close());
});
server.listen(Number(values.listen), () => console.log(`listening on port ${server.address().port}`));
