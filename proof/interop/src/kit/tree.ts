import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Paths below a directory to what stands there: `file MODE BASE64`, `link TARGET`, `directory`. */
export type Tree = Record<string, string>;

/** Everything below a directory, its contents included. */
export function readTree(dir: string, below = ""): Tree {
  const tree: Tree = {};
  for (const name of readdirSync(join(dir, below)).sort()) {
    const path = join(below, name);
    const stat = lstatSync(join(dir, path));
    if (stat.isSymbolicLink()) tree[path] = `link ${readlinkSync(join(dir, path))}`;
    else if (stat.isDirectory()) Object.assign(tree, { [path]: "directory" }, readTree(dir, path));
    else tree[path] = `file ${(stat.mode & 0o7777).toString(8)} ${readFileSync(join(dir, path), "base64")}`;
  }
  return tree;
}

/** The paths that are not the same in both, but for some that do not matter. */
export function changedPaths(a: Tree, b: Tree, ignored: readonly string[] = []): string[] {
  const paths = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return paths.filter((path) => a[path] !== b[path] && !ignored.includes(path));
}
