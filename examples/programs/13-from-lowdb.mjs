// Moving from lowdb: its file is one JSON document, written anew with each change; here a change costs its own bytes.
import { writeFileSync } from "node:fs";
import { DataWal, json, utf8 } from "datawal";
import { JSONFilePreset } from "lowdb/node";

writeFileSync(
  "db.json",
  JSON.stringify({
    posts: [
      { id: 1, title: "one" },
      { id: 2, title: "two" },
    ],
    likes: { 1: 5 },
  }),
);

const { data } = await JSONFilePreset("db.json", { posts: [], likes: {} });
const db = await DataWal.open("./from-lowdb", { key: utf8, value: json() });
// One key for each thing that changes by itself; the prefix stands for the collection. All of it, or nothing.
db.batch([
  ...data.posts.map((post) => ({ type: "put", key: `posts/${post.id}`, value: post })),
  ...Object.entries(data.likes).map(([id, likes]) => ({ type: "put", key: `likes/${id}`, value: likes })),
]);
await db.fsync();
console.log([...db.entries({ prefix: "posts/" })].map(([, { title }]) => title).join(" "), db.get("likes/1"));
await db.close();

// Prints:
//   one two 5
