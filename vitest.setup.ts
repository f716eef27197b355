// Around each test file; what this imports is loaded once for all files of a package.
import "./vitest.equal-bytes.js";
