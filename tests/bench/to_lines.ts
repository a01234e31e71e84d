// The lines of a byte stream, one by one as they arrive.

export async function* toLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let held = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (held + text).split("\n");
    held = lines.pop()!;
    yield* lines;
  }
  if (held) yield held;
}
