import { expect, test } from "vitest";
import { SafeatomicError } from "../src/index.js";
import { printable } from "../src/printable.js";

// Escape sequences in `.lock`, or in the name of a file, reached a terminal by way of an error's message.

test("ordinary text stays as it is", () => {
  const text = "datawal: \"/srv/Größe 🜁/00000001.dwal\": expected \\ and found 'x'; do this";
  expect(printable(text)).toBe(text);
});

test("what a terminal acts on is written out", () => {
  expect(printable("\u001b[2Jgone\r\n\u009b\u202e\u2028\u0007")).toBe(
    "\\u001b[2Jgone\\r\\n\\u009b\\u202e\\u2028\\u0007",
  );
});

test("an error's message is printable, its facts are what they are", () => {
  const path = "/store/\u001b]0;owned\u0007";
  const error = new SafeatomicError("ERR_DATAWAL_DANGLING_LINK", `${path}: a link`, { path });
  expect(error.message).toBe("/store/\\u001b]0;owned\\u0007: a link");
  expect(error).toHaveProperty("path", path);
});
