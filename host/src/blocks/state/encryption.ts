import { createCipheriv, createDecipheriv, randomFillSync, type CipherGCMTypes } from "node:crypto";

/** Encrypts and decrypts the values of one store, in the format that Dapr reads and writes. */
export interface ValueEncryption {
  encrypt(value: Uint8Array): Uint8Array;
  /** Throws when no key of the store fits, or the value was changed. */
  decrypt(stored: Uint8Array): Uint8Array;
}

/** A key and the name of the secret it came from, which is stored with every value. */
export interface EncryptionKey {
  readonly name: string;
  /** 128, 192 or 256 bits in hexadecimal digits. */
  readonly hex: string;
}

const nonceBytes = 12;
const tagBytes = 16;

/** Values are written with the first key and read with the one whose name they carry: `base64(nonce, ciphertext, tag)||name`. */
export function createEncryption(
  store: string,
  primary: EncryptionKey,
  secondary: EncryptionKey | undefined,
): ValueEncryption {
  const keys = new Map(
    [secondary, primary].flatMap((key) => (key === undefined ? [] : [[key.name, readKey(store, key)] as const])),
  );
  const writing = keys.get(primary.name)!;
  return {
    encrypt(value) {
      const nonce = nextNonce();
      const cipher = createCipheriv(writing.algorithm, writing.bytes, nonce);
      const body = Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
      return Buffer.from(`${body.toString("base64")}||${primary.name}`);
    },
    decrypt(stored) {
      if (stored.length === 0) return stored;
      const text = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString("utf8");
      const end = text.lastIndexOf("||");
      const name = end < 0 ? "" : text.slice(end + 2);
      if (name === "")
        throw new Error(`could not decrypt data for state store ${store}: encryption key name not found on record`);
      const key = keys.get(name);
      if (key === undefined) {
        throw new Error(
          `could not decrypt data for state store ${store}: it was encrypted with the key ${name}, which is neither the primary nor the secondary one`,
        );
      }
      const body = Buffer.from(text.slice(0, end), "base64");
      if (body.length < nonceBytes + tagBytes)
        throw new Error(`could not decrypt data for state store ${store}: the record is too short`);
      const decipher = createDecipheriv(key.algorithm, key.bytes, body.subarray(0, nonceBytes));
      decipher.setAuthTag(body.subarray(body.length - tagBytes));
      try {
        return Buffer.concat([decipher.update(body.subarray(nonceBytes, body.length - tagBytes)), decipher.final()]);
      } catch {
        throw new Error(`could not decrypt data for state store ${store}: message authentication failed`);
      }
    },
  };
}

function readKey(store: string, { name, hex }: EncryptionKey): { bytes: Buffer; algorithm: CipherGCMTypes } {
  const algorithm = ({ 32: "aes-128-gcm", 48: "aes-192-gcm", 64: "aes-256-gcm" } as const)[hex.length as 32 | 48 | 64];
  if (algorithm === undefined || !/^[0-9a-fA-F]*$/.test(hex)) {
    throw new Error(
      `state store ${store}: the encryption key in secret ${name} must be 32, 48 or 64 hexadecimal digits; make one with: openssl rand -hex 32`,
    );
  }
  return { bytes: Buffer.from(hex, "hex"), algorithm };
}

// Random bytes are drawn for many nonces at a time.
const pool = Buffer.alloc(nonceBytes * 128);
let used = pool.length;

function nextNonce(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += nonceBytes;
  return Buffer.from(pool.subarray(used - nonceBytes, used));
}
