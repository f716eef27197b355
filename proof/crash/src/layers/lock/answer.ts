/** What a contender is told to do; handles have names, and may be opened in a worker thread of that name. */
export type Command = {
  thread?: string;
} /** `hasPairs`: as a key/value store, to which each append is a put of the same pair. */ & (
  | { do: "open"; handle: string; store: string; hasPairs?: boolean; atNs?: string; isLiar?: boolean }
  | { do: "append"; handle: string }
  | { do: "rotate"; handle: string }
  | { do: "drop"; handle: string; before: number }
  | { do: "compact"; handle: string }
  | { do: "close"; handle: string }
  /** Lets go of a handle that is not closed, and collects garbage. */
  | { do: "forget"; handle: string }
  | { do: "read"; store: string; times: number }
  /** Opens, appends one record and closes, until it has done so often enough. */
  | { do: "contend"; store: string; times: number; atNs: string }
  /** Opens, puts its own key, compacts in place and closes, until it has done so often enough. */
  | { do: "contend-compacting"; store: string; key: string; times: number; atNs: string; isLiar?: boolean }
  /** Puts a compacted copy in the store's place, until it has done so often enough. */
  | { do: "contend-swapping"; store: string; times: number; atNs: string }
  /** Answers, which shows that the program has started. */
  | { do: "greet" }
  | { do: "start-worker"; name: string }
  /** At the same time, on threads of their own. */
  | { do: "together"; commands: Command[] }
  /** Starts a process that outlives this one. */
  | { do: "start-survivor" }
);

/** What came of it: one line of JSON. */
export interface Answer {
  /** The error's code, or its name where it has none. */
  failed?: string;
  message?: string;
  /** What stands in ERR_DATAWAL_LOCKED. */
  owner?: string;
  heldByThisProcess?: boolean;
  /** By which means the lock is held. */
  means?: string;
  /** Of the records that it has appended, or read. */
  txids?: number[];
  pid?: number;
  /** Of commands that were given together. */
  answers?: Answer[];
}
