import { defineConfig } from "tsup";
import { library } from "../../tsup.base.js";

export default defineConfig({ ...library, entry: ["src/*.ts"], format: ["esm"], dts: false });
