// The same table and the same statements for both of Node's doors to SQLite.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mix } from "./mixed.mjs";
import { overwrite, readBeside } from "./overwriting.mjs";
import { eachOf, keyMaker, makeValue, pieces, shuffle, timeEach, timeOnce } from "./work.mjs";

const PUT =
  "insert into pairs (key, value) values (?, ?) on conflict (key) do update set value = excluded.value";
const DELETE = "delete from pairs where key = ?";
const GET = "select value from pairs where key = ?";

/**
 * @param openDatabase From a path to `{ exec, prepare }`.
 * @param valueIn From a row, or what the statement gives, to the value.
 */
export function sqliteOperations(openDatabase, valueIn) {
  function openStore(directory, synchronous = "off") {
    mkdirSync(directory, { recursive: true });
    const database = openDatabase(join(directory, "data.sqlite"));
    database.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous}`);
    database.exec("create table if not exists pairs (key blob primary key, value blob) without rowid");
    return database;
  }

  function put({ directory, valueBytes, keys = Infinity, sync = false, ...times }) {
    const statement = openStore(directory, sync ? "full" : "off").prepare(PUT);
    const key = keyMaker("Buffer");
    const value = makeValue(valueBytes, "Buffer");
    return timeEach(times, (number) => statement.run(key(number % keys), value));
  }

  function deletePut({ directory, valueBytes, keys, ...times }) {
    const database = openStore(directory);
    putRange(database, database.prepare(PUT), [0, keys], valueBytes);
    const [remove, insert] = [database.prepare(DELETE), database.prepare(PUT)];
    const key = keyMaker("Buffer");
    const value = makeValue(valueBytes, "Buffer");
    return timeEach(times, (number) => {
      remove.run(key(number % keys));
      insert.run(key(number % keys), value);
    });
  }

  function putRange(database, statement, [from, to], valueBytes) {
    const key = keyMaker("Buffer");
    const value = makeValue(valueBytes, "Buffer");
    database.exec("begin");
    for (let number = from; number < to; number++) statement.run(key(number), value);
    database.exec("commit");
  }

  function putMany({ directory, valueBytes, batchCount, ...times }) {
    const database = openStore(directory);
    const statement = database.prepare(PUT);
    const batches = timeEach(times, (batch) =>
      putRange(database, statement, [batch * batchCount, (batch + 1) * batchCount], valueBytes),
    );
    return eachOf(batchCount, batches);
  }

  function fill({ directory, valueBytes, keys }) {
    const database = openStore(directory);
    const statement = database.prepare(PUT);
    for (const range of pieces(keys, 1000)) putRange(database, statement, range, valueBytes);
    database.close();
    return {};
  }

  function get({ directory, valueBytes, keys, ...times }) {
    const statement = openStore(directory).prepare(GET);
    const key = keyMaker("Buffer");
    const draw = shuffle(keys);
    return timeEach(times, () => {
      if (valueIn(statement.get(key(draw()))).length !== valueBytes) throw new Error("sqlite: wrong value");
    });
  }

  /** Until a first value is there. */
  async function open({ directory, keys }) {
    const { microseconds } = await timeOnce(() => {
      valueIn(openStore(directory).prepare(GET).get(keyMaker("Buffer")(0)));
      return 1;
    });
    return { microseconds: microseconds / keys };
  }

  async function overwriteKeys(job) {
    await fill(job);
    const database = openStore(job.directory);
    const statement = database.prepare(PUT);
    return await overwrite(job, {
      put: (key, value) => void statement.run(key, value),
      close: () => database.close(),
    });
  }

  /** A commit is synced where the pragma says so, with all before it. */
  async function mixed(job) {
    fill(job);
    const database = openStore(job.directory);
    const [insert, remove, find] = [PUT, DELETE, GET].map((text) => database.prepare(text));
    return await mix(job, {
      get: (key) => find.get(key),
      put: (key, value) => void insert.run(key, value),
      delete: (key) => void remove.run(key),
      sync: async (key) => {
        database.exec("pragma synchronous = full");
        insert.run(key, key);
        database.exec("pragma synchronous = off");
      },
      close: () => database.close(),
    });
  }

  function readOne({ directory, ...job }) {
    const statement = openStore(directory).prepare(GET);
    return readBeside(job, (key) => valueIn(statement.get(key)));
  }

  return {
    put,
    "delete-put": deletePut,
    "put-many": putMany,
    fill,
    get,
    open,
    overwrite: overwriteKeys,
    mixed,
    "read-beside": readOne,
  };
}
