// Around each test file; what this imports is loaded once for all files.
import "./vitest.equal-bytes.js";
