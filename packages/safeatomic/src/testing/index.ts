export { type ConformanceDisk, type ConformanceOptions, testFileSystem } from "./conformance.js";
export {
  type Fault,
  type FaultyFileSystem,
  type PortCall,
  type PortOperation,
  StoppedError,
  withFaults,
} from "./faults.js";
export { createSimulatedDisk, type SimulatedDisk, type SimulatedDiskOptions } from "./simulated-disk.js";
