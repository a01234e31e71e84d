// The standard security handler of PDF, revision 2 (RC4 of 40 bits), to write documents that need a password. For
// tests only: nothing is kept secret by it. See ISO 32000-1, 7.6.3.

import { createHash } from "node:crypto";

/** Passwords of a document; an empty user password lets everybody read it. */
export interface Passwords {
  readonly user: string;
  readonly owner: string;
}

const PADDING = Uint8Array.from(
  "28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a".match(/../g)!,
  (hex) => parseInt(hex, 16),
);
const ID = "00112233445566778899aabbccddeeff";
const PERMISSIONS = -44;
const KEY_BYTES = 5;

/** What a document with these passwords needs. */
export function encryptionOf({ user, owner }: Passwords): {
  dictionary: string;
  id: string;
  encrypt(bytes: Uint8Array, object: number): Uint8Array;
} {
  const ownerEntry = rc4(md5(padded(owner)).subarray(0, KEY_BYTES), padded(user));
  const permissions = new Uint8Array(new Int32Array([PERMISSIONS]).buffer);
  const id = Uint8Array.from(ID.match(/../g)!, (hex) => parseInt(hex, 16));
  const key = md5(padded(user), ownerEntry, permissions, id).subarray(0, KEY_BYTES);
  const entries = `/Filter /Standard /V 1 /R 2 /P ${PERMISSIONS}`;
  return {
    dictionary: `<< ${entries} /O <${hexOf(ownerEntry)}> /U <${hexOf(rc4(key, PADDING))}> >>`,
    id: ID,
    encrypt(bytes, object): Uint8Array {
      const salt = new Uint8Array([object, object >> 8, object >> 16, 0, 0]);
      return rc4(md5(key, salt).subarray(0, KEY_BYTES + 5), bytes);
    },
  };
}

function padded(password: string): Uint8Array {
  return new Uint8Array([...new TextEncoder().encode(password), ...PADDING]).subarray(0, 32);
}

function md5(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

function rc4(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const state = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + state[i] + key[i % key.length]) & 255;
    [state[i], state[j]] = [state[j], state[i]];
  }
  let i = 0;
  let j = 0;
  return bytes.map((byte) => {
    i = (i + 1) & 255;
    j = (j + state[i]) & 255;
    [state[i], state[j]] = [state[j], state[i]];
    return byte ^ state[(state[i] + state[j]) & 255];
  });
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
