import type { Model } from "../model.js";
import { recordLog } from "./record-log.js";

export const MODELS: readonly Model[] = [recordLog];
