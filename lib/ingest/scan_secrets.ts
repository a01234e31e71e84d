// Finds passwords, keys and tokens in text by their look. No finding is ever handed on but as the name of its rule. Every
// pattern takes time in proportion to the text: a run of characters is tried from its beginning only, or up to a bound.

/** What a scan found. */
export interface SecretScan {
  /** Findings by rule. */
  readonly secrets: Readonly<Record<string, number>>;
  /** The text with each of them replaced by `[secret: rule]`. */
  readonly redacted: string;
}

interface Rule {
  readonly rule: string;
  /** The text must have one of these for the pattern to be tried. */
  readonly hints: readonly string[];
  /** The secret is group 1, or all of the match. */
  readonly pattern: RegExp;
  readonly isSecret?: (value: string) => boolean;
}

// A pattern takes all letters and digits there are, so that no secret is left right behind another; a key block, which ends
// in dashes, comes first.
const RULES: readonly Rule[] = [
  {
    rule: "private-key",
    hints: ["PRIVATE KEY"],
    // with its end where there is one, otherwise with the lines of base64 that follow
    pattern: new RegExp(
      "-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----(?:(?:(?!-----)[^]){0,32768}" +
        "-----END (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----|(?:(?:\\s|\\\\[nrt])*[A-Za-z0-9+/=]{20,76})*)",
      "g",
    ),
  },
  {
    rule: "aws-access-key",
    hints: ["AKIA", "ASIA"],
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])/g,
  },
  {
    rule: "github-token",
    hints: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: /(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})/g,
  },
  { rule: "gitlab-token", hints: ["glpat-"], pattern: /(?<![A-Za-z0-9_-])glpat-[A-Za-z0-9_-]{20,}/g },
  { rule: "slack-token", hints: ["xox"], pattern: /(?<![A-Za-z0-9-])xox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  {
    rule: "slack-webhook",
    hints: ["hooks.slack.com"],
    pattern: /hooks\.slack\.com\/services\/([A-Za-z0-9_/]{20,})/g,
  },
  {
    rule: "sk-key",
    hints: ["sk-"],
    pattern: /(?<![A-Za-z0-9_-])sk-[A-Za-z0-9_-]{20,}/g,
    isSecret: (value) => /\d/.test(value) && /[A-Z]/.test(value) && entropyOf(value) >= MIN_ENTROPY,
  },
  { rule: "google-key", hints: ["AIza"], pattern: /(?<![A-Za-z0-9_-])AIza[0-9A-Za-z_-]{35,}/g },
  {
    rule: "stripe-key",
    hints: ["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
    pattern: /(?<![A-Za-z0-9_])[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g,
  },
  { rule: "npm-token", hints: ["npm_"], pattern: /(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36,}/g },
  { rule: "hugging-face-token", hints: ["hf_"], pattern: /(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{34,}/g },
  {
    rule: "jwt",
    hints: ["eyJ"],
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  },
  {
    rule: "url-password",
    hints: ["://"],
    pattern: /:\/\/[^\s:@/?#[\]]{1,64}:([^\s:@/?#[\]]{3,128})@/g,
  },
  {
    rule: "assignment",
    hints: ["=", ":"],
    pattern:
      /(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|auth[_-]?key)[A-Za-z0-9_-]{0,20}["']?\s{0,4}(?::=|=>|[:=])\s{0,4}["']?([^\s"'`;,<>[\]{}()$\\]{8,})/gi,
    isSecret: isRandomLooking,
  },
];

/** Bits a character: English words have below 3, hexadecimal digits up to 4. */
const MIN_ENTROPY = 3;

/**
 * Finds secrets.
 *
 * @param text - any text
 * @returns counts by rule, and the text without them, in which a second scan finds none
 */
export function scanSecrets(text: string): SecretScan {
  const secrets: Record<string, number> = {};
  let redacted = text;
  for (const rule of RULES) redacted = redact(redacted, { rule, secrets });
  return { secrets, redacted };
}

function redact(
  text: string,
  options: { readonly rule: Rule; readonly secrets: Record<string, number> },
): string {
  const { rule: { rule, hints, pattern, isSecret }, secrets } = options;
  if (!hints.some((hint) => text.includes(hint))) return text;
  return text.replace(pattern, (match: string, ...groups: unknown[]) => {
    const value = typeof groups[0] === "string" ? groups[0] : match;
    if (isSecret !== undefined && !isSecret(value)) return match;
    secrets[rule] = (secrets[rule] ?? 0) + 1;
    const at = match.lastIndexOf(value);
    return `${match.slice(0, at)}[secret: ${rule}]${match.slice(at + value.length)}`;
  });
}

/** Letters and digits mixed as no word has them. */
function isRandomLooking(value: string): boolean {
  const isName = /^[A-Z][A-Z0-9_]*$/.test(value) || /^[a-z]+(?:[._-][a-z]+)*\d{0,2}$/i.test(value);
  return !isName && /\d/.test(value) && /[A-Za-z]/.test(value) && entropyOf(value) >= MIN_ENTROPY;
}

function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count / text.length * Math.log2(count / text.length);
  return bits;
}
