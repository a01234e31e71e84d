// Records of a conversation or of an instruction as text. Every form gets the same layout, so that a model meets one:
//
//   System: You are a shepherd.
//
//   User: How many sheep are there?
//
//   Assistant: Twelve.
//
// The role, a colon and a space, then the words as they stand; an empty line between two turns. Roles of other makers
// are renamed (human is User; gpt, bot and model are Assistant); a role that is not known keeps its own name.
// Forms read: messages [{role, content}] of OpenAI, conversations [{from, value}] of ShareGPT, prompt and completion or
// response, and instruction, input or context, output or response of Alpaca and Dolly.

import type { Omissions } from "./_omissions.ts";

/** Names that make up a form: its question, what may go with the question, and its answer. */
interface Form {
  readonly question: string;
  readonly context: readonly string[];
  readonly answer: readonly string[];
}

const FORMS: readonly Form[] = [
  { question: "prompt", context: [], answer: ["completion", "response"] },
  { question: "instruction", context: ["input", "context"], answer: ["output", "response"] },
];
const TURN_LISTS = ["messages", "conversations", "conversation"];
const ROLES: ReadonlyMap<string, string> = new Map([
  ...["system", "developer"].map((role) => [role, "System"] as const),
  ...["user", "human"].map((role) => [role, "User"] as const),
  ...["assistant", "gpt", "bot", "model", "chatgpt"].map((role) => [role, "Assistant"] as const),
  ...["tool", "function", "observation"].map((role) => [role, "Tool"] as const),
]);
const NOT_TEXT = "parts of messages that are not text";

/**
 * Text of a conversation or an instruction.
 *
 * @param record - a parsed record of any shape
 * @param omissions - images, tool calls and the like are counted here
 * @returns undefined when the record has none of the forms
 */
export function chatText(record: object, omissions: Omissions): string | undefined {
  for (const name of TURN_LISTS) {
    const turns = ownValue(record, name);
    if (isTurnList(turns)) return turnsText(turns, omissions);
  }
  for (const form of FORMS) {
    const text = formText(record, { form, omissions });
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Of the columns of a table, those that make up a conversation or an instruction; undefined when they do not. */
export function chatColumns(names: readonly string[]): string[] | undefined {
  const turns = TURN_LISTS.find((name) => names.includes(name));
  if (turns !== undefined) return [turns];
  for (const { question, context, answer } of FORMS) {
    const reply = answer.find((name) => names.includes(name));
    if (reply === undefined || !names.includes(question)) continue;
    const given = context.find((name) => names.includes(name));
    return given === undefined ? [question, reply] : [question, given, reply];
  }
  return undefined;
}

/** Reads a property of the record itself, never one of its prototype. */
export function ownValue(record: object, name: string): unknown {
  return Object.hasOwn(record, name) ? (record as Record<string, unknown>)[name] : undefined;
}

function isTurnList(value: unknown): value is object[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((turn) => typeof turn === "object" && turn !== null && roleOf(turn) !== undefined);
}

function roleOf(turn: object): string | undefined {
  const role = ownValue(turn, "role") ?? ownValue(turn, "from");
  return typeof role === "string" ? role : undefined;
}

function turnsText(turns: readonly object[], omissions: Omissions): string {
  const parts: string[] = [];
  for (const turn of turns) {
    const role = roleOf(turn) ?? "";
    const content = ownValue(turn, "content") ?? ownValue(turn, "value");
    const text = contentText(content, omissions);
    if (ownValue(turn, "tool_calls") ?? ownValue(turn, "function_call")) omissions.add(NOT_TEXT);
    if (text !== "") parts.push(`${ROLES.get(role.toLowerCase()) ?? role}: ${text}`);
  }
  return parts.join("\n\n");
}

/** A message is a text, or a list of texts and of parts with a `text`; anything else is counted and left out. */
function contentText(content: unknown, omissions: Omissions): string {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return "";
  if (!Array.isArray(content)) {
    omissions.add(NOT_TEXT);
    return "";
  }
  const texts: string[] = [];
  for (const part of content) {
    const text: unknown = typeof part === "object" && part !== null ? ownValue(part, "text") : part;
    if (typeof text === "string") texts.push(text);
    else omissions.add(NOT_TEXT);
  }
  return texts.join("\n");
}

function formText(
  record: object,
  options: { readonly form: Form; readonly omissions: Omissions },
): string | undefined {
  const { form, omissions } = options;
  const question = sideText(ownValue(record, form.question), { role: "User", omissions });
  const answerName = form.answer.find((name) => ownValue(record, name) !== undefined);
  if (question === undefined || answerName === undefined) return undefined;
  const answer = sideText(ownValue(record, answerName), { role: "Assistant", omissions });
  if (answer === undefined) return undefined;
  const context = form.context.map((name) => ownValue(record, name))
    .find((value): value is string => typeof value === "string" && value !== "");
  return [context === undefined ? question : `${question}\n\n${context}`, answer].join("\n\n");
}

/** One side of an instruction: a text of the given role, or turns with roles of their own. */
function sideText(
  value: unknown,
  options: { readonly role: string; readonly omissions: Omissions },
): string | undefined {
  if (typeof value === "string") return `${options.role}: ${value}`;
  return isTurnList(value) ? turnsText(value, options.omissions) : undefined;
}
