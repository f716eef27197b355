export { seededRandom } from "../../../../packages/fuzz/src/engine/seeded-random.js";
