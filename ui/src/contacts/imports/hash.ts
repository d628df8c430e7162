// The SHA-256 of a file, read piece by piece: flat in memory, and also over plain http, where browsers hide their own.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** `told`: hears how much is read, 0 to 1. */
export async function sumOf(file: Blob, told: (share: number) => void = () => undefined): Promise<string> {
  const sum = sha256.create();
  const reader = file.stream().getReader();
  let read = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    sum.update(value);
    read += value.length;
    told(file.size > 0 ? read / file.size : 1);
  }
  return bytesToHex(sum.digest());
}
