// Verifies one webhook as a receiver would: v1 with the published standardwebhooks package, v1a with
// Node's own crypto. Reads {secrets, publicKey, headers, body} as JSON from stdin; exit status 0 if
// every secret and the public key verify it and a changed body does not.
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secrets, publicKey, headers, body } = JSON.parse(readFileSync(0, "utf8"));

function refused(action) {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}

for (const secret of secrets) {
  new Webhook(secret).verify(body, headers);
  if (!refused(() => new Webhook(secret).verify(body + " ", headers))) {
    throw new Error("a changed body was verified");
  }
}

const X509_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const point = Buffer.from(publicKey.slice("whpk_".length), "base64");
const key = createPublicKey({ key: Buffer.concat([X509_PREFIX, point]), format: "der", type: "spki" });
const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
const asymmetric = headers["webhook-signature"].split(" ").filter((s) => s.startsWith("v1a,"));
if (asymmetric.length !== 1 || !verify(null, signed, key, Buffer.from(asymmetric[0].slice(4), "base64"))) {
  throw new Error("the v1a signature does not verify");
}
console.log("verified");
