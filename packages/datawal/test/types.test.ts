import type { Bytes, BytesLike } from "@datawal/format";
import { expectTypeOf, test } from "vitest";
import { type Codec, DataWal, DataWalReader, json, type StandardSchema, utf8 } from "../src/index.js";

interface User {
  name: string;
}

// Types alone: nothing here is run.
const open = () => DataWal.open("/store");
const openTexts = () => DataWal.open("/store", { key: utf8, value: json<User>() });
const openReader = () => DataWalReader.openSync("/store", { key: utf8 });

test("DataWal<string> has strings for keys, and bytes for values, in and out", () => {
  type Texts = DataWal<string>;
  expectTypeOf<Parameters<Texts["put"]>>().toEqualTypeOf<[key: string, value: BytesLike]>();
  expectTypeOf<ReturnType<Texts["get"]>>().toEqualTypeOf<Bytes | undefined>();
  expectTypeOf<ReturnType<Texts["keys"]>>().toEqualTypeOf<IterableIterator<string>>();
});

test("a store has the types of the codecs it was opened with", () => {
  expectTypeOf(open).returns.resolves.toEqualTypeOf<DataWal<BytesLike, BytesLike, Bytes, Bytes>>();
  expectTypeOf(open).returns.resolves.toEqualTypeOf<DataWal>();
  expectTypeOf(openTexts).returns.resolves.toEqualTypeOf<DataWal<string, User, string, User>>();
  expectTypeOf(openTexts).returns.resolves.toEqualTypeOf<DataWal<string, User>>();
  expectTypeOf(openReader).returns.toEqualTypeOf<DataWalReader<string>>();
});

test("a schema says what goes in and what comes out", () => {
  type Dates = StandardSchema<string, Date>;
  expectTypeOf(json<string, Date>).returns.toEqualTypeOf<Codec<string, Date>>();
  const codecOf = (schema: Dates) => json(schema);
  expectTypeOf(codecOf).returns.toEqualTypeOf<Codec<string, Date>>();
});
