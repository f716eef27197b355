// `node child.mjs CONTENDER OPERATION JOB`: does one operation and prints its measurement as a line of JSON.
// A process of its own for each, so that no contender meets another's heap, or code that another's types have spoilt.
import { answer, peakRssBytes } from "./work.mjs";

const [contender, operation, job] = process.argv.slice(2);
const { operations } = await import(`./contenders/${contender}.mjs`);
const measurement = await operations[operation](JSON.parse(job));
answer({ ...measurement, peakRssBytes: measurement.peakRssBytes ?? peakRssBytes() });
// What a contender still holds open is the kernel's to close.
process.exit(0);
