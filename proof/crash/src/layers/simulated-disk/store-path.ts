/** Where the store of every scenario lies. */
export const STORE = "/store";
