import { describeInvalid } from "@datawal/format";
import { expect, test } from "vitest";

test("every reason is told in the reference's words", () => {
  expect(describeInvalid("bad-magic", 0xff030201)).toBe(
    "datawal: bad magic, expected DWAL, got [1, 2, 3, 255]",
  );
  expect(describeInvalid("unknown-version", 51966)).toBe(
    "datawal: unknown wire version 51966 (this build supports 1)",
  );
  expect(describeInvalid("unknown-record-type", 9)).toBe("datawal: unknown record_type byte 9");
  expect(describeInvalid("reserved-flags", 1)).toBe("datawal: reserved flags byte must be 0, got 1");
  expect(describeInvalid("key-too-large", 65537)).toBe("datawal: key_len 65537 exceeds MAX_KEY_LEN 65536");
  expect(describeInvalid("payload-too-large", 67108865)).toBe(
    "datawal: payload_len 67108865 exceeds MAX_PAYLOAD_LEN 67108864",
  );
});

test("a smaller limit of the caller's is told as his", () => {
  expect(describeInvalid("payload-too-large", 11, 10)).toBe(
    "datawal: payload_len 11 exceeds maxPayloadLen 10",
  );
});
