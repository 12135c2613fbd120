/**
 * The conformance suite: what an embedder runs in their own tests.
 *
 * @module
 */

export { type StorageUnderTest, storageContract, type TestApi } from "./storage-contract.ts";
