// Writes ONNX models, as much of the format as the contenders need: a graph of nodes with initial values, inputs and
// outputs. Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.

/** A dimension: a size, or a name for one that is known later. */
export type Dimension = number | string;

export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string };

const TYPES = { f32: 1, i64: 7 } as const;
export type OnnxType = keyof typeof TYPES;

/** A protobuf message under construction. */
class Message {
  readonly #parts: Uint8Array[] = [];

  int(field: number, value: number): this {
    this.#varint(field << 3);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#varint((field << 3) | 5);
    this.#parts.push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, bytes: Uint8Array): this {
    this.#varint((field << 3) | 2);
    this.#varint(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  text(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text));
  }

  message(field: number, message: Message): this {
    return this.bytes(field, message.finish());
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let offset = 0;
    for (const part of this.#parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    return bytes;
  }

  #varint(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    do {
      const low = Number(rest & 127n);
      rest >>= 7n;
      bytes.push(rest ? low | 128 : low);
    } while (rest);
    this.#parts.push(Uint8Array.from(bytes));
  }
}

export class OnnxModel {
  readonly #graph = new Message().text(2, "model");
  #names = 0;

  /** Adds a node. @returns names of its outputs */
  node(
    operator: string,
    inputs: readonly string[],
    options: { outputs?: number; names?: string[]; attributes?: Record<string, Attribute> } = {},
  ): string[] {
    const { outputs = 1, attributes = {} } = options;
    const names = options.names ?? Array.from({ length: outputs }, () => `value_${this.#names++}`);
    const node = new Message();
    for (const name of inputs) node.text(1, name);
    for (const name of names) node.text(2, name);
    node.text(3, `node_${this.#names++}`).text(4, operator);
    for (const [name, attribute] of Object.entries(attributes)) {
      node.message(5, attributeMessage(name, attribute));
    }
    this.#graph.message(1, node);
    return names;
  }

  /** Adds a constant. @returns its name */
  constant(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): string {
    const tensor = new Message();
    for (const size of shape) tensor.int(1, size);
    tensor.int(2, data instanceof Float32Array ? TYPES.f32 : TYPES.i64).text(8, name);
    tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#graph.message(5, tensor);
    return name;
  }

  input(name: string, shape: readonly Dimension[], type: OnnxType = "f32"): string {
    this.#graph.message(11, valueMessage(name, shape, type));
    return name;
  }

  output(name: string, shape: readonly Dimension[]): string {
    this.#graph.message(12, valueMessage(name, shape, "f32"));
    return name;
  }

  /** @returns the model's file, for operator set 20 */
  build(): Uint8Array {
    const operators = new Message().text(1, "").int(2, 20);
    return new Message().int(1, 9).message(7, this.#graph).message(8, operators).finish();
  }
}

function attributeMessage(name: string, attribute: Attribute): Message {
  const message = new Message().text(1, name);
  if ("float" in attribute) return message.float(2, attribute.float).int(20, 1);
  if ("int" in attribute) return message.int(3, attribute.int).int(20, 2);
  if ("text" in attribute) return message.text(4, attribute.text).int(20, 3);
  for (const value of attribute.ints) message.int(8, value);
  return message.int(20, 7);
}

function valueMessage(name: string, shape: readonly Dimension[], type: OnnxType): Message {
  const dimensions = new Message();
  for (const size of shape) {
    dimensions.message(
      1,
      typeof size === "number" ? new Message().int(1, size) : new Message().text(2, size),
    );
  }
  const tensor = new Message().int(1, TYPES[type]).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
