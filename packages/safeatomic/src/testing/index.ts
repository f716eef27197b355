export type { ConformanceDisk } from "./conformance/facts.js";
export { type ConformanceOptions, testFileSystem } from "./conformance.js";
export {
  type CrashEverywhereOptions,
  type CrashEverywhereResult,
  CrashFailure,
  changesDisk,
  crashEverywhere,
} from "./crash-everywhere.js";
export type { RandomSource } from "./crash-images.js";
export {
  type Fault,
  type FaultyFileSystem,
  type PortCall,
  type PortOperation,
  StoppedError,
  withFaults,
} from "./faults.js";
export {
  type CrashImage,
  type CrashImageOptions,
  createSimulatedDisk,
  type SimulatedDisk,
  type SimulatedDiskOptions,
} from "./simulated-disk.js";
export { describeCall, type PowerCut, tellPowerCut } from "./story.js";
