import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { scanSecrets } from "../../../lib/ingest/scan_secrets.ts";

// made up, and put together here so that no scanner of this repository finds them
const LETTERS = "Zx9Qw7Lm3Rt5Vb1Nk8Jh2Gf6Ds4Ap0YcXuEiOoTz7Wq5Mv3";
const BODY = `${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n".repeat(3)}AA==`;
const SECRETS: Readonly<Record<string, string>> = {
  "aws-access-key": `AKIA${"IOSFODNN7EXAMPLE"}`,
  "github-token": `ghp_${LETTERS.slice(0, 36)}`,
  "gitlab-token": `glpat-${LETTERS.slice(0, 20)}`,
  "slack-token": `xoxb-${"123456789012-abcdefGHIJKL"}`,
  "sk-key": `sk-proj-${LETTERS}`,
  "google-key": `AIza${LETTERS.slice(0, 35)}`,
  "stripe-key": `sk_live_${LETTERS.slice(0, 24)}`,
  "npm-token": `npm_${LETTERS.slice(0, 36)}`,
  "hugging-face-token": `hf_${LETTERS.slice(0, 34)}`,
  jwt: `eyJ${"hbGciOiJIUzI1NiJ9"}.eyJ${"zdWIiOiIxMjM0NTY3ODkwIn0"}.${"dozjgNryP4J3jVmNHl0w5N"}`,
  "private-key": `-----BEGIN RSA ${"PRIVATE KEY"}-----\n${BODY}\n-----END RSA ${"PRIVATE KEY"}-----`,
};

for (const [rule, secret] of Object.entries(SECRETS)) {
  Deno.test(`scanSecrets() finds a ${rule} anywhere and shows none of it`, () => {
    for (const [before, after] of [["", ""], ["use ", " now."], ["<", ">"], ["\n", "\n"], ["say '", "'"]]) {
      const { secrets, redacted } = scanSecrets(before + secret + after);
      assertEquals(secrets, { [rule]: 1 });
      assertEquals(redacted, `${before}[secret: ${rule}]${after}`);
    }
  });
}

Deno.test("scanSecrets() finds passwords that are assigned and keeps the name", () => {
  const cases = [
    ['password = "Tr0ub4dor&3x"', 'password = "[secret: assignment]"'],
    ["DB_PASSWORD=s3cr3tP4ssw0rd", "DB_PASSWORD=[secret: assignment]"],
    ["api-key: 8f14e45fceea167a5a36dedd4bea2543", "api-key: [secret: assignment]"],
    ['"client_secret": "a1b2c3d4e5f6g7h8"', '"client_secret": "[secret: assignment]"'],
    ["postgres://sheep:wo0lly@db.farm/flock", "postgres://sheep:[secret: url-password]@db.farm/flock"],
    [
      "https://hooks.slack.com/services/T00000000/B00000000/XXXX",
      "https://hooks.slack.com/services/[secret: slack-webhook]",
    ],
  ];
  for (const [text, redacted] of cases) assertEquals(scanSecrets(text).redacted, redacted);
});

Deno.test("scanSecrets() finds the key of a block that has lost its end", () => {
  const text = `-----BEGIN ${"PRIVATE KEY"}-----\n${BODY}\n\nThe shepherd slept.`;
  const { secrets, redacted } = scanSecrets(text);
  assertEquals(secrets, { "private-key": 1 });
  assert(!redacted.includes("MIIE") && redacted.endsWith("The shepherd slept."), redacted);
});

Deno.test("scanSecrets() leaves prose and code alone", () => {
  const texts = [
    "The secret of the shepherd: patience. His password: unknown.",
    "const password = getPassword(user); let token = tokens[at + 1];",
    "password = os.environ.get('PASSWORD')\napi_key = API_KEY_V2\nsecret: please-change-me",
    ".sk-fading-circle-with-many-dots { color: red } /* sk-cube */",
    "see https://example.com:8080/a@b and mailto:one@two.example",
    "token: string; accessKey: undefined",
    "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----",
  ];
  for (const text of texts) assertEquals(scanSecrets(text), { secrets: {}, redacted: text });
});

Deno.test("scanSecrets() leaves nothing for a second scan", () => {
  const piece = fc.oneof(
    fc.constantFrom(...Object.values(SECRETS)),
    fc.constantFrom(
      "password=",
      "token: ",
      "://a:",
      "@",
      '"',
      " ",
      "\n",
      "-",
      "_",
      "eyJ",
      "sk-",
      "=",
      "x1Y2z3W4v5",
    ),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const { redacted, secrets } = scanSecrets(pieces.join(""));
      assertEquals(scanSecrets(redacted), { secrets: {}, redacted });
      if (Object.keys(secrets).length === 0) assertEquals(redacted, pieces.join(""));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("scanSecrets() takes time in proportion to the text, whatever it repeats", () => {
  const units = [
    "a",
    "A",
    "eyJ",
    "eyJ.",
    "-eyJaaaaaaaaaa.",
    "AKIA",
    "token",
    "token=",
    "password = ",
    "sk-",
    "://",
    "://a:",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nAAAA",
    "xoxb-",
    "A ",
    "\n",
    "secret_",
    "ghp_",
    "-----BEGIN A A A ",
  ];
  for (const unit of units) {
    const start = performance.now();
    scanSecrets(unit.repeat(1e6 / unit.length));
    const elapsed = performance.now() - start;
    assert(elapsed < 2000, `${unit}: ${elapsed} ms`);
  }
});
