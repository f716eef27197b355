import { Option } from "commander";

/** How bytes are shown: as text where they are text, exactly as they are, or encoded. */
export type BytesForm = "auto" | "raw" | "base64" | "hex";

export function bytesFormOption(): Option {
  return new Option("--bytes <FORM>", "how to show bytes: text where they are text, as they are, or encoded")
    .choices(["auto", "raw", "base64", "hex"])
    .default("auto");
}
